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

#include "capture/clock.h"
#include "capture/errors.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/text.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "store/slab.h"
#include "version_compat.h"

static post_parse_analyze_hook_type previous_parse = NULL;
static planner_hook_type previous_planner = NULL;
static ExecutorStart_hook_type previous_start = NULL;
static ExecutorRun_hook_type previous_run = NULL;
static ExecutorFinish_hook_type previous_finish = NULL;

/* Something happens in this session: its transaction takes notice. */
void
cal_hooks_enter(CalStatementClass class)
{
	if (IsParallelWorker())
		return;
	if (unlikely(!cal_slab_attached()))
		cal_slab_attach(CAL_MY_PROC_NUMBER());
	cal_transaction_notice(class);
}

/* After parse analysis: keep the statement's text. */
static void
parse_hook(ParseState *pstate, Query *query, JumbleState *jstate)
{
	if (previous_parse)
		previous_parse(pstate, query, jstate);
	if (CAL_QUERY_ID(query) != 0 && cal_track != CAL_TRACK_NONE &&
		(cal_nesting == 0 || cal_track == CAL_TRACK_ALL) &&
		!IsParallelWorker())
		cal_text_note(pstate->p_sourcetext, query, jstate);
}

/* Plan, one level deeper, since functions may run meanwhile. */
static PlannedStmt *
plan_deeper(Query *parse, const char *source, int options,
			ParamListInfo params, uint64 queryid)
{
	int			depth = cal_nesting;
	PlannedStmt *plan;

	cal_nesting = depth + 1;
	PG_TRY();
	{
		plan = previous_planner
			? previous_planner(parse, source, options, params)
			: standard_planner(parse, source, options, params);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (queryid != 0)
		{
			cal_execution_error(queryid, false);
			cal_errors_counted();
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
	return plan;
}

/* The planner: count planning time of statements that are measured. */
static PlannedStmt *
planner(Query *parse, const char *source, int options, ParamListInfo params)
{
	uint64		queryid = CAL_QUERY_ID(parse);
	TimestampTz began;
	TimestampTz ended;
	PlannedStmt *plan;

	cal_hooks_enter(CAL_CLASS_WORK);
	if (!cal_execution_wanted())
		queryid = 0;
	else
		queryid = queryid ? cal_text_group(queryid) : cal_utility_cursor_id();
	if (queryid == 0)
		return plan_deeper(parse, source, options, params, 0);
	cal_errors_fresh();
	began = cal_execution_at_top() ? cal_clock_began() : cal_clock_read();
	plan = plan_deeper(parse, source, options, params, queryid);
	ended = cal_clock_read();
	cal_execution_planned(queryid, ended > began ? ended - began : 0);
	return plan;
}

/* Start the executor; a failure here, say for want of rights, is an error. */
static void
executor_start(QueryDesc *queryDesc, int eflags)
{
	CalExecution *ex;

	cal_hooks_enter(CAL_CLASS_WORK);
	ex = cal_execution_prepare(queryDesc, eflags);
	if (ex)
		cal_errors_fresh();
	PG_TRY();
	{
		if (previous_start)
			previous_start(queryDesc, eflags);
		else
			standard_ExecutorStart(queryDesc, eflags);
	}
	PG_CATCH();
	{
		if (ex)
		{
			cal_execution_abandon(ex);
			cal_errors_counted();
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (ex)
		cal_execution_attach(ex);
}

/* Run; what runs inside is one level deeper. */
static void
executor_run(CAL_RUN_PARAMS)
{
	CalExecution *ex = cal_execution_find(queryDesc);
	int			depth = cal_nesting;

	if (ex)
		cal_execution_resume(ex);
	cal_nesting = depth + 1;
	PG_TRY();
	{
		if (previous_run)
			previous_run(CAL_RUN_ARGS);
		else
			standard_ExecutorRun(CAL_RUN_ARGS);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
		{
			cal_execution_fail(ex);
			cal_errors_counted();
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
	if (ex)
		cal_execution_pause(ex, count);
}

/* Finish: triggers fire here. */
static void
executor_finish(QueryDesc *queryDesc)
{
	CalExecution *ex = cal_execution_find(queryDesc);
	int			depth = cal_nesting;

	cal_nesting = depth + 1;
	PG_TRY();
	{
		if (previous_finish)
			previous_finish(queryDesc);
		else
			standard_ExecutorFinish(queryDesc);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
		{
			cal_execution_fail(ex);
			cal_errors_counted();
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
	if (ex)
		cal_execution_finish(ex);
}

/* Install; the order does not matter, since each chain is kept. */
void
cal_hooks_init(void)
{
	previous_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = parse_hook;
	previous_planner = planner_hook;
	planner_hook = planner;
	previous_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
	previous_run = ExecutorRun_hook;
	ExecutorRun_hook = executor_run;
	previous_finish = ExecutorFinish_hook;
	ExecutorFinish_hook = executor_finish;
}
