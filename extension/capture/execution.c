/*
 * execution.c
 *		One run of a statement, from its start to the end of its work.
 *
 * Owns: a fixed array of executions in progress in this backend, found by
 * their QueryDesc, and the depth of nesting.  Called by the hooks.  A slot is
 * freed by a reset callback on the executor's own memory context, so there is
 * no stack that would have to balance.  When all are in use, an execution
 * passes uncounted and is counted as lost.
 *
 * When work ends: for a SELECT that modifies nothing with the run that takes
 * its last row, else with ExecutorFinish, which fires the triggers.  Never
 * with ExecutorEnd, which in the extended protocol comes when the client
 * feels like it.  A run that leaves rows behind (a cursor) adds its time and
 * rows at once, and the call with the first run.
 *
 * Everything goes to this backend's slab without a lock; nothing allocates,
 * and nothing raises.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "capture/clock.h"
#include "capture/event.h"
#include "capture/execution.h"
#include "capture/plan_reader.h"
#include "capture/sampling.h"
#include "capture/text.h"
#include "capture/transaction.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "store/waits.h"
#include "version_compat.h"

#define SLOTS 64

int			cal_nesting = 0;

static CalExecution slots[SLOTS];
static int	highest = 0;		/* slots ever used */
static CalExecution *latest = NULL;
static CalExecution *running_utility = NULL;
static uint64 lost = 0;

/* The latest planning at top level, until its execution takes it over. */
static uint64 planned_queryid = 0;
static uint64 planned_usec = 0;

/* How many executions found no free slot. */
uint64
cal_execution_lost(void)
{
	return lost;
}

/*
 * Whether a client sent what runs now.  Deferred triggers run at COMMIT, when
 * no statement is running, and are still not the client's own.
 */
bool
cal_execution_at_top(void)
{
	return cal_nesting == 0 && DatumGetInt32(pg_trigger_depth(NULL)) == 0;
}

/* Whether a statement that runs now is to be measured. */
bool
cal_execution_wanted(void)
{
	if (cal_track == CAL_TRACK_NONE ||
		(cal_track != CAL_TRACK_ALL && !cal_execution_at_top()))
		return false;
	return !IsParallelWorker() && cal_slab_attached();
}

/* Whose statement it is. */
void
cal_execution_key(CalStatementKey *key, uint64 queryid)
{
	key->queryid = queryid;
	key->userid = GetUserId();
	key->dbid = MyDatabaseId;
	key->application = cal_transaction_application;
	key->toplevel = cal_execution_at_top();
	key->zero = 0;
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
	lost++;
	return NULL;
}

/* The slot of an execution, or NULL if it is not measured. */
CalExecution *
cal_execution_find(QueryDesc *queryDesc)
{
	if (likely(latest && latest->queryDesc == queryDesc))
		return latest;
	for (int i = 0; i < highest; i++)
		if (slots[i].queryDesc == queryDesc)
			return latest = &slots[i];
	return NULL;
}

/* The counters that only ever grow, as they stand. */
static inline void
read_usage(CalUsage *now)
{
	memcpy(now->blocks, &pgBufferUsage, sizeof(now->blocks));
	now->read_usec =
		INSTR_TIME_GET_MICROSEC(CAL_BLK_READ_TIME(&pgBufferUsage));
	now->write_usec =
		INSTR_TIME_GET_MICROSEC(CAL_BLK_WRITE_TIME(&pgBufferUsage));
	now->wal_records = pgWalUsage.wal_records;
	now->wal_fpi = pgWalUsage.wal_fpi;
	now->wal_bytes = pgWalUsage.wal_bytes;
}

/* What was used since the start of the present run. */
static inline void
usage_since(const CalUsage *before, CalUsage *used)
{
	CalUsage	now;

	read_usage(&now);
	for (int i = 0; i < CAL_NBLOCKS; i++)
		used->blocks[i] = now.blocks[i] - before->blocks[i];
	used->read_usec = now.read_usec - before->read_usec;
	used->write_usec = now.write_usec - before->write_usec;
	used->wal_records = now.wal_records - before->wal_records;
	used->wal_fpi = now.wal_fpi - before->wal_fpi;
	used->wal_bytes = now.wal_bytes - before->wal_bytes;
}

/*
 * Before ExecutorStart: reserve a slot, or NULL if this execution is not to
 * be measured.  May ask the executor to count rows per plan node.
 */
