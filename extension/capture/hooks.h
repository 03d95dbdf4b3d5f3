/*
 * hooks.h
 *		The hooks into parser, planner and executor.
 */
#ifndef CAL_HOOKS_H
#define CAL_HOOKS_H

#include "capture/transaction.h"

extern void cal_hooks_init(void);
extern void cal_hooks_enter(CalStatementClass class);

#endif							/* CAL_HOOKS_H */
