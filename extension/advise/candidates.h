/*
 * candidates.h
 *		Which indexes might help a statement.
 */
#ifndef CAL_CANDIDATES_H
#define CAL_CANDIDATES_H

#include "store/predicates.h"
#include "advise/index.h"

#define CAL_CANDIDATES_MAX 24	/* for one statement and table */

/* The most promising first; returns how many. */
extern int	cal_candidates_make(const CalTable *table, const CalPredicate *seen,
								CalIndex out[CAL_CANDIDATES_MAX]);

#endif							/* CAL_CANDIDATES_H */
