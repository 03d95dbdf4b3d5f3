/*
 * saved_statements.c
 *		Statements in a save file, and the sum of the others.
 *
 * Owns: the layout of these two kinds of record.  Copies a partition, with
 * the slabs' entries of it, under its lock into memory allocated before, and
 * writes when the lock is released.  A statement may be saved several times,
 * by slab; loading adds up.  Never raises.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "store/slab.h"
#include "store/statements.h"
#include "worker/saved.h"

#define SLACK	64				/* entries that may come while we allocate */

/* The copy of a partition. */
typedef struct Copy
{
	CalSlabEntry *slabs;
	CalStatement *statements;
	int			nslabs;
	int			nstatements;
} Copy;

/* Put one statement into the file. */
static void
put_statement(CalSaver *saver, const CalStatementKey *key,
			  const CalCounters *counters, const CalHist32 *hist)
{
	cal_saver_put(saver, key, sizeof(*key));
	cal_saver_put_application(saver, key->application);
	cal_saver_put(saver, counters, sizeof(*counters));
	cal_saver_put_hist(saver, hist);
	cal_saver_end(saver, &cal_saved_statements);
}

/* Get memory for a partition as large as it is now; false if there is none. */
static bool
allocate(CalSaver *saver, int partition, Copy *copy)
{
	LWLock	   *lock = cal_statements_lock(partition);

	LWLockAcquire(lock, LW_SHARED);
	copy->nslabs = cal_slab_count(partition) + SLACK;
	copy->nstatements = cal_statements_count(partition) + SLACK;
	LWLockRelease(lock);

	copy->slabs = cal_saver_alloc(saver, copy->nslabs * sizeof(CalSlabEntry));
	copy->statements = cal_saver_alloc(saver, copy->nstatements *
									   sizeof(CalStatement));
	return copy->slabs != NULL && copy->statements != NULL;
}

/* Save one partition. */
static void
save_partition(CalSaver *saver, int partition)
{
	LWLock	   *lock = cal_statements_lock(partition);
	CalHist32	hist;
	Copy		copy;

	if (!allocate(saver, partition, &copy))
		return;
	LWLockAcquire(lock, LW_SHARED);
	copy.nslabs = cal_slab_copy(partition, copy.slabs, copy.nslabs);
	copy.nstatements = cal_statements_copy(partition, copy.statements,
										   copy.nstatements);
	LWLockRelease(lock);

	for (int i = 0; i < copy.nstatements; i++)
	{
		const CalStatement *s = &copy.statements[i];

		put_statement(saver, &s->key, &s->counters, &s->hist);
	}
	for (int i = 0; i < copy.nslabs; i++)
	{
		const CalSlabEntry *entry = &copy.slabs[i];

		memset(&hist, 0, sizeof(hist));
		cal_hist_add16(&hist, &entry->hist);
		put_statement(saver, &entry->key, &entry->counters, &hist);
	}
	pfree(copy.slabs);
	pfree(copy.statements);
}

/* Save all statements, one partition after the other. */
static void
save_statements(CalSaver *saver)
{
	for (int i = 0; i < CAL_PARTITIONS && !saver->failed; i++)
	{
		CHECK_FOR_INTERRUPTS();
		save_partition(saver, i);
	}
}

/* Take one statement over. */
static bool
load_statement(CalTaker *taker)
{
	CalStatementKey key;
	CalCounters counters;
	CalHist32	hist;
	uint32		hash;
	LWLock	   *lock;

	if (!cal_taker_take(taker, &key, sizeof(key)) ||
		!cal_taker_take_application(taker, &key.application) ||
		!cal_taker_take(taker, &counters, sizeof(counters)) ||
		!cal_taker_take_hist(taker, &hist) || !cal_taker_done(taker))
		return false;
	if (key.toplevel > 1 || key.zero != 0 || counters.last == 0 ||
		!cal_saved_counters_ok(&counters))
		return false;

	hash = cal_statement_hash(&key);
	lock = cal_statements_lock(CAL_PARTITION_OF(hash));
	LWLockAcquire(lock, LW_EXCLUSIVE);
	cal_statements_merge(&key, hash, &counters, NULL, &hist);
	LWLockRelease(lock);
	return true;
}

/* Save the sum of what had to be given up. */
static void
save_others(CalSaver *saver)
{
	CalStatement other;

	memset(&other, 0, sizeof(other));
	for (int i = 0; i < CAL_PARTITIONS; i++)
	{
		LWLockAcquire(cal_statements_lock(i), LW_SHARED);
		cal_statements_other(i, &other);
		LWLockRelease(cal_statements_lock(i));
	}
	if (other.counters.last == 0)
		return;
	cal_saver_put(saver, &other.counters, sizeof(other.counters));
	cal_saver_put_hist(saver, &other.hist);
	cal_saver_end(saver, &cal_saved_others);
}

/* Take the others over. */
static bool
load_others(CalTaker *taker)
{
	CalCounters counters;
	CalHist32	hist;

	if (!cal_taker_take(taker, &counters, sizeof(counters)) ||
		!cal_taker_take_hist(taker, &hist) || !cal_taker_done(taker) ||
		!cal_saved_counters_ok(&counters))
		return false;
	cal_statements_merge_other(&counters, &hist);
	return true;
}

const CalSavedKind cal_saved_statements = {
	1, 2, save_statements, load_statement
};
const CalSavedKind cal_saved_others = {2, 2, save_others, load_others};
