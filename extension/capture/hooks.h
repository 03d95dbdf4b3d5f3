/*
 * hooks.h
 *		The hooks into parser, planner and executor.
 */
#ifndef CAL_HOOKS_H
#define CAL_HOOKS_H

#include "capture/transaction.h"
#include "executor/execdesc.h"
#include "platform/local.h"
#include "store/slab.h"

/* The latest that started at top level, so that its run need not ask. */
CAL_LOCAL QueryDesc *cal_hooks_started;

extern void cal_hooks_init(void);
extern bool cal_hooks_attach(void);

/* Something happens in this session: its transaction takes notice. */
static inline void
cal_hooks_enter(CalStatementClass class)
{
	if (unlikely(!cal_slab_attached()) && !cal_hooks_attach())
		return;
	cal_transaction_notice(class);
}

#endif							/* CAL_HOOKS_H */
