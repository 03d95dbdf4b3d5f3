/*
 * execution.c
 *		One run of a statement, from its start to the end of its work.
 *
 * Owns: the execution at top level, a fixed array of the others in progress
 * in this backend, found by their QueryDesc, and the depth of nesting.  Called
 * by the hooks.  A slot of the array is freed by a reset callback on the
 * executor's own memory context, so there is no stack that would have to
 * balance.  When all are in use, an execution passes uncounted and is counted
 * as lost.
 *
 * At top level one statement runs at a time, so it needs no slot, unless it
 * is a cursor that leaves rows for a later run.  Nor does it need a handler
 * for errors: nobody can catch them but core's main loop.  The log hook counts
 * the error as it is reported; should it not be reported, the arrival of the
 * client's next message tells that whatever ran is over.
 *
 * When work ends: for a SELECT that modifies nothing with the run that takes
 * its last row, else with ExecutorFinish, which fires the triggers.  Never
 * with ExecutorEnd, which in the extended protocol comes when the client
 * feels like it.  A run that leaves rows behind adds its time and rows at
 * once, and the call with the first run.
 *
 * All goes to this backend's slab, without a lock; nothing allocates or raises.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "capture/beside.h"
#include "capture/clock.h"
#include "capture/event.h"
#include "capture/execution.h"
#include "capture/observe.h"
#include "capture/sampling.h"
#include "capture/shortcut.h"
#include "capture/text.h"
#include "capture/transaction.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "store/waits.h"

#define SLOTS 64

CAL_HOT int cal_nesting = 0;
CAL_HOT CalExecution cal_execution_top;
CAL_HOT TimestampTz cal_execution_message = 0;
CAL_HOT Portal cal_execution_caller = NULL;
CAL_HOT int cal_execution_slots = 0;
CAL_HOT uint64 cal_execution_number = 0;

#define top_level cal_execution_top

static CAL_LARGE CalExecution slots[SLOTS];
static int	highest = 0;		/* slots ever used */

static void fail_unlocked(CalExecution *ex, int sqlstate);

/* What an execution ran on is gone, or may be. */
static void
forget(CalExecution *ex)
{
	ex->queryDesc = NULL;
	ex->text = NULL;
	ex->params = NULL;
}

/*
 * If the client has sent a message since something began to run, that is over,
 * by an error that nobody reported.  What it ran on is gone.
 */
static void
clean_up(void)
{
	if (cal_execution_message == GetCurrentStatementStartTimestamp() ||
		!CAL_IS_CLIENT_BACKEND())
		return;
	if (top_level.running)
	{
		forget(&top_level);
		cal_execution_fill(&top_level);
		fail_unlocked(&top_level, ERRCODE_INTERNAL_ERROR);
	}
	cal_nesting = 0;
}

/*
 * Whether a client sent what is being planned.  Deferred triggers run at
 * COMMIT, when no statement is running, and are still not the client's own.
 */
bool
cal_execution_plans_top(void)
{
	if (unlikely(cal_nesting > 0))
		clean_up();
	return cal_nesting == 0 && DatumGetInt32(pg_trigger_depth(NULL)) == 0;
}

/*
 * Whether a client sent what runs now.  If so, it runs in a portal: without
 * one run the checks of a value that is bound, a function called without SQL,
 * and COMMIT.  EXECUTE makes an invisible portal for what is prepared; before,
 * it evaluates its parameters.  A worker has no portals.
 */
bool
cal_execution_asks_top(void)
{
	if (!cal_execution_plans_top())
		return false;
	if (!CAL_IS_CLIENT_BACKEND())
		return true;
	return ActivePortal != NULL && ActivePortal != cal_execution_caller &&
		(cal_execution_caller == NULL || !ActivePortal->visible);
}

/* A free slot, or NULL. */
static CalExecution *
take_slot(void)
{
	for (int i = 0; i < highest; i++)
		if (slots[i].queryDesc == NULL)
			return &slots[i];
	if (highest < SLOTS)
		return &slots[highest++];
	cal_slab_count_lost();
	return NULL;
}

/* The slot of an execution, or NULL if it has none. */
CalExecution *
cal_execution_find(QueryDesc *queryDesc)
{
	for (int i = 0; cal_execution_slots > 0 && i < highest; i++)
		if (slots[i].queryDesc == queryDesc)
			return &slots[i];
	return NULL;
}

