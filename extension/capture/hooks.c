/*
 * hooks.c
 *		The hooks into parser, planner and executor.
 *
 * Owns: the chain to whoever hooked before us; each is called exactly once on
 * every path.  Installed by _PG_init.  What is to be done stands in text.c
 * (parse analysis) and execution.c; this file keeps the depth of nesting and
 * lets errors through as they came.  Takes no lock, allocates nothing.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"

#include "capture/beside.h"
#include "capture/clock.h"
#include "capture/errors.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/observe.h"
#include "capture/sampling.h"
#include "capture/text.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "store/slab.h"
#include "store/waits.h"
#include "version_compat.h"

static post_parse_analyze_hook_type previous_parse = NULL;
static planner_hook_type previous_planner = NULL;
static CAL_HOT ExecutorStart_hook_type previous_start = NULL;

CAL_HOT QueryDesc *cal_hooks_started = NULL;

/*
 * The first time in this backend: take over the parts of shared memory that
 * belong to its process slot.  Parallel workers count with their leader.
 */
CAL_OFTEN bool
cal_hooks_attach(void)
{
	if (IsParallelWorker())
		return false;
	cal_errors_reported = CAL_IS_CLIENT_BACKEND();
	cal_waits_attach();
	cal_slab_attach(CAL_MY_PROC_NUMBER());
	return cal_slab_attached();
}

/* After parse analysis: keep the statement's text. */
static CAL_OFTEN void
parse_hook(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (previous_parse)
		previous_parse(pstate, query, jstate);
	if (CAL_QUERY_ID(query) != 0 && cal_track != CAL_TRACK_NONE &&
		(cal_nesting == 0 || cal_track == CAL_TRACK_ALL) &&
		!IsParallelWorker())
		cal_text_note(pstate->p_sourcetext, query, jstate);
	if (cal_transaction_settled)
		cal_transaction_notice(CAL_CLASS_WORK);
}

/* Pass planning on. */
static inline PlannedStmt *
pass_on_planning(Query *parse, const char *source, int options,
				 ParamListInfo params)
{
	if (previous_planner)
		return previous_planner(parse, source, options, params);
	return standard_planner(parse, source, options, params);
}

/* Plan a statement inside another, whose code may catch the error. */
static PlannedStmt *
plan_nested(Query *parse, const char *source, int options,
			ParamListInfo params, bool top)
{
	int			depth = cal_nesting;
	PlannedStmt *volatile plan = NULL;

	cal_execution_descend();
	PG_TRY();
	{
		plan = pass_on_planning(parse, source, options, params);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (CAL_QUERY_ID(parse) != 0 && cal_execution_wanted(top) &&
			!(top && cal_errors_reported))
			cal_beside_error(cal_text_group(CAL_QUERY_ID(parse)), top, false);
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
	return plan;
}

/* The planner: count planning time of statements that are measured. */
static CAL_OFTEN PlannedStmt *
planner(Query *parse, const char *source, int options, ParamListInfo params)
{
	uint64		queryid = CAL_QUERY_ID(parse);
	bool		top = cal_execution_plans_top();
	TimestampTz began;
	TimestampTz ended;
	PlannedStmt *plan;

	cal_hooks_enter(CAL_CLASS_WORK);
	began = top ? cal_clock_began() : cal_clock_read();
	if (top && cal_errors_reported && ActivePortal == NULL)
	{
		cal_execution_descend();
		plan = pass_on_planning(parse, source, options, params);
		cal_nesting = 0;
	}
	else
		plan = plan_nested(parse, source, options, params, top);
	if (!cal_execution_wanted(top))
		return plan;
	if (queryid == 0)
		queryid = cal_utility_cursor;
	if (queryid == 0)
		return plan;
	ended = cal_clock_read();
	cal_beside_planned(cal_text_group(queryid), ended > began ? ended - began : 0, top);
	return plan;
}

/* Start a statement inside another, whose code may catch the error. */
static void
start_nested(CalExecution *ex, QueryDesc *queryDesc, int eflags)
{
	int			depth = cal_nesting;

	cal_execution_descend();
	PG_TRY();
	{
		previous_start(queryDesc, eflags);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
			cal_execution_abandon(ex);
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
	if (ex)
		cal_execution_attach(ex);
}

/* Have a cursor remembered until its first FETCH. */
static void
attach_cursor(QueryDesc *queryDesc)
{
	CalExecution *ex = NULL;

	if (cal_execution_wanted(true))
		ex = cal_execution_declare(queryDesc);
	if (ex)
		cal_execution_attach(ex);
}

/*
 * Start a statement that is not at top level, or a cursor.  It may be sampled
 * without being measured.
 */
static pg_noinline void
start_other(QueryDesc *queryDesc, int eflags)
{
	bool		top = cal_execution_at_top();
	uint64		queryid = CAL_QUERY_ID(queryDesc->plannedstmt);

	cal_hooks_started = NULL;
	cal_sampling_chosen = NULL;
	if (cal_execution_wanted(true) && !(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		cal_sampling_choose(queryDesc, queryid ? queryid : cal_utility_cursor);
	start_nested(top ? NULL : cal_execution_prepare(queryDesc, eflags),
				 queryDesc, eflags);
	if (top && cal_utility_cursor != 0)
		attach_cursor(queryDesc);
	if (cal_sampling_chosen != queryDesc)
		return;
	cal_sampling_started(queryDesc);
	if (!top && !cal_execution_wanted(false))
		cal_observe_begin(queryDesc, cal_sampling_weight);
}

/* Start the executor. */
static CAL_OFTEN void
executor_start(QueryDesc *queryDesc, int eflags)
{
	cal_hooks_enter(CAL_CLASS_WORK);
	if (unlikely(!cal_execution_plainly_at_top() || !cal_errors_reported ||
				 cal_utility_cursor != 0 || cal_track == CAL_TRACK_NONE))
	{
		start_other(queryDesc, eflags);
		return;
	}
	cal_sampling_choose(queryDesc, CAL_QUERY_ID(queryDesc->plannedstmt));
	cal_nesting = 1;
	cal_execution_message = GetCurrentStatementStartTimestamp();
	previous_start(queryDesc, eflags);
	cal_nesting = 0;
	if (likely(cal_execution_slots == 0 && cal_sampling_chosen == NULL))
		cal_hooks_started = queryDesc;
	else if (cal_sampling_chosen)
		cal_sampling_started(queryDesc);
}

/* Install; the order does not matter, since each chain is kept. */
void
cal_hooks_init(void)
{
	previous_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = parse_hook;
	previous_planner = planner_hook;
	planner_hook = planner;
	previous_start = ExecutorStart_hook ? ExecutorStart_hook :
		standard_ExecutorStart;
	ExecutorStart_hook = executor_start;
}
