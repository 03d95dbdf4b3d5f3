/*
 * slab_merge_sums.c
 *		What each statement of a database has cost, in a few numbers.
 *
 * Owns: nothing beyond a call.  Called by those who judge statements and not
 * executions: the index advisor, and the trials of indexes (index_watch.c,
 * read_trials.c).  The locks are taken in slab_merge.c, one partition after the
 * other; allocates, and is called by nobody who holds one.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "store/slab_merge.h"
#include "store/slab_merge_sums.h"

/* What one entry of the statement table amounts to. */
typedef struct Part
{
	uint64		queryid;
	Oid			userid;
	bool		toplevel;
	TimestampTz since;
	uint64		calls;
	uint64		usec;
	double		squares;
} Part;

struct CalSums
{
	Part	   *part;			/* sorted by statement */
	int			n;
	int			room;
};

/* By user, then by statement. */
static int
compare_statements(const void *a, const void *b)
{
	const Part *x = a;
	const Part *y = b;

	if (x->userid != y->userid)
		return x->userid < y->userid ? -1 : 1;
	return x->queryid < y->queryid ? -1 : x->queryid > y->queryid;
}

/* Append an entry. */
static void
append(CalSums *sums, const CalStatement *s)
{
	Part	   *part;

	if (sums->n == sums->room)
	{
		sums->room *= 2;
		sums->part = repalloc_huge(sums->part, sums->room * sizeof(Part));
	}
	part = &sums->part[sums->n++];
	part->queryid = s->key.queryid;
	part->userid = s->key.userid;
	part->toplevel = s->key.toplevel != 0;
	part->since = s->counters.since;
	part->calls = s->counters.calls;
	part->usec = s->counters.exec_usec;
	part->squares = s->counters.sum_squares;
}

/* Copy the counters of all statements of a database. */
CalSums *
cal_sums_load(Oid dbid)
{
	CalMerge	merge = {0};
	CalStatement *other = palloc0(sizeof(CalStatement));
	CalSums    *sums = palloc0(sizeof(CalSums));

	sums->room = 256;
	sums->part = palloc(sums->room * sizeof(Part));
	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		CHECK_FOR_INTERRUPTS();
		cal_merge_partition(&merge, p, other);
		for (int i = 0; i < merge.n; i++)
			if (merge.statement[i].key.dbid == dbid)
				append(sums, &merge.statement[i]);
	}
	qsort(sums->part, sums->n, sizeof(Part), compare_statements);
	cal_merge_free(&merge);
	pfree(other);
	return sums;
}

/* The first part that is not before the wanted one. */
static int
lower_bound(const CalSums *sums, const Part *wanted)
{
	int			from = 0;
	int			end = sums->n;

	while (from < end)
	{
		int			middle = from + (end - from) / 2;

		if (compare_statements(&sums->part[middle], wanted) < 0)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

/*
 * What an entry adds to the origin of its statement.  One that made room and
 * came again counts since later, so the origin is another.  The number of its
 * application is left out: with a restart it may become another.
 */
static uint64
origin_of(const Part *part, TimestampTz until)
{
	if (part->since == 0 || part->since > until)
		return 0;
	return hash_bytes_extended((const unsigned char *) &part->since,
							   sizeof(part->since), part->toplevel);
}

/* The sums of a statement; false if there are none. */
bool
cal_sums_of(const CalSums *sums, Oid userid, uint64 queryid, TimestampTz until,
			CalSum *out)
{
	Part		wanted = {.queryid = queryid,.userid = userid};
	int			from = lower_bound(sums, &wanted);
	int			i;

	memset(out, 0, sizeof(*out));
	for (i = from; i < sums->n; i++)
	{
		const Part *part = &sums->part[i];

		if (compare_statements(part, &wanted) != 0)
			break;
		out->calls += part->calls;
		out->usec += part->usec;
		out->squares += part->squares;
		out->origin += origin_of(part, until);
	}
	return i > from;
}

/* Give the copies back. */
void
cal_sums_free(CalSums *sums)
{
	pfree(sums->part);
	pfree(sums);
}
