/*
 * execution_state.h
 *		What we know of an execution in progress.
 */
#ifndef CAL_EXECUTION_STATE_H
#define CAL_EXECUTION_STATE_H

#include "access/xact.h"
#include "capture/usage.h"
#include "executor/execdesc.h"
#include "platform/local.h"
#include "store/slab.h"
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
	bool		ends_in_run;	/* a SELECT: its work ends with its last row */
	bool		partial;		/* usage holds that of earlier runs */
	bool		counted;		/* its call has been counted */
	bool		finished;		/* nothing more to count but later rows */
	uint16		sampled;		/* for how many it stands; 0: rows per plan
								 * node are not counted */
	uint32		epoch;			/* if partial: of the resets, see statements.h */
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
CAL_LOCAL int cal_nesting;

/* Arrival of the message that top level works on. */
CAL_LOCAL TimestampTz cal_execution_message;

/* What runs from here on runs inside a statement. */
static inline void
cal_execution_descend(void)
{
	if (cal_nesting++ == 0)
		cal_execution_message = GetCurrentStatementStartTimestamp();
}

#endif							/* CAL_EXECUTION_STATE_H */
