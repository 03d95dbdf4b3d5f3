/*
 * event_plan.h
 *		The plan of a slow execution, kept once per shape.
 */
#ifndef CAL_EVENT_PLAN_H
#define CAL_EVENT_PLAN_H

#include "capture/execution.h"

/* Its id in store/texts.h, 0 if none.  May raise: call it under a guard. */
extern uint64 cal_event_plan(const CalExecution *ex);

#endif							/* CAL_EVENT_PLAN_H */
