/*
 * workload.c
 *		The statements that were seen to search tables, and what they cost.
 *
 * Owns: the bringing together of predicates, counters and texts, of the
 * current database and as far as the caller may see them.  Called by the
 * advisor.  Copies out of the stores under their locks into memory that was
 * allocated before, and works on the copies.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/syscache.h"

#include "advise/literal.h"
#include "advise/workload.h"
#include "base/text_clean.h"
#include "platform/privilege.h"
#include "store/slab.h"
#include "store/statements.h"
#include "store/texts.h"

#define SLACK			64		/* what may come in while we allocate */
#define STATEMENTS_MAX	200		/* that are looked at, by total time */

/* By statement, then by table. */
static int
compare_predicates(const void *a, const void *b)
{
	const CalPredicateKey *x = &((const CalPredicate *) a)->key;
	const CalPredicateKey *y = &((const CalPredicate *) b)->key;

	if (x->userid != y->userid)
		return x->userid < y->userid ? -1 : 1;
	if (x->queryid != y->queryid)
		return x->queryid < y->queryid ? -1 : 1;
	return x->relid < y->relid ? -1 : x->relid > y->relid;
}

/* By statement. */
static int
compare_names(const void *a, const void *b)
{
	const CalWorkStatement *x = a;
	const CalWorkStatement *y = b;

	if (x->userid != y->userid)
		return x->userid < y->userid ? -1 : 1;
	return x->queryid < y->queryid ? -1 : x->queryid > y->queryid;
}

/* The most expensive comes first. */
static int
compare_times(const void *a, const void *b)
{
	double		x = ((const CalWorkStatement *) a)->usec;
	double		y = ((const CalWorkStatement *) b)->usec;

	return x != y ? (x < y ? 1 : -1) : compare_names(a, b);
}

/* Whether a predicate is of a table here, and for the caller's eyes. */
static bool
concerns_us(const CalPredicate *p)
{
	return p->key.dbid == MyDatabaseId && cal_privilege_sees(p->key.userid) &&
		SearchSysCacheExists1(RELOID, ObjectIdGetDatum(p->key.relid));
}

/* The predicates, sorted by statement; returns how many. */
static int
load_predicates(CalPredicate **out, CalPaths *paths)
{
	int			room = cal_predicates_count() + SLACK;
	CalPredicate *all = palloc_extended(room * sizeof(CalPredicate),
										MCXT_ALLOC_HUGE);
	int			copied = cal_predicates_copy(all, room, paths);
	int			n = 0;

	for (int i = 0; i < copied; i++)
		if (concerns_us(&all[i]))
			all[n++] = all[i];
	qsort(all, n, sizeof(CalPredicate), compare_predicates);
	*out = all;
	return n;
}

/* Make statements of the predicates. */
static void
make_statements(CalWorkload *w, const CalPredicate *p, int n,
				const CalPaths *paths)
{
	w->statement = palloc0((n + 1) * sizeof(CalWorkStatement));
	for (int i = 0; i < n; i++)
	{
		CalWorkStatement *s = &w->statement[Max(w->n, 1) - 1];

		if (w->n == 0 || s->userid != p[i].key.userid ||
			s->queryid != p[i].key.queryid)
		{
			s = &w->statement[w->n++];
			s->userid = p[i].key.userid;
			s->queryid = p[i].key.queryid;
			s->predicate = &p[i];
			if (p[i].path > 0)
				s->search_path = paths->path[p[i].path];
		}
		s->npredicates++;
	}
}

/* Add counters to the statement they are of, if it is one of ours. */
static void
add_counters(CalWorkload *w, const CalStatementKey *key,
			 const CalCounters *counters)
{
	CalWorkStatement wanted = {.queryid = key->queryid,.userid = key->userid};
	CalWorkStatement *s;

	if (key->dbid != MyDatabaseId)
		return;
	s = bsearch(&wanted, w->statement, w->n, sizeof(wanted), compare_names);
	if (s)
	{
		s->calls += counters->calls;
		s->usec += counters->exec_usec;
	}
}

