/*
 * slab_merge.c
 *		What the shared table and the slabs know of each statement, in one.
 *
 * Owns: nothing beyond a call.  Called by readers and by slab_merge_sums.c.  Under the
 * lock of a partition, shared, it copies the statements of the shared table and
 * the entries of all slabs, which hash to the same partition; nothing can move
 * from one to the other meanwhile, so each execution is seen once, and one that
 * has just ended is seen.  Memory is allocated before the lock is taken.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "store/slab_merge.h"

#define SLACK	64				/* what may come in while we allocate */

/* Make room, outside of any lock. */
static void
make_room(CalMerge *r, int statements, int entries)
{
	if (statements + entries + SLACK > r->room)
	{
		uint32		buckets;

		r->room = statements + entries + 2 * SLACK;
		r->statement = r->statement
			? repalloc_huge(r->statement, r->room * sizeof(CalStatement))
			: palloc_extended(r->room * sizeof(CalStatement), MCXT_ALLOC_HUGE);
		buckets = pg_nextpower2_32(2 * r->room);
		if (r->bucket)
			pfree(r->bucket);
		r->bucket = palloc(buckets * sizeof(int32));
		r->mask = buckets - 1;
	}
	if (entries + SLACK > r->entry_room)
	{
		r->entry_room = entries + 2 * SLACK;
		if (r->entry)
			pfree(r->entry);
		r->entry = palloc_extended(r->entry_room * sizeof(CalSlabEntry),
								   MCXT_ALLOC_HUGE);
	}
}

/* Give back the room of the last partition. */
void
cal_merge_free(CalMerge *r)
{
	pfree(r->statement);
	pfree(r->entry);
	pfree(r->bucket);
}

/* Copy a partition; again with more room if it has grown meanwhile. */
static void
copy_partition(CalMerge *r, int partition, CalStatement *other)
{
	LWLock	   *lock = cal_statements_lock(partition);

	for (;;)
	{
		int			statements,
					entries;

		LWLockAcquire(lock, LW_SHARED);
		statements = cal_statements_count(partition);
		entries = cal_slab_count(partition);
		if (statements + entries + SLACK <= r->room &&
			entries + SLACK <= r->entry_room)
			break;
		LWLockRelease(lock);
		make_room(r, statements, entries);
	}
	r->n = cal_statements_copy(partition, r->statement, r->room);
	/* backends add entries to their slabs without the lock */
	r->entries = cal_slab_copy(partition, r->entry,
							   Min(r->entry_room, r->room - r->n));
	cal_statements_other(partition, other);
	LWLockRelease(lock);
}

/* The bucket of a statement: its own, or a free one. */
static int32 *
lookup(CalMerge *r, const CalStatementKey *key)
{
	uint32		b = (cal_statement_hash(key) / CAL_PARTITIONS) & r->mask;

	while (r->bucket[b] >= 0 &&
		   !cal_statement_key_equal(&r->statement[r->bucket[b]].key, key))
		b = (b + 1) & r->mask;
	return &r->bucket[b];
}

/* Merge the slabs' entries into the statements. */
static void
merge_entries(CalMerge *r)
{
	if (r->entries == 0)
		return;
	memset(r->bucket, 0xFF, (r->mask + 1) * sizeof(int32));
	for (int i = 0; i < r->n; i++)
		*lookup(r, &r->statement[i].key) = i;
	for (int i = 0; i < r->entries; i++)
	{
		const CalSlabEntry *e = &r->entry[i];
		int32	   *b = lookup(r, &e->key);

		if (*b < 0)
		{
			*b = r->n++;
			memset(&r->statement[*b], 0, sizeof(CalStatement));
			r->statement[*b].key = e->key;
		}
		cal_counters_add(&r->statement[*b].counters, &e->counters);
		cal_hist_add16(&r->statement[*b].hist, &e->hist);
	}
}

/* Read a partition; adds to other what it had to give up. */
void
cal_merge_partition(CalMerge *r, int partition, CalStatement *other)
{
	if (r->statement == NULL)
		make_room(r, 0, 0);
	copy_partition(r, partition, other);
	merge_entries(r);
}

/* The time of all executions at top level, in microseconds. */
double
cal_merge_total(void)
{
	uint64		usec = 0;

	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		LWLockAcquire(cal_statements_lock(p), LW_SHARED);
		usec += cal_statements_time(p) + cal_slab_time(p);
		LWLockRelease(cal_statements_lock(p));
	}
	return (double) usec;
}
