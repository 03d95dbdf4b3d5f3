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

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/syscache.h"

#include "advise/literal.h"
#include "advise/workload.h"
#include "base/text_clean.h"
#include "platform/privilege.h"
#include "store/samples.h"
#include "store/slab_merge.h"
#include "store/statements.h"
#include "store/texts.h"

#define SLACK			64		/* what may come in while we allocate */
#define STATEMENTS_MAX	2000	/* that are looked at, by total time */
#define LOAD_SHARE		0.1		/* of a table: a call that writes more loads
								 * it */

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
	if (key->toplevel && cal_privilege_sees(key->userid))
		w->usec += counters->exec_usec;
	s = bsearch(&wanted, w->statement, w->n, sizeof(wanted), compare_names);
	if (s)
	{
		s->calls += counters->calls;
		s->usec += counters->exec_usec;
		if (counters->since != 0 &&
			(s->since == 0 || counters->since < s->since))
			s->since = counters->since;
	}
}

/*
 * What only plans were seen of, such as the statements of foreign keys, has
 * no counters; then the samples stand for it.
 */
static void
add_estimate(CalWorkStatement *s)
{
	if (s->calls > 0)
		return;
	for (int i = 0; i < s->npredicates; i++)
	{
		const CalPredicate *p = &s->predicate[i];
		double		usec = p->samples > 0
		? p->usec * (double) p->executions / p->samples : 0;

		s->calls = Max(s->calls, p->executions);
		s->usec = Max(s->usec, usec);
	}
}

/* Add the counters of all statements, partition by partition. */
static void
add_all_counters(CalWorkload *w)
{
	CalMerge	merge = {0};
	CalStatement *other = palloc0(sizeof(CalStatement));

	for (int partition = 0; partition < CAL_PARTITIONS; partition++)
	{
		CHECK_FOR_INTERRUPTS();
		cal_merge_partition(&merge, partition, other);
		for (int i = 0; i < merge.n; i++)
			add_counters(w, &merge.statement[i].key,
						 &merge.statement[i].counters);
	}
	cal_merge_free(&merge);
	pfree(other);
}

/* The statement's text without its values; NULL, with the reason, if none. */
static CalSample *
load_generic(CalWorkStatement *s, const CalTextKey *key, char *buf)
{
	int			mark = sizeof(CAL_TEXT_MARK) - 1;
	CalSample  *generic;
	int			encoding;
	int			len = cal_texts_fetch(CAL_TEXT_STATEMENT, key, buf,
									  CAL_TEXT_MAX + 1, &encoding);

	if (len < 0)
		s->trouble = "its text is not kept";
	else if (len >= mark && strcmp(buf + len - mark, CAL_TEXT_MARK) == 0)
		s->trouble = "its text is longer than pg_caliper.max_text_length";
	if (s->trouble)
		return NULL;
	generic = palloc0(sizeof(CalSample));
	generic->statement = cal_literal_cast(buf);
	generic->len = strlen(generic->statement);
	return generic;
}

/* Its executions that were kept. */
static void
load_samples(CalWorkStatement *s, const CalTextKey *key, char *buf)
{
	s->sample = palloc(CAL_SAMPLES * sizeof(CalSample));
	for (int i = 0; i < CAL_SAMPLES; i++)
	{
		int			encoding;
		int			len = cal_samples_fetch(key, i, buf, CAL_SAMPLE_MAX + 1,
											&encoding);
		char	   *copy;

		if (len < 0 || encoding != GetDatabaseEncoding())
			continue;
		copy = memcpy(palloc(len + 1), buf, len + 1);
		if (cal_sample_decode(copy, len, &s->sample[s->nsamples]))
			s->nsamples++;
	}
}