/* Room for one partition, which is copied, added up, and forgotten. */
typedef struct Room
{
	CalStatement *statement;
	int			statements;
	CalSlabEntry *entry;
	int			entries;
} Room;

/* Make room, outside of any lock. */
static void
make_room(Room *room, int statements, int entries)
{
	if (room->statement)
	{
		pfree(room->statement);
		pfree(room->entry);
	}
	room->statements = statements + SLACK;
	room->entries = entries + SLACK;
	room->statement = palloc_extended(room->statements * sizeof(CalStatement),
									  MCXT_ALLOC_HUGE);
	room->entry = palloc_extended(room->entries * sizeof(CalSlabEntry),
								  MCXT_ALLOC_HUGE);
}

/* Add the counters of a partition, which nobody can move meanwhile. */
static void
add_partition(CalWorkload *w, Room *room, int partition)
{
	LWLock	   *lock = cal_statements_lock(partition);
	int			statements;
	int			entries;

	for (;;)
	{
		LWLockAcquire(lock, LW_SHARED);
		statements = cal_statements_count(partition);
		entries = cal_slab_count(partition);
		if (statements <= room->statements && entries <= room->entries)
			break;
		LWLockRelease(lock);
		make_room(room, statements, entries);
	}
	statements = cal_statements_copy(partition, room->statement,
									 room->statements);
	entries = cal_slab_copy(partition, room->entry, room->entries);
	LWLockRelease(lock);

	for (int i = 0; i < statements; i++)
		add_counters(w, &room->statement[i].key, &room->statement[i].counters);
	for (int i = 0; i < entries; i++)
		add_counters(w, &room->entry[i].key, &room->entry[i].counters);
}

/* Find out whether a statement can be planned, and get its text. */
static void
load_text(CalWorkStatement *s, char *buf)
{
	CalTextKey	key = {s->queryid, s->userid, MyDatabaseId};
	int			mark = sizeof(CAL_TEXT_MARK) - 1;
	int			encoding;
	int			len;

	if (!cal_privilege_acts_for(s->userid))
	{
		s->trouble = "only who has the rights of its user may plan it";
		return;
	}
	len = cal_texts_fetch(CAL_TEXT_STATEMENT, &key, buf, CAL_TEXT_MAX + 1,
						  &encoding);
	if (len < 0)
		s->trouble = "its text is not kept";
	else if (len >= mark && strcmp(buf + len - mark, CAL_TEXT_MARK) == 0)
		s->trouble = "its text is longer than pg_caliper.max_text_length";
	else if (s->search_path == NULL)
		s->trouble = "its search_path is not kept";
	else
		s->text = cal_literal_cast(buf);
}

/* Load what the caller may see of the current database. */
CalWorkload *
cal_workload_load(void)
{
	CalWorkload *w = palloc0(sizeof(CalWorkload));
	CalPaths   *paths = palloc(sizeof(CalPaths));
	char	   *buf = palloc(CAL_TEXT_MAX + 1);
	Room		room = {0};
	CalPredicate *predicates;
	int			n;

	n = load_predicates(&predicates, paths);
	make_statements(w, predicates, n, paths);
	make_room(&room, 0, 0);
	for (int partition = 0; partition < CAL_PARTITIONS; partition++)
	{
		CHECK_FOR_INTERRUPTS();
		add_partition(w, &room, partition);
	}
	qsort(w->statement, w->n, sizeof(CalWorkStatement), compare_times);
	w->n = Min(w->n, STATEMENTS_MAX);
	for (int i = 0; i < w->n; i++)
		load_text(&w->statement[i], buf);
	return w;
}

/* A table of the workload; read when it is first asked for. */
CalTable *
cal_workload_table(CalWorkload *workload, Oid relid)
{
	CalTable   *table;
	ListCell   *lc;

	foreach(lc, workload->tables)
	{
		table = lfirst(lc);
		if (table->relid == relid)
			return table;
	}
	table = cal_table_read(relid);
	workload->tables = lappend(workload->tables, table);
	return table;
}
