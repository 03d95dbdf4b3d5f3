/*
 * drops.c
 *		Existing indexes that could go.
 *
 * Owns: the rules by which an index is superfluous: another does all that it
 * does, or nothing has used it.  Called by select.c.  Never one that enforces
 * something; one that supports a foreign key only if another does that as
 * well.  All statements on the table are planned without it, beside the chosen
 * indexes, and must not cost more.  An index that was not used here may have
 * been used on a standby: who words the advice says so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "advise/drops.h"
#include "store/trials.h"

#define WORSE		0.02		/* share by which no statement may cost more */
#define VISITS_MAX	500			/* statements planned for one index */
#define GRACE_USEC	500000		/* after the deadline */

/* One that could go, and why. */
typedef struct Spare
{
	CalTable   *table;
	const CalIndex *index;
	const CalIndex *other;		/* that does all it does, or NULL */
	bool		is_new;			/* the other is advised only now */
} Spare;

/* Whether it enforces something, or is not known well enough. */
static bool
is_tied(const CalIndex *index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID,
										ObjectIdGetDatum(index->oid));
	bool		tied = true;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);

		tied = form->indisunique || form->indisexclusion ||
			form->indisreplident || form->indisclustered ||
			form->indnatts != index->nkeys + index->nincludes ||
			get_rel_relispartition(index->oid);
		ReleaseSysCache(tuple);
	}
	return tied;
}

/* Scans that the statistics know of. */
static int64
scans_of(const CalIndex *index)
{
	PgStat_StatTabEntry *stats = pgstat_fetch_stat_tabentry(index->oid);

	return stats ? stats->numscans : 0;
}

/* When a statement that searches a table was first recorded. */
static TimestampTz
first_search(const CalWorkload *workload, Oid relid)
{
	TimestampTz first = DT_NOEND;

	for (int i = 0; i < workload->n; i++)
	{
		const CalWorkStatement *s = &workload->statement[i];

		for (int j = 0; j < s->npredicates; j++)
			if (s->predicate[j].key.relid == relid &&
				s->predicate[j].ncolumns > 0 && s->since != 0)
				first = Min(first, s->since);
	}
	return first;
}

/* Whether statements searched the table already when it was made. */
static bool
is_new(const CalSelection *sel, const CalIndex *index)
{
	CalTrial   *trial = palloc(CAL_TRIALS_MAX * sizeof(CalTrial));
	TimestampTz first = first_search(sel->workload, index->relid);
	int			n = cal_trials_copy(trial);
	bool		new = false;

	for (int i = 0; i < n; i++)
		new |= trial[i].action == CAL_TRIAL_CREATE &&
			trial[i].dbid == MyDatabaseId &&
			trial[i].indexrelid == index->oid && trial[i].at > first;
	pfree(trial);
	return new;
}

/* Whether they know of none, although the table is in use. */
static bool
is_unused(const CalSelection *sel, const CalIndex *index)
{
	return pgstat_fetch_stat_tabentry(index->relid) != NULL &&
		get_rel_relkind(index->oid) == RELKIND_INDEX &&
		scans_of(index) == 0 && !is_new(sel, index);
}

/*
 * Whether a, and not b, is the one of two equals to stay: the older one, for
 * which of them plans happened to use means nothing.
 */
static bool
is_preferred(const CalIndex *a, const CalIndex *b)
{
	bool		tied = is_tied(a);

	if (tied != is_tied(b))
		return tied;
	return a->oid < b->oid;
}

/* An index that stays and does all that this one does, or NULL. */
static const CalIndex *
covered_by(const CalTable *table, const CalIndex *index, List *gone)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		const CalIndex *a = lfirst(lc);

		if (a == index || list_member_oid(gone, a->oid) ||
			!cal_index_covers(a, index))
			continue;
		if (!cal_index_covers(index, a) || is_preferred(a, index))
			return a;
	}
	return NULL;
}

/* Whether it is to do what others did that go. */
static bool
is_heir(const CalTable *table, const CalIndex *index, List *gone)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		const CalIndex *b = lfirst(lc);

		if (list_member_oid(gone, b->oid) && cal_index_covers(index, b))
			return true;
	}
	return false;
}