/* The same execution with parameters of which only the types are known. */
static CalSample *
forget_values(const CalSample *sample)
{
	CalSample  *generic = palloc(sizeof(CalSample));

	*generic = *sample;
	for (int i = 0; i < generic->nparams; i++)
	{
		generic->param[i].value = NULL;
		generic->param[i].isnull = false;
	}
	return generic;
}

/* Find out whether a statement can be planned, and get its text and values. */
static void
load_text(CalWorkStatement *s, char *buf)
{
	CalTextKey	key = {s->queryid, s->userid, MyDatabaseId};

	if (!cal_privilege_acts_for(s->userid))
	{
		s->trouble = "only who has the rights of its user may plan it";
		return;
	}
	s->generic = load_generic(s, &key, buf);
	load_samples(s, &key, buf);
	if (s->nsamples == 0 && s->generic)
	{
		s->sample = s->generic;
		s->nsamples = 1;
	}
	else if (s->nsamples > 0)
	{
		s->trouble = NULL;
		s->generic = forget_values(&s->sample[0]);
	}
	if (s->trouble == NULL && s->search_path == NULL)
		s->trouble = "its search_path is not kept";
}

/* Load what the caller may see of the current database. */
CalWorkload *
cal_workload_load(void)
{
	CalWorkload *w = palloc0(sizeof(CalWorkload));
	CalPaths   *paths = palloc(sizeof(CalPaths));
	char	   *buf = palloc(Max(CAL_TEXT_MAX, CAL_SAMPLE_MAX) + 1);
	CalPredicate *predicates;
	int			n;

	n = load_predicates(&predicates, paths);
	make_statements(w, predicates, n, paths);
	add_all_counters(w);
	for (int i = 0; i < w->n; i++)
		add_estimate(&w->statement[i]);
	qsort(w->statement, w->n, sizeof(CalWorkStatement), compare_times);
	w->left_out = Max(0, w->n - STATEMENTS_MAX);
	w->n -= w->left_out;
	for (int i = 0; i < w->n; i++)
		load_text(&w->statement[i], buf);
	return w;
}

/* Whether an update set a column, as far as columns have numbers small enough. */
static bool
sets_column(const CalPredicate *p, int attno)
{
	return attno < 128 && (p->updated[attno / 64] & (UINT64CONST(1) << attno % 64));
}

/*
 * Add what a statement writes to a table.  What it wrote in the sampled
 * executions stands for all of them; but to load a table is not counted, since
 * it is not done again.
 */
static void
add_writes(CalTable *table, const CalWorkStatement *s, const CalPredicate *p)
{
	double		times = p->samples > 0 ? s->calls / (double) p->samples : 0;
	double		updated = times * p->rows_updated;

	if (p->rows_inserted <= LOAD_SHARE * table->tuples * p->samples)
		table->inserted += times * p->rows_inserted;
	table->deleted += times * p->rows_deleted;
	table->updated += updated;
	for (int i = 1; i <= table->natts; i++)
		if (sets_column(p, i))
			table->set[i] += updated;
}

/* Add what all statements write to it. */
static void
read_writes(const CalWorkload *workload, CalTable *table)
{
	if (table->unusable)
		return;
	for (int i = 0; i < workload->n; i++)
	{
		const CalWorkStatement *s = &workload->statement[i];

		for (int j = 0; j < s->npredicates; j++)
			if (s->predicate[j].key.relid == table->relid)
				add_writes(table, s, &s->predicate[j]);
	}
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
	read_writes(workload, table);
	workload->tables = lappend(workload->tables, table);
	return table;
}

/* The statement with most time under a query id that may be planned, or NULL. */
CalWorkStatement *
cal_workload_find(CalWorkload *workload, uint64 queryid)
{
	CalWorkStatement *any = NULL;

	for (int i = 0; i < workload->n; i++)
	{
		CalWorkStatement *s = &workload->statement[i];

		if (s->queryid != queryid)
			continue;
		if (s->trouble == NULL)
			return s;
		if (any == NULL)
			any = s;
	}
	return any;
}
