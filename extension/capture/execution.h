/*
 * execution.h
 *		One run of a statement, from its start to the end of its work.
 */
#ifndef CAL_EXECUTION_H
#define CAL_EXECUTION_H

#include "capture/usage.h"
#include "executor/execdesc.h"
#include "platform/local.h"
#include "platform/settings.h"
#include "store/slab.h"
#include "tcop/pquery.h"
#include "utils/palloc.h"

typedef struct CalExecution
{
	QueryDesc  *queryDesc;		/* NULL for a utility statement */
	CalStatementKey key;
	CalSlabEntry *entry;		/* where it is counted */
	uint32		moves;			/* entry is right as long as none has moved */
	uint32		run;			/* see store/waits.h; 0 if not top level */
	TimestampTz run_started;	/* of the present run */
	CalUsageMark mark;			/* counters at the start of the present run */
	bool		running;		/* a run is under way */
	bool		lazy;			/* what follows is not filled in yet */
	bool		sampled;		/* rows per plan node are counted */
	bool		ends_in_run;	/* a SELECT: its work ends with its last row */
	bool		partial;		/* usage holds that of earlier runs */
	bool		counted;		/* its call has been counted */
	bool		finished;		/* nothing more to count but later rows */
	int			sqlstate;		/* as sqlerrcode; 0 for success */
	TimestampTz started;		/* of its first run */
	uint64		usec;			/* work time so far */
	uint64		plan_usec;		/* planning just before it, or 0 */
	uint64		rows;
	CalUsage	usage;			/* of earlier runs */
	const char *text;			/* source text, may hold several statements */
	int			text_location;	/* of this statement; as in PlannedStmt */
	int			text_length;	/* 0: to the end */
	ParamListInfo params;
	MemoryContextCallback release;
} CalExecution;

/* Depth of statements inside statements; 0 at top level. */
CAL_LOCAL int	cal_nesting;
/* What runs at top level, if top.running; see the head of execution.c. */
CAL_LOCAL CalExecution cal_execution_top;

/* Arrival of the message that top level works on; slots in use. */
CAL_LOCAL TimestampTz cal_execution_message;
CAL_LOCAL int cal_execution_slots;
/* Executions begun at top level. */
CAL_LOCAL uint64 cal_execution_number;

/* Whether a client sent what runs now; whether it is to be measured. */
extern bool cal_execution_asks_top(void);
extern void cal_execution_key(CalStatementKey *key, uint64 queryid, bool top);

/* Within a portal at depth 0, it is a client's statement for sure. */
static inline bool
cal_execution_at_top(void)
{
	return likely(cal_nesting == 0 && ActivePortal != NULL) ||
		cal_execution_asks_top();
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

/* Time planned, and usable by the next execution. */
extern void cal_execution_planned(uint64 queryid, uint64 usec, bool top);
/* An error outside of any execution; takes no lock if unlocked is true. */
extern void cal_execution_error(uint64 queryid, bool unlocked);
/* In the log hook: the error ends whatever ran at top level. */
extern bool cal_execution_ended_by(int sqlstate);

/* Executions that found no free slot, in this backend. */
extern uint64 cal_execution_lost(void);

#endif							/* CAL_EXECUTION_H */
