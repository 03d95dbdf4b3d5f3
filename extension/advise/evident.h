/*
 * evident.h
 *		Advice where the planner's cost says nothing.
 */
#ifndef CAL_EVIDENT_H
#define CAL_EVIDENT_H

#include "advise/explore.h"

/* CalAdvice on evidence, beyond what planning gave. */
extern List *cal_evident(CalSelection *sel, List *planned);

#endif							/* CAL_EVIDENT_H */