/* Set the statement's key and entry, given core's query id. */
static void
identify(CalExecution *ex, uint64 queryid, bool top)
{
	cal_beside_key(&ex->key, cal_text_group(queryid), top);
	ex->entry = cal_slab_entry(&ex->key);
	ex->moves = cal_slab_moves;
	if (top && queryid != 0)
		cal_shortcut_keep(queryid, ex->entry);
}

/* Fill in the fields that most executions at top level do without. */
static void
fill(CalExecution *ex)
{
	const QueryDesc *queryDesc = ex->queryDesc;

	if (ex->lazy)
	{
		ex->entry = cal_slab_running;
		ex->key = cal_slab_running->key;
		ex->moves = cal_slab_moves;
	}
	ex->lazy = false;
	ex->sampled = queryDesc ? cal_sampling_weight_of(queryDesc) : 0;
	ex->ends_in_run = queryDesc && queryDesc->operation == CMD_SELECT &&
		!queryDesc->plannedstmt->hasModifyingCTE;
	ex->partial = ex->counted = ex->finished = false;
	ex->sqlstate = 0;
	ex->started = ex->run_started;
	ex->usec = ex->rows = 0;
	ex->plan_usec = cal_beside_plan_time(ex->key.queryid);
}

/* The same, from outside; without effect the second time. */
void
cal_execution_fill(CalExecution *ex)
{
	if (ex->lazy)
		fill(ex);
}

/* Begin anew with a statement, given core's query id. */
static void
begin(CalExecution *ex, QueryDesc *queryDesc, uint64 queryid, bool top)
{
	identify(ex, queryid, top);
	cal_execution_number += top;
	ex->queryDesc = queryDesc;
	ex->running = ex->lazy = false;
	ex->run = 0;
	ex->run_started = 0;
	fill(ex);
}

/*
 * Before a run at top level: the execution that it belongs to, or NULL if it
 * is not to be measured.  A run of what has been run to its end before adds
 * rows, but no call.
 */
CalExecution *
cal_execution_enter(QueryDesc *queryDesc)
{
	CalExecution *ex = &top_level;
	uint64		queryid;

	if (unlikely(cal_execution_slots > 0) && (ex = cal_execution_find(queryDesc)) != NULL)
		return ex;
	ex = &top_level;
	queryid = CAL_QUERY_ID(queryDesc->plannedstmt);
	if (unlikely(queryid == 0 || !cal_execution_wanted(true)))
		return NULL;
	begin(ex, queryDesc, queryid, true);
	cal_transaction_open(ex->entry);
	ex->counted = ex->finished = queryDesc->already_executed;
	return ex;
}

/* Before a utility statement: its execution. */
CalExecution *
cal_execution_utility(uint64 queryid, bool top, CalExecution *nested)
{
	CalExecution *ex = top ? &top_level : nested;

	begin(ex, NULL, queryid, top);
	return ex;
}

/*
 * Before 18 the query of a cursor has no id of its own, and its runs come when
 * the DECLARE that lends it one is over: give it a slot from the start.
 */
CalExecution *
cal_execution_declare(QueryDesc *queryDesc)
{
	uint64		queryid = CAL_QUERY_ID(queryDesc->plannedstmt);
	CalExecution *ex = take_slot();

	if (ex == NULL)
		return NULL;
	begin(ex, queryDesc, queryid ? queryid : cal_utility_cursor, true);
	cal_transaction_open(ex->entry);
	cal_transaction_last = ex->key.queryid;
	cal_execution_slots++;
	return ex;
}

/*
 * Before ExecutorStart of a nested statement: reserve a slot, or NULL if it
 * is not to be measured.
 */
CalExecution *
cal_execution_prepare(QueryDesc *queryDesc, int eflags)
{
	uint64		queryid;
	CalExecution *ex;

	if (!cal_execution_wanted(false) || (eflags & EXEC_FLAG_EXPLAIN_ONLY))
		return NULL;
	queryid = CAL_QUERY_ID(queryDesc->plannedstmt);
	if (queryid == 0 || (ex = take_slot()) == NULL)
		return NULL;
	begin(ex, queryDesc, queryid, false);
	cal_execution_slots++;
	return ex;
}

/* What was counted of a cursor was reset between two runs of it. */
static inline bool
is_void(const CalExecution *ex)
{
	return ex->partial && !ex->finished &&
		ex->epoch != cal_statements_epoch();
}