CalExecution *
cal_execution_prepare(QueryDesc *queryDesc, int eflags)
{
	PlannedStmt *plan = queryDesc->plannedstmt;
	uint64		queryid = CAL_QUERY_ID(plan);
	CalExecution *ex;

	if (!cal_execution_wanted() || (eflags & EXEC_FLAG_EXPLAIN_ONLY))
		return NULL;
	queryid = queryid ? cal_text_group(queryid) : cal_utility_cursor_id();
	if (queryid == 0 || (ex = take_slot()) == NULL)
		return NULL;

	cal_execution_key(&ex->key, queryid);
	ex->queryDesc = queryDesc;
	ex->entry = cal_slab_entry(&ex->key);
	ex->ends_in_run = queryDesc->operation == CMD_SELECT &&
		!plan->hasModifyingCTE;
	ex->counted = ex->finished = false;
	ex->sqlstate = 0;
	ex->started = ex->run_started = 0;
	ex->usec = ex->rows = 0;
	ex->run = 0;
	ex->plan_usec = planned_queryid == queryid && ex->key.toplevel ?
		planned_usec : 0;
	planned_queryid = 0;
	memset(&ex->usage, 0, sizeof(CalUsage));
	ex->text = queryDesc->sourceText;
	ex->text_location = plan->stmt_location;
	ex->text_length = plan->stmt_len;
	ex->params = queryDesc->params;
	ex->sampled = cal_sampling_wants(ex->entry, plan->planTree->total_cost);
	if (ex->sampled)
		queryDesc->instrument_options |= INSTRUMENT_ROWS;
	return latest = ex;
}

/* A run begins. */
void
cal_execution_resume(CalExecution *ex)
{
	ex->run_started = ex->key.toplevel ? cal_clock_began() : cal_clock_read();
	if (ex->started == 0)
		ex->started = ex->run_started;
	if (ex->key.toplevel)
	{
		ex->run = cal_waits_run_begin();
		running_utility = ex->queryDesc ? NULL : ex;
	}
	read_usage(&ex->before);
}

/* The slab entry to count in; the one from the start may have moved. */
static inline CalSlabEntry *
entry_of(CalExecution *ex)
{
	if (unlikely(ex->entry == NULL ||
				 !cal_statement_key_equal(&ex->entry->key, &ex->key) ||
				 ex->entry->epoch != cal_statements_epoch()))
		ex->entry = cal_slab_entry(&ex->key);
	return ex->entry;
}

/* Count the end of an execution: what is known only of it as a whole. */
static inline void
count_end(CalSlabEntry *entry, CalExecution *ex)
{
	CalCounters *c = &entry->counters;
	double		usec = (double) ex->usec;

	if (c->min_usec > ex->usec || c->max_usec == 0)
		c->min_usec = ex->usec;
	if (c->max_usec < ex->usec)
		c->max_usec = ex->usec;
	c->sum_squares += usec * usec;
	entry->hist.cell[cal_hist_cell(ex->usec)]++;
	ex->finished = true;
}

/* Count a run: its time, rows and usage, and the call with the first. */
static void
count_run(CalExecution *ex, uint64 usec, uint64 rows, bool end)
{
	CalSlabEntry *entry = entry_of(ex);
	CalCounters *c = &entry->counters;
	CalUsage	used;

	usage_since(&ex->before, &used);
	ex->usec += usec;
	ex->rows += rows;
	cal_usage_add(&ex->usage, &used);
	if (unlikely(entry->hist.cell[cal_hist_cell(ex->usec)] == PG_UINT16_MAX))
		cal_slab_hand_over(entry);

	cal_slab_begin(entry);
	c->calls += !ex->counted;
	c->errors += (ex->sqlstate != 0);
	c->rows += rows;
	c->exec_usec += usec;
	cal_usage_add(&c->usage, &used);
	if (c->since == 0)
		c->since = cal_clock_last;
	c->last = cal_clock_last;
	if (end && !ex->finished)
		count_end(entry, ex);
	cal_slab_end(entry);
	ex->counted = true;
}

/* A run ends: read the clock, the only time for most statements. */
static uint64
run_time(CalExecution *ex)
{
	TimestampTz now = cal_clock_read();

	if (ex->key.toplevel)
	{
		cal_waits_run_end();
		running_utility = NULL;
	}
	return now > ex->run_started ? (uint64) (now - ex->run_started) : 0;
}

/* The work is done: count it, and look whether it was slow. */
void
cal_execution_complete(CalExecution *ex, uint64 rows)
{
	bool		first = !ex->finished;

	count_run(ex, run_time(ex), rows, true);
	if (!first)
		return;
	if (unlikely(ex->sampled && ex->queryDesc))
		cal_plan_reader_observe(ex);
	cal_event_consider(ex);
}

