/*
 * read_statements.c
 *		The numbers behind caliper.statements.
 *
 * Owns: the merging of what the shared table and the backends' slabs hold.
 * Called by SQL.  Goes partition by partition: under the partition's lock,
 * shared, it copies the statements of the shared table and the entries of all
 * slabs, which hash to the same partition; nothing can move from one to the
 * other meanwhile, so each execution is seen once, and one that has just
 * ended is seen.  Memory is allocated before the lock is taken, rows are made
 * after it is released.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "base/histogram.h"
#include "platform/privilege.h"
#include "read/result.h"
#include "store/counters.h"
#include "store/names.h"
#include "store/slab.h"
#include "store/statements.h"
#include "version_compat.h"

#define COLUMNS	35
#define SLACK	64				/* what may come in while we allocate */

/* Room for what a partition holds, and for its merged statements. */
typedef struct Reader
{
	CalStatement *statement;
	int			room;
	CalSlabEntry *entry;
	int			entry_room;
	int			n;				/* statements, after merging */
	int			entries;
	int32	   *bucket;			/* hash table over statements; -1 is free */
	uint32		mask;
} Reader;

/* Make room, outside of any lock. */
static void
make_room(Reader *r, int statements, int entries)
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

/* Copy a partition; again with more room if it has grown meanwhile. */
static void
copy_partition(Reader *r, int partition, CalStatement *other)
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
lookup(Reader *r, const CalStatementKey *key)
{
	uint32		b = (cal_statement_hash(key) / CAL_PARTITIONS) & r->mask;

	while (r->bucket[b] >= 0 &&
		   !cal_statement_key_equal(&r->statement[r->bucket[b]].key, key))
		b = (b + 1) & r->mask;
	return &r->bucket[b];
}

/* Merge the slabs' entries into the statements. */
static void
merge_entries(Reader *r)
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

/* Times: min, max, mean, deviation, percentiles. */
static void
put_times(CalRow *row, const CalStatement *s)
{
	static const double q[] = {0.5, 0.95, 0.99};
	const CalCounters *c = &s->counters;
	double		n = (double) c->calls;
	double		mean = n > 0 ? c->exec_usec / n : NAN;
	double		usec[3];

	cal_hist_quantiles(&s->hist, q, 3, usec);
	cal_row_ms(row, (double) c->exec_usec);
	cal_row_ms(row, n > 0 ? (double) c->min_usec : NAN);
	cal_row_ms(row, n > 0 ? (double) c->max_usec : NAN);
	cal_row_ms(row, mean);
	cal_row_ms(row, n > 0
			   ? sqrt(Max(c->sum_squares / n - mean * mean, 0.0)) : NAN);
	for (int i = 0; i < 3; i++)
		cal_row_ms(row, n > 0 ? Max((double) c->min_usec,
									Min(usec[i], (double) c->max_usec)) : NAN);
}

/* Blocks and write-ahead log. */
static void
put_usage(CalRow *row, const CalUsage *u)
{
	for (int i = 0; i < CAL_NBLOCKS; i++)
		cal_row_int(row, u->blocks[i]);
	cal_row_ms(row, (double) u->read_usec);
	cal_row_ms(row, (double) u->write_usec);
	cal_row_int(row, u->wal_records);
	cal_row_int(row, u->wal_fpi);
	cal_row_int(row, (int64) u->wal_bytes);
}

/* All numbers of a statement. */
static void
put_counters(CalRow *row, const CalStatement *s)
{
	const CalCounters *c = &s->counters;

	cal_row_int(row, (int64) c->calls);
	cal_row_int(row, (int64) c->errors);
	cal_row_int(row, (int64) c->rows);
	put_times(row, s);
	cal_row_int(row, (int64) c->plans);
	cal_row_ms(row, (double) c->plan_usec);
	put_usage(row, &c->usage);
	cal_row_time(row, c->since);
	cal_row_end(row);
}

/* One statement, as far as the caller may see it. */
static void
put_statement(CalRow *row, const CalStatement *s, bool visible)
{
	cal_row_oid(row, s->key.userid);
	cal_row_oid(row, s->key.dbid);
	if (!visible)
	{
		cal_row_text(row, CAL_HIDDEN_TEXT);
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
		return;
	}
	if (s->key.queryid == 0)
		cal_row_text(row, "(failed without a query id)");
	else
		cal_row_null(row);
	cal_row_text(row, cal_names_get(s->key.application));
	if (s->key.queryid == 0)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) s->key.queryid);
	cal_row_bool(row, s->key.toplevel);
	put_counters(row, s);
}

/* The sum of what was evicted; it belongs to nobody, so not all may see it. */
static void
put_other(CalRow *row, const CalStatement *other)
{
	if (other->counters.last == 0)
		return;
	cal_row_null(row);
	cal_row_null(row);
	if (!cal_privilege_sees_all())
	{
		cal_row_text(row, CAL_HIDDEN_TEXT);
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
		return;
	}
	cal_row_text(row, "(other)");
	cal_row_nulls_to(row, 6);
	put_counters(row, other);
}

/* The gate asks the catalogs, so its latest answer is kept for a call. */
typedef struct Gate
{
	bool		all;
	Oid			asked;
	bool		answer;
} Gate;

static bool
may_see(Gate *gate, Oid userid)
{
	if (gate->all)
		return true;
	if (userid != gate->asked)
	{
		gate->answer = cal_privilege_sees(userid);
		gate->asked = userid;
	}
	return gate->answer;
}

/* Rather a hint than an empty view. */
static void
hint_query_ids(void)
{
	if (!IsQueryIdEnabled())
		ereport(WARNING,
				(errmsg("no statements are recorded while \"compute_query_id\" is off"),
				 errhint("Set \"compute_query_id\" to \"auto\" or \"on\".")));
}

CAL_FUNCTION(caliper_statements_0_1);

/* caliper.statements_counters(): a row per statement, without its text. */
Datum
caliper_statements_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	Reader		reader = {0};
	CalStatement *other;
	Gate		gate = {0};

	cal_result_begin(fcinfo, &row, COLUMNS);
	hint_query_ids();
	other = palloc0(sizeof(CalStatement));
	gate.all = cal_privilege_sees_all();
	make_room(&reader, 0, 0);
	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		copy_partition(&reader, p, other);
		merge_entries(&reader);
		for (int i = 0; i < reader.n; i++)
			put_statement(&row, &reader.statement[i],
						  may_see(&gate, reader.statement[i].key.userid));
		CHECK_FOR_INTERRUPTS();
	}
	put_other(&row, other);
	return (Datum) 0;
}
