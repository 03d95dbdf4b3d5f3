/*
 * utility.h
 *		Utility statements: everything that has no plan.
 */
#ifndef CAL_UTILITY_H
#define CAL_UTILITY_H

#include "nodes/plannodes.h"
#include "tcop/utility.h"

/* While DECLARE CURSOR runs: the id that its query goes by, else 0. */
extern uint64 cal_utility_cursor_id(void);

extern void cal_utility_init(void);

#endif							/* CAL_UTILITY_H */
