/*
 * execution.h
 *		One run of a statement, from its start to the end of its work.
 */
#ifndef CAL_EXECUTION_H
#define CAL_EXECUTION_H

#include "executor/execdesc.h"
#include "store/counters.h"
#include "store/slab.h"
#include "utils/palloc.h"

typedef struct CalExecution
{
	QueryDesc  *queryDesc;		/* NULL for a utility statement */
	CalStatementKey key;
	CalSlabEntry *entry;		/* where it was last counted */
	bool		sampled;		/* rows per plan node are counted */
	bool		ends_in_run;	/* a SELECT: its work ends with its last row */
	bool		counted;		/* its call has been counted */
	bool		finished;		/* nothing more to count but later rows */
	int			sqlstate;		/* as sqlerrcode; 0 for success */
	TimestampTz started;		/* of its first run */
	TimestampTz run_started;	/* of the present run */
	uint64		usec;			/* work time so far */
	uint64		plan_usec;		/* planning just before it, or 0 */
	uint64		rows;
	uint32		run;			/* see store/waits.h; 0 if not top level */
	CalUsage	usage;			/* of the runs so far */
	CalUsage	before;			/* counters at the start of the present run */
	const char *text;			/* source text, may hold several statements */
	int			text_location;	/* of this statement; as in PlannedStmt */
	int			text_length;	/* 0: to the end */
	ParamListInfo params;
	MemoryContextCallback release;
} CalExecution;

/* Depth of statements inside statements; 0 at top level. */
extern int	cal_nesting;

/* Whether a client sent what runs now; whether it is to be measured. */
extern bool cal_execution_at_top(void);
extern bool cal_execution_wanted(void);
extern void cal_execution_key(CalStatementKey *key, uint64 queryid);

/* Statements with an executor: hooks.c calls these in this order. */
extern CalExecution *cal_execution_prepare(QueryDesc *queryDesc, int eflags);
extern void cal_execution_attach(CalExecution *ex);
extern void cal_execution_abandon(CalExecution *ex);
extern CalExecution *cal_execution_find(QueryDesc *queryDesc);
extern void cal_execution_pause(CalExecution *ex, uint64 limit);
extern void cal_execution_finish(CalExecution *ex);

/* Those, and utility statements. */
extern void cal_execution_resume(CalExecution *ex);
extern void cal_execution_complete(CalExecution *ex, uint64 rows);
extern void cal_execution_fail(CalExecution *ex);

/* Time planned and counted; usable by the next execution. */
extern void cal_execution_planned(uint64 queryid, uint64 usec);
/* An error outside of any execution; takes no lock if unlocked is true. */
extern void cal_execution_error(uint64 queryid, bool unlocked);
/* FATAL while running: count what the running statement had done. */
extern void cal_execution_killed(int sqlstate);

/* Executions that found no free slot, in this backend. */
extern uint64 cal_execution_lost(void);

#endif							/* CAL_EXECUTION_H */