/* Advice for an index that does all that this one does, or NULL. */
static CalAdvice *
replaced_by(List *advice, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, advice)
	{
		CalAdvice  *a = lfirst(lc);

		if (cal_index_covers(&a->index, index))
			return a;
	}
	return NULL;
}

/* Whether every statement costs the same without these, as far as is known. */
static bool
is_dispensable(CalSelection *sel, const CalIndex *index, List *gone,
			   TimestampTz until)
{
	int			n = 0;
	Oid		   *hidden = palloc((list_length(gone) + 1) * sizeof(Oid));
	int			visits = 0;
	ListCell   *lc;

	hidden[n++] = index->oid;
	foreach(lc, gone)
		hidden[n++] = lfirst_oid(lc);
	for (int i = 0; i < sel->n; i++)
	{
		CalSubject *s = &sel->subject[i];
		const CalPlanned *p = cal_subject_find(s, s->set);
		double		cost;

		CHECK_FOR_INTERRUPTS();
		if (!cal_subject_reads(s, index->relid))
			continue;
		cost = visits++ < VISITS_MAX ?
			cal_subject_without(s, hidden, n, until) : -1;
		if (cost < 0 || cost > (1 + WORSE) * (p ? p->plain : s->cost))
			return false;
	}
	return true;
}

/* A piece of advice to drop an index. */
static CalAdvice *
advise_drop(CalSelection *sel, const Spare *spare)
{
	CalAdvice  *a = cal_advice_make(sel->workload, spare->table, spare->index);

	a->action = CAL_ADVICE_DROP;
	if (spare->is_new)
		a->grounds = "the index advised above does all that it does";
	else if (spare->other)
		a->grounds = psprintf("%s does all that it does",
							  quote_identifier(get_rel_name(spare->other->oid)));
	else
		a->grounds = "it was never used, and no statement seen here needs it; "
			"a standby counts its own scans";
	return a;
}

/* Why an index could go; false: it could not. */
static bool
find_spare(CalSelection *sel, const CalIndex *index, List *advice, List *gone,
		   Spare *spare)
{
	CalAdvice  *a = replaced_by(advice, index);
	CalTable   *table = cal_workload_table(sel->workload, index->relid);

	memset(spare, 0, sizeof(*spare));
	spare->table = table;
	spare->index = index;
	spare->is_new = a != NULL;
	spare->other = a ? &a->index : covered_by(table, index, gone);
	return spare->other != NULL ||
		(!index->bound && is_unused(sel, index) && !is_heir(table, index, gone));
}

/* Look at one index. */
static CalAdvice *
consider(CalSelection *sel, CalTable *table, const CalIndex *index,
		 List *advice, List **gone)
{
	Spare		spare;
	CalAdvice  *a;

	if (is_tied(index) || !find_spare(sel, index, advice, *gone, &spare))
		return NULL;
	if (!is_dispensable(sel, index, *gone,
						Max(sel->choice->deadline,
							GetCurrentTimestamp() + GRACE_USEC)))
		return NULL;
	*gone = lappend_oid(*gone, index->oid);
	if (spare.is_new)
	{
		a = replaced_by(advice, index);
		if (a->action == CAL_ADVICE_CREATE)
			a->replaced = index->oid;
		a->action = CAL_ADVICE_REPLACE;
	}
	return advise_drop(sel, &spare);
}

/* Mark those advised that replace one, and return CalAdvice to drop. */
List *
cal_drops(CalSelection *sel, List *advice)
{
	List	   *drops = NIL;
	List	   *asked = sel->choice->tables;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, sel->workload->tables)
	{
		CalTable   *table = lfirst(lc);
		List	   *gone = NIL;

		if (table->unusable || OidIsValid(table->root) ||
			(asked != NIL && !list_member_oid(asked, table->relid)))
			continue;
		foreach(lc2, table->indexes)
		{
			CalAdvice  *a = consider(sel, table, lfirst(lc2), advice, &gone);

			if (a)
				drops = lappend(drops, a);
		}
	}
	return drops;
}
