/*
 * execution.h
 *		One run of a statement, from its start to the end of its work.
 */
#ifndef CAL_EXECUTION_H
#define CAL_EXECUTION_H

#include "capture/execution_state.h"
#include "platform/local.h"
#include "platform/settings.h"
#include "tcop/pquery.h"


/* What runs at top level, if top.running; see the head of execution.c. */
CAL_LOCAL CalExecution cal_execution_top;

/* Slots in use. */
CAL_LOCAL int cal_execution_slots;

/* The portal of an EXECUTE that has parameters to evaluate, else NULL. */
CAL_LOCAL Portal cal_execution_caller;

/* Executions begun at top level. */
CAL_LOCAL uint64 cal_execution_number;

/* Whether a client sent what is planned, or what runs now. */
extern bool cal_execution_plans_top(void);
extern bool cal_execution_asks_top(void);

/* Within a portal at depth 0, it is a client's statement for sure. */
static inline bool
cal_execution_plainly_at_top(void)
{
	return likely(cal_nesting == 0 && ActivePortal != NULL &&
				  cal_execution_caller == NULL);
}

static inline bool
cal_execution_at_top(void)
{
	return cal_execution_plainly_at_top() || cal_execution_asks_top();
}

static inline bool
cal_execution_wanted(bool top)
{
	if (unlikely(cal_track == CAL_TRACK_NONE) ||
		(!top && cal_track != CAL_TRACK_ALL))
		return false;
	return likely(cal_slab_attached());
}

/* Make sure that all fields are filled in. */
extern void cal_execution_fill(CalExecution *ex);

/* Top level: the next run of this statement, or of a utility statement. */
extern CalExecution *cal_execution_enter(QueryDesc *queryDesc);
extern CalExecution *cal_execution_utility(uint64 queryid, bool top,
										   CalExecution *nested);

/* Top level: a cursor, whose runs come with later statements. */
extern CalExecution *cal_execution_declare(QueryDesc *queryDesc);

/* Nested, before and after ExecutorStart. */
extern CalExecution *cal_execution_prepare(QueryDesc *queryDesc, int eflags);
extern void cal_execution_attach(CalExecution *ex);
extern void cal_execution_abandon(CalExecution *ex);

extern CalExecution *cal_execution_find(QueryDesc *queryDesc);
extern void cal_execution_resume(CalExecution *ex);
extern void cal_execution_pause(CalExecution *ex, uint64 limit);
extern void cal_execution_finish(CalExecution *ex);
extern void cal_execution_complete(CalExecution *ex, uint64 rows);
extern void cal_execution_fail(CalExecution *ex, int sqlstate);
extern void cal_execution_usage(const CalExecution *ex, CalUsage *usage);

/* In the log hook: the error ends whatever ran at top level. */
extern bool cal_execution_ended_by(int sqlstate);

#endif							/* CAL_EXECUTION_H */