/* A run begins; the first one after a reset is as good as the first. */
void
cal_execution_resume(CalExecution *ex)
{
	if (unlikely(is_void(ex)))
	{
		ex->partial = ex->counted = false;
		ex->started = ex->usec = ex->rows = 0;
	}
	if (ex->key.toplevel && cal_nesting == 0)
	{
		cal_transaction_last = ex->key.queryid;
		ex->run_started = cal_clock_began();
		ex->run = cal_waits_run_begin();
	}
	else
	{
		ex->run_started = cal_clock_read();
		ex->run = 0;
	}
	if (ex->started == 0)
		ex->started = ex->run_started;
	ex->running = true;
	cal_usage_mark(&ex->mark);
}

/* A run ends: read the clock, the only time for most statements. */
static inline uint64
end_run(CalExecution *ex)
{
	TimestampTz now = cal_clock_read();

	ex->running = false;
	if (ex->run != 0)
		cal_waits_run_end();
	return now > ex->run_started ? (uint64) (now - ex->run_started) : 0;
}

/* The slab entry to count in; the one from the start may have moved. */
static inline CalSlabEntry *
entry_of(CalExecution *ex)
{
	if (unlikely(ex->moves != cal_slab_moves ||
				 ex->entry->epoch != cal_statements_epoch()))
	{
		ex->entry = cal_slab_entry(&ex->key);
		ex->moves = cal_slab_moves;
	}
	return ex->entry;
}

/* Count the end of an execution: what is known only of it as a whole. */
static inline void
count_end(CalSlabEntry *entry, CalExecution *ex, int cell)
{
	CalCounters *c = &entry->counters;
	double		usec = (double) (int64) ex->usec;

	if (c->min_usec > ex->usec || c->max_usec == 0)
		c->min_usec = ex->usec;
	if (c->max_usec < ex->usec)
		c->max_usec = ex->usec;
	c->sum_squares += usec * usec;
	entry->hist.cell[cell]++;
	ex->finished = true;
}

/* Count a run: its time, rows and usage, and the call with the first. */
static inline void
count_run(CalExecution *ex, CalSlabEntry *entry, uint64 usec, uint64 rows,
		  bool end)
{
	CalCounters *c = &entry->counters;
	int			cell;

	ex->usec += usec;
	ex->rows += rows;
	cell = cal_hist_cell(ex->usec);

	cal_slab_begin(entry);
	c->calls += !ex->counted;
	c->rows += rows;
	c->exec_usec += usec;
	cal_usage_add_since(&c->usage, &ex->mark);
	c->last = cal_clock_last;
	if (end && !ex->finished)
		count_end(entry, ex, cell);
	cal_slab_end(entry);
	ex->counted = true;

	/* leave no cell full: the next execution may not be able to empty it */
	if (unlikely(entry->hist.cell[cell] == PG_UINT16_MAX))
		cal_slab_overflow(entry);
}

/* Take over what an event says of the statement. */
static void
describe(CalExecution *ex)
{
	const QueryDesc *queryDesc = ex->queryDesc;

	if (!queryDesc)
		return;
	ex->text = queryDesc->sourceText;
	ex->text_location = queryDesc->plannedstmt->stmt_location;
	ex->text_length = queryDesc->plannedstmt->stmt_len;
	cal_text_place(ex->text, &ex->text_location, &ex->text_length);
	ex->params = queryDesc->params;
}

/* An execution that may be worth an event. */
static void
consider(CalExecution *ex)
{
	describe(ex);
	cal_event_consider(ex);
}

/* The work is done: count it, and look whether it was slow. */
void
cal_execution_complete(CalExecution *ex, uint64 rows)
{
	bool		first = !ex->finished;

	count_run(ex, entry_of(ex), end_run(ex), rows, true);
	if (!first)
		return;
	if (cal_event_possible(ex))
		consider(ex);
	if (unlikely(ex->sampled))
		cal_observe_measured(ex);
}

/*
 * A run at top level has left rows behind, so there may be another: the
 * execution needs a slot until the executor's memory goes away.
 */
static void
keep(void)
{
	CalExecution *ex = take_slot();

	if (ex == NULL)
		return;
	*ex = top_level;
	cal_execution_slots++;
	cal_execution_attach(ex);
}

/* A run has taken up to limit rows (0: all): is that the end of the work? */
void
cal_execution_pause(CalExecution *ex, uint64 limit)
{
	uint64		rows = ex->queryDesc->estate->es_processed;

	if (!ex->ends_in_run)
		return;
	if (likely(limit == 0 || rows < limit))
	{
		cal_execution_complete(ex, rows);
		return;
	}
	count_run(ex, entry_of(ex), end_run(ex), rows, false);
	if (!ex->partial)
		memset(&ex->usage, 0, sizeof(CalUsage));
	ex->partial = true;
	ex->epoch = cal_statements_epoch();
	cal_usage_add_since(&ex->usage, &ex->mark);
	cal_usage_mark(&ex->mark);
	if (ex == &top_level && !ex->finished)
		keep();
}

