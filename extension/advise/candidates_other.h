/*
 * candidates_other.h
 *		Indexes that might help and are no btrees.
 */
#ifndef CAL_CANDIDATES_OTHER_H
#define CAL_CANDIDATES_OTHER_H

#include "advise/roles.h"

/* CalIndex without a predicate, the most promising first. */
extern List *cal_other_make(const CalTable *table, const CalWant *want);

#endif							/* CAL_CANDIDATES_OTHER_H */
