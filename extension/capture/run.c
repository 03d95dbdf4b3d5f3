/*
 * run.c
 *		The hooks into ExecutorRun and ExecutorFinish.
 *
 * Owns: the chain to whoever hooked them before us, and the plain case, which
 * is nearly every statement of an application: at top level, run once, counted
 * lately in this backend, and not slow.  For it everything is done here, in
 * few instructions and without a look-up; most fields of its execution are
 * only filled in if it turns out not to be plain.  Everything else is passed
 * to execution.c.  Takes no lock, allocates nothing.
 */
#include "postgres.h"

#include "executor/executor.h"

#include "capture/clock.h"
#include "capture/errors.h"
#include "capture/event.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/observe.h"
#include "capture/plain.h"
#include "capture/run.h"
#include "capture/shortcut.h"
#include "capture/transaction.h"
#include "platform/settings.h"
#include "store/waits.h"
#include "version_compat.h"

#define top (&cal_execution_top)

static CAL_HOT ExecutorRun_hook_type previous_run = NULL;
static CAL_HOT ExecutorFinish_hook_type previous_finish = NULL;

/* The plain statement whose work is done; only its address matters. */
static CAL_HOT const QueryDesc *done = NULL;

/* Run a statement inside another, whose code may catch the error. */
static void
run_nested(CalExecution *ex, CAL_RUN_PARAMS)
{
	int			depth = cal_nesting;

	cal_execution_descend();
	PG_TRY();
	{
		previous_run(CAL_RUN_ARGS);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
			cal_execution_fail(ex, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
}

/* Run a statement that may need more than most; see run_plain. */
static pg_noinline void
run_other(CAL_RUN_PARAMS)
{
	bool		at_top = cal_execution_at_top();
	CalExecution *ex = at_top ? cal_execution_enter(queryDesc) :
	cal_execution_find(queryDesc);

	if (ex)
		cal_execution_resume(ex);
	if (ex && ex->key.toplevel && at_top && cal_errors_reported)
	{
		cal_execution_descend();
		previous_run(CAL_RUN_ARGS);
		cal_nesting = 0;
	}
	else
		run_nested(ex, CAL_RUN_ARGS);
	if (ex)
		cal_execution_pause(ex, count);
}

/* Begin the first run of a statement that this backend has counted lately. */
static inline void
begin_plain(QueryDesc *queryDesc, CalSlabEntry *entry)
{
	cal_slab_running = entry;
	top->queryDesc = queryDesc;
	cal_execution_message = GetCurrentStatementStartTimestamp();
	top->run_started = Max(cal_execution_message, cal_clock_last);
	top->run = cal_waits_run_begin();
	cal_usage_mark(&top->mark);
	top->running = top->lazy = true;
	cal_execution_number++;
	cal_transaction_last = entry->key.queryid;
	cal_transaction_open(entry);
}

/*
 * The work of a statement that began plainly is done.  Unless there is more to
 * do for it than to count it, that is quickly done.
 */
static pg_attribute_always_inline void
end_plain(QueryDesc *queryDesc)
{
	CalSlabEntry *entry = cal_slab_running;
	uint64		rows = queryDesc->estate->es_processed;
	TimestampTz now = cal_clock_read();
	uint64		usec = now - top->run_started;

	if (unlikely(usec >= cal_threshold_floor ||
				 entry->epoch != cal_statements_epoch()))
	{
		cal_execution_fill(top);
		cal_execution_complete(top, rows);
		return;
	}
	top->running = false;
	cal_waits_run_end();
	cal_plain_count(entry, usec, rows, &top->mark);
	done = queryDesc;
}

/* Run; what runs inside is one level deeper. */
static CAL_OFTEN void
executor_run(CAL_RUN_PARAMS)
{
	CalSlabEntry *entry = NULL;

	if (likely(queryDesc == cal_hooks_started))
		entry = cal_shortcut(CAL_QUERY_ID(queryDesc->plannedstmt));
	cal_hooks_started = NULL;
	if (unlikely(entry == NULL))
	{
		run_other(CAL_RUN_ARGS);
		return;
	}
	begin_plain(queryDesc, entry);
	cal_nesting = 1;
	previous_run(CAL_RUN_ARGS);
	cal_nesting = 0;
	if (queryDesc->operation != CMD_SELECT ||
		queryDesc->plannedstmt->hasModifyingCTE)
		return;					/* its work ends in executor_finish */
	if (likely(count == 0 || queryDesc->estate->es_processed < count))
		end_plain(queryDesc);
	else
	{
		cal_execution_fill(top);
		cal_execution_pause(top, count);
	}
}

/* Finish a statement inside another. */
static void
finish_nested(CalExecution *ex, QueryDesc *queryDesc)
{
	int			depth = cal_nesting;

	cal_execution_descend();
	PG_TRY();
	{
		previous_finish(queryDesc);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
			cal_execution_fail(ex, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
}

/* Finish a statement that needs more than most; see executor_finish. */
static pg_noinline void
finish_other(QueryDesc *queryDesc)
{
	CalExecution *ex = top;

	if (top->queryDesc == queryDesc && top->running)
		cal_execution_fill(top);
	else
		ex = cal_execution_find(queryDesc);
	if (ex && ex->key.toplevel && cal_nesting == 0 && cal_errors_reported)
	{
		cal_execution_descend();
		previous_finish(queryDesc);
		cal_nesting = 0;
	}
	else
		finish_nested(ex, queryDesc);
	if (ex)
		cal_execution_finish(ex);
	else if (cal_observe_count > 0)
		cal_observe_end(queryDesc);
}

/* Finish: triggers fire here. */
static CAL_OFTEN void
executor_finish(QueryDesc *queryDesc)
{
	if (likely(queryDesc == done))
		previous_finish(queryDesc); /* a SELECT */
	else if (likely(queryDesc == top->queryDesc && top->running && top->lazy))
	{
		cal_nesting = 1;
		previous_finish(queryDesc);
		cal_nesting = 0;
		end_plain(queryDesc);
	}
	else
		finish_other(queryDesc);
	done = NULL;
}

/* Install. */
void
cal_run_init(void)
{
	previous_run = ExecutorRun_hook ? ExecutorRun_hook : standard_ExecutorRun;
	ExecutorRun_hook = executor_run;
	previous_finish = ExecutorFinish_hook ? ExecutorFinish_hook :
		standard_ExecutorFinish;
	ExecutorFinish_hook = executor_finish;
}
