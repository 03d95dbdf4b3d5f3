/*
 * beside.c
 *		What is counted for a statement beside its executions.
 *
 * Owns: the time of the latest planning at top level, until an execution
 * follows, and an error that found the slab full, until its transaction ends.
 * Called by the hooks into planner and log, by execution.c and transaction.c.
 * Writes to this backend's slab; an error in the log hook takes no lock.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "capture/beside.h"
#include "capture/clock.h"
#include "capture/execution.h"
#include "capture/transaction.h"
#include "store/slab.h"

static uint64 planned_queryid = 0;
static uint64 planned_number = 0;	/* executions begun by then */
static uint64 planned_usec = 0;

/* The statement of an error that is yet to be counted. */
static CalStatementKey owed;
bool		cal_beside_owes = false;

/* Whose statement it is. */
void
cal_beside_key(CalStatementKey *key, uint64 queryid, bool top)
{
	key->queryid = queryid;
	key->userid = GetUserId();
	key->dbid = MyDatabaseId;
	key->application = cal_transaction_application;
	key->toplevel = top;
	key->zero = 0;
}

/* Planning is over: count it where its execution will be counted. */
void
cal_beside_planned(uint64 queryid, uint64 usec, bool top)
{
	CalStatementKey key;
	CalSlabEntry *entry;

	cal_beside_key(&key, queryid, top);
	entry = cal_slab_entry(&key);
	cal_slab_begin(entry);
	entry->counters.plans++;
	entry->counters.plan_usec += usec;
	entry->counters.last = cal_clock_last;
	cal_slab_end(entry);
	if (top)
	{
		planned_queryid = queryid;
		planned_number = cal_execution_number;
		planned_usec = usec;
	}
}

/* How long planning took, if the execution that begins now is the next. */
uint64
cal_beside_plan_time(uint64 queryid)
{
	if (planned_queryid != queryid ||
		planned_number + 1 != cal_execution_number)
		return 0;
	return planned_usec;
}

/* Count an error. */
static void
count_error(CalSlabEntry *entry)
{
	TimestampTz arrived = GetCurrentStatementStartTimestamp();

	cal_slab_begin(entry);
	entry->counters.errors++;
	entry->counters.last = Max(cal_clock_last, arrived);
	cal_slab_end(entry);
}

/*
 * Count an error of a statement that was not, or no longer, running.  One at
 * top level may have been raised with the rights of a function's owner, whose
 * it is not.
 */
void
cal_beside_error(uint64 queryid, bool top, bool unlocked)
{
	CalStatementKey key;
	CalSlabEntry *entry;

	cal_beside_key(&key, queryid, top);
	if (top)
		key.userid = GetOuterUserId();
	entry = unlocked ? cal_slab_entry_unlocked(&key) : cal_slab_entry(&key);
	if (cal_statement_key_equal(&entry->key, &key))
		count_error(entry);
	else
	{
		owed = key;
		cal_beside_owes = true;
	}
}

/* The slab was full: count the error now that a lock may be taken. */
void
cal_beside_pay(void)
{
	cal_beside_owes = false;
	count_error(cal_slab_entry(&owed));
}
