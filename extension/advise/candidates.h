/*
 * candidates.h
 *		Which indexes might help a statement.
 */
#ifndef CAL_CANDIDATES_H
#define CAL_CANDIDATES_H

#include "advise/candidates_merge.h"
#include "advise/table.h"
#include "advise/wants.h"

#define CAL_CANDIDATES_MAX	40	/* for one want */

/* CalIndex of what the table does not have yet, the most promising first. */
extern List *cal_candidates_make(CalTable *table, const CalWant *want);

#endif							/* CAL_CANDIDATES_H */
