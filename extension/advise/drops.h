/*
 * drops.h
 *		Existing indexes that could go.
 */
#ifndef CAL_DROPS_H
#define CAL_DROPS_H

#include "advise/explore.h"

/* Mark those advised that replace one, and return CalAdvice to drop. */
extern List *cal_drops(CalSelection *sel, List *advice);

#endif							/* CAL_DROPS_H */
