/*
 * utility.h
 *		Utility statements: everything that has no plan.
 */
#ifndef CAL_UTILITY_H
#define CAL_UTILITY_H

#include "nodes/plannodes.h"
#include "platform/local.h"
#include "tcop/utility.h"

/*
 * While DECLARE CURSOR runs: its query id, which its query goes by, since
 * before 18 that has none of its own.  Else 0.
 */
CAL_LOCAL uint64 cal_utility_cursor;

/* The same statement itself, or NULL. */
CAL_LOCAL const PlannedStmt *cal_utility_declare;

extern void cal_utility_init(void);

#endif							/* CAL_UTILITY_H */