/* A run has taken up to limit rows (0: all): is that the end of the work? */
void
cal_execution_pause(CalExecution *ex, uint64 limit)
{
	uint64		rows = ex->queryDesc->estate->es_processed;

	if (!ex->ends_in_run)
		return;
	if (limit == 0 || rows < limit)
		cal_execution_complete(ex, rows);
	else
		count_run(ex, run_time(ex), rows, false);
}

/* A cursor is not read to its end: what it has used is all there will be. */
static void
close_early(CalExecution *ex)
{
	CalSlabEntry *entry = entry_of(ex);

	if (entry->hist.cell[cal_hist_cell(ex->usec)] == PG_UINT16_MAX)
		cal_slab_hand_over(entry);
	cal_slab_begin(entry);
	count_end(entry, ex);
	cal_slab_end(entry);
}

/*
 * ExecutorFinish is over.  For what modifies, that is the end of its work;
 * for a cursor closed early it is only the moment to say so.
 */
void
cal_execution_finish(CalExecution *ex)
{
	if (ex->finished || (ex->ends_in_run && !ex->counted))
		return;
	if (!ex->ends_in_run && !ex->counted)
	{
		cal_execution_complete(ex, ex->queryDesc->estate->es_processed);
		return;
	}
	close_early(ex);
	cal_event_consider(ex);
}

/* The statement failed while it ran; called while the error is caught. */
void
cal_execution_fail(CalExecution *ex)
{
	bool		first = !ex->finished;

	ex->sqlstate = geterrcode();
	count_run(ex, run_time(ex), 0, true);
	if (first)
		cal_event_consider(ex);
}

/* The executor's memory goes away: so does our slot. */
static void
release(void *arg)
{
	CalExecution *ex = arg;

	if (ex->counted && !ex->finished)
		close_early(ex);
	ex->queryDesc = NULL;
}

/* After ExecutorStart: the slot lives as long as the executor's memory. */
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
	cal_execution_fail(ex);
	ex->queryDesc = NULL;
}

/* Planning is over: count it where its execution will be counted. */
void
cal_execution_planned(uint64 queryid, uint64 usec)
{
	CalStatementKey key;
	CalSlabEntry *entry;

	cal_execution_key(&key, queryid);
	entry = cal_slab_entry(&key);
	cal_slab_begin(entry);
	entry->counters.plans++;
	entry->counters.plan_usec += usec;
	if (entry->counters.since == 0)
		entry->counters.since = cal_clock_last;
	entry->counters.last = cal_clock_last;
	cal_slab_end(entry);
	if (key.toplevel)
	{
		planned_queryid = queryid;
		planned_usec = usec;
	}
}

/* Count an error of a statement that was not, or no longer, running. */
void
cal_execution_error(uint64 queryid, bool unlocked)
{
	CalStatementKey key;
	CalSlabEntry *entry;

	cal_execution_key(&key, queryid);
	key.toplevel = 1;
	entry = unlocked ? cal_slab_entry_unlocked(&key) : cal_slab_entry(&key);
	cal_slab_begin(entry);
	entry->counters.errors++;
	if (entry->counters.since == 0)
		entry->counters.since = GetCurrentStatementStartTimestamp();
	entry->counters.last = Max(cal_clock_last,
							   GetCurrentStatementStartTimestamp());
	cal_slab_end(entry);
}

/* The statement at top level that is running now, or NULL. */
static CalExecution *
find_running(void)
{
	if (running_utility)
		return running_utility;
	for (int i = highest - 1; i >= 0; i--)
		if (slots[i].queryDesc && slots[i].key.toplevel &&
			!slots[i].finished && slots[i].run_started != 0)
			return &slots[i];
	return NULL;
}

/*
 * The session ends while a statement runs: count that as its error.  Called
 * from the log hook, so it takes no lock: where the slab is full, the error
 * may go to nobody.
 */
void
cal_execution_killed(int sqlstate)
{
	CalExecution *ex = find_running();

	if (ex == NULL)
		return;
	ex->entry = cal_slab_entry_unlocked(&ex->key);
	ex->key = ex->entry->key;
	ex->sqlstate = sqlstate;
	if (ex->entry->hist.cell[cal_hist_cell(ex->usec)] < PG_UINT16_MAX)
		count_run(ex, run_time(ex), 0, true);
}