/* What an execution used in all its runs, to be asked at its end. */
void
cal_execution_usage(const CalExecution *ex, CalUsage *usage)
{
	if (ex->partial)
		*usage = ex->usage;
	else
		memset(usage, 0, sizeof(CalUsage));
	if (!ex->partial || ex->sqlstate != 0)
		cal_usage_add_since(usage, &ex->mark);
}

/* A cursor is not read to its end: what it has used is all there will be. */
static void
close_early(CalExecution *ex)
{
	CalSlabEntry *entry = entry_of(ex);
	int			cell = cal_hist_cell(ex->usec);

	if (is_void(ex))
		return;
	cal_slab_begin(entry);
	count_end(entry, ex, cell);
	cal_slab_end(entry);
	if (unlikely(entry->hist.cell[cell] == PG_UINT16_MAX))
		cal_slab_overflow(entry);
}

/*
 * ExecutorFinish is over.  For what modifies, that is the end of its work;
 * for a cursor closed early it is only the moment to say so.
 */
void
cal_execution_finish(CalExecution *ex)
{
	if (ex->finished)
		return;
	if (!ex->ends_in_run)
		cal_execution_complete(ex, ex->queryDesc->estate->es_processed);
	else if (ex->counted)
	{
		close_early(ex);
		if (cal_event_possible(ex))
			consider(ex);
	}
}

/* Count a failure in an entry. */
static void
count_failure(CalExecution *ex, CalSlabEntry *entry, int sqlstate)
{
	ex->sqlstate = sqlstate;
	count_run(ex, entry, end_run(ex), 0, true);
	cal_slab_begin(entry);
	entry->counters.errors++;
	cal_slab_end(entry);
}

/* The statement failed; called while the error is handled. */
void
cal_execution_fail(CalExecution *ex, int sqlstate)
{
	bool		first = !ex->finished;

	count_failure(ex, entry_of(ex), sqlstate);
	if (first && cal_event_possible(ex))
		consider(ex);
}

/* What runs at top level, or NULL. */
static CalExecution *
find_running(void)
{
	if (top_level.running)
	{
		cal_execution_fill(&top_level);
		return &top_level;
	}
	for (int i = 0; cal_execution_slots > 0 && i < highest; i++)
		if (slots[i].queryDesc && slots[i].running && slots[i].key.toplevel)
			return &slots[i];
	return NULL;
}

/* It failed, and no lock may be taken: with a full slab, it is nobody's. */
static void
fail_unlocked(CalExecution *ex, int sqlstate)
{
	bool		first = !ex->finished;

	ex->entry = cal_slab_entry_unlocked(&ex->key);
	ex->key = ex->entry->key;
	count_failure(ex, ex->entry, sqlstate);
	if (first && cal_event_possible(ex))
	{
		describe(ex);
		cal_event_note_failure(ex);
	}
}

/* The error being reported ends what ran at top level; false if nothing did. */
bool
cal_execution_ended_by(int sqlstate)
{
	CalExecution *ex;

	clean_up();
	ex = find_running();
	cal_nesting = 0;
	if (ex == NULL)
		return false;
	fail_unlocked(ex, sqlstate);
	return true;
}

/* The executor's memory goes away, and so does our slot. */
static void
release(void *arg)
{
	CalExecution *ex = arg;

	forget(ex);
	if (ex->running && ex->key.toplevel)
		cal_execution_fail(ex, ERRCODE_INTERNAL_ERROR);
	else if (ex->counted && !ex->finished)
		close_early(ex);
	cal_execution_slots--;
}

/* The slot lives as long as the executor's memory. */
void
cal_execution_attach(CalExecution *ex)
{
	ex->release.func = release;
	ex->release.arg = ex;
	MemoryContextRegisterResetCallback(ex->queryDesc->estate->es_query_cxt,
									   &ex->release);
}

/* ExecutorStart failed: nobody else will free the slot. */
void
cal_execution_abandon(CalExecution *ex)
{
	cal_execution_resume(ex);
	cal_execution_fail(ex, geterrcode());
	ex->queryDesc = NULL;
	cal_execution_slots--;
}
