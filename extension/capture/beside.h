/*
 * beside.h
 *		What is counted for a statement beside its executions.
 */
#ifndef CAL_BESIDE_H
#define CAL_BESIDE_H

#include "platform/local.h"
#include "store/counters.h"

/* Whose statement it is. */
extern void cal_beside_key(CalStatementKey *key, uint64 queryid, bool top);

/* Planning: its time, and what an execution right behind it may say of it. */
extern void cal_beside_planned(uint64 queryid, uint64 usec, bool top);
extern uint64 cal_beside_plan_time(uint64 queryid);

/* An error before or after an execution; takes no lock if unlocked is true. */
extern void cal_beside_error(uint64 queryid, bool top, bool unlocked);

/* At the end of a transaction: count what had to wait for a lock. */
CAL_LOCAL bool cal_beside_owes;
extern void cal_beside_pay(void);

#endif							/* CAL_BESIDE_H */
