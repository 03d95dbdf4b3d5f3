/*
 * select.c
 *		Chooses the indexes that are worth advising.
 *
 * Owns: the order of the steps, and what is said about each chosen index.
 * Called by advise.c.  explore.c asks the planner which candidates are of use,
 * search.c chooses among them, drops.c looks for existing indexes that could
 * go, evident.c speaks where cost says nothing.  Writes nothing, takes no
 * lock.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "advise/drops.h"
#include "advise/evident.h"
#include "advise/objective.h"
#include "advise/search.h"

/* Whether the advice is about a partitioned table that has this partition. */
static bool
has_part(const CalAdvice *advice, Oid relid)
{
	ListCell   *lc;

	foreach(lc, advice->workload->tables)
	{
		const CalTable *table = lfirst(lc);

		if (table->relid == relid)
			return table->root == advice->index.relid;
	}
	return false;
}

/* Add a statement to what an advised index serves, with its rows. */
void
cal_advice_serve(CalAdvice *advice, CalWorkStatement *statement)
{
	advice->served = lappend(advice->served, statement);
	for (int i = 0; i < statement->npredicates; i++)
	{
		const CalPredicate *p = &statement->predicate[i];

		if (p->samples == 0 || (p->key.relid != advice->index.relid &&
								!has_part(advice, p->key.relid)))
			continue;
		advice->filtered += p->rows_filtered / p->samples;
		advice->read += (p->rows_filtered + p->rows_returned) / p->samples;
	}
}

/* Start a piece of advice about an index. */
CalAdvice *
cal_advice_make(CalWorkload *workload, CalTable *table, const CalIndex *index)
{
	CalAdvice  *a = palloc0(sizeof(CalAdvice));

	a->workload = workload;
	a->table = table;
	a->index = *index;
	a->write_usec = cal_objective_write_usec(table, index);
	return a;
}

/*
 * The plan with the chosen indexes.  If there was no time to make it, the best
 * of those that were made with some of them.
 */
static const CalPlanned *
final_plan(CalSubject *s)
{
	const CalPlanned *best = cal_subject_find(s, s->set);

	if (best)
		return best;
	for (int i = 0; i < s->nplans; i++)
		if ((s->plan[i].used & ~s->set) == 0 &&
			(best == NULL || s->plan[i].cost < best->cost))
			best = &s->plan[i];
	return best;
}

/* Whether a statement's plan uses a chosen index. */
static bool
is_used(CalSubject *s, const CalUse *use)
{
	const CalPlanned *p = final_plan(s);

	return p != NULL && (p->used & use->bit) != 0;
}

/* What the planner says that a statement costs with the chosen indexes. */
static double
plain_cost(CalSubject *s)
{
	const CalPlanned *p = final_plan(s);

	return p ? p->plain : s->cost;
}

/* Whether the index helps the statement when values are unknown, too. */
static bool
helps_generally(const CalSelection *sel, CalSubject *s, uint64 bit)
{
	CalWorkStatement unknown = *s->statement;
	CalSubject	twin;
	uint64		sets[2] = {0, s->set};
	const CalPlanned *p;

	if (unknown.sample == unknown.generic)
		return true;
	if (unknown.generic == NULL)
		return false;
	unknown.sample = unknown.generic;
	unknown.nsamples = 1;
	memset(&twin, 0, sizeof(twin));
	twin.workload = s->workload;
	twin.statement = &unknown;
	memcpy(twin.candidate, s->candidate, sizeof(twin.candidate));
	twin.n = s->n;
	twin.base = s->base;
	if (!cal_subject_plan(&twin, sets, 2, sel->choice->deadline))
		return false;
	p = cal_subject_find(&twin, s->set);
	return p != NULL && (p->used & bit) != 0;
}

/* Turn a chosen index into advice; NULL if no plan uses it. */
static CalAdvice *
make_advice(CalSelection *sel, CalMember *m)
{
	CalAdvice  *a = cal_advice_make(sel->workload, m->table,
									&m->candidate.index);
	double		usec = 0;

	for (int i = 0; i < m->nuses; i++)
	{
		CalSubject *s = m->use[i].subject;
		double		time = Max(s->statement->usec, 1);

		CHECK_FOR_INTERRUPTS();
		if (!is_used(s, &m->use[i]))
			continue;
		a->before += s->base;
		a->after += plain_cost(s);
		a->saved += time * (1 - plain_cost(s) / s->base);
		usec += time;
		cal_advice_serve(a, s->statement);
		a->generic = a->generic || helps_generally(sel, s, m->use[i].bit);
	}
	a->benefit = usec > 0 ? a->saved / usec : 0;
	return a->served == NIL ? NULL : a;
}

/* The one that saves most comes first. */
static int
compare_advice(const ListCell *a, const ListCell *b)
{
	const CalAdvice *x = lfirst(a);
	const CalAdvice *y = lfirst(b);

	if (x->saved != y->saved)
		return x->saved < y->saved ? 1 : -1;
	return x->index.oid < y->index.oid ? 1 : x->index.oid > y->index.oid ? -1 : 0;
}

/* Plan what bounds had decided, so that it is known which indexes are used. */
static void
confirm(CalSelection *sel)
{
	for (int i = 0; i < sel->n; i++)
	{
		CalSubject *s = &sel->subject[i];
		const CalPlanned *p;

		CHECK_FOR_INTERRUPTS();
		if (s->n == 0 || s->set == 0)
			continue;
		cal_subject_plan(s, &s->set, 1, sel->choice->deadline);
		p = cal_subject_find(s, s->set);
		if (p)
			s->cost = p->cost;
	}
}

/* Advice for all that was chosen. */
static List *
advise_chosen(CalSelection *sel)
{
	List	   *advice = NIL;

	for (int i = 0; i < sel->pool->n; i++)
	{
		CalMember  *m = sel->pool->member[i];
		CalAdvice  *a = m->chosen ? make_advice(sel, m) : NULL;

		if (a)
			advice = lappend(advice, a);
	}
	list_sort(advice, compare_advice);
	return advice;
}

/* For those who look into the matter. */
static void
tell(const CalSelection *sel, const char *phase)
{
	int			plans = 0;
	int			uses = 0;
	int			members = 0;
	double		base = 0;
	double		plain = 0;

	for (int i = 0; i < sel->n; i++)
	{
		plans += sel->subject[i].nplans;
		uses += sel->subject[i].n;
		base += sel->subject[i].base;
		plain += plain_cost(&sel->subject[i]);
	}
	for (int i = 0; i < sel->pool->n; i++)
		members += sel->pool->member[i]->nuses > 0;
	ereport(DEBUG1,
			(errmsg_internal("%s after %.1f s: %d statements, %d left out; "
							 "%d candidates, %d of use %d times; "
							 "%d plans, %d indexes, %.0f ms, %.1f MB, cost %.4f",
							 phase, (GetCurrentTimestamp() - sel->begun) / 1e6,
							 sel->n, sel->choice->left_out, sel->pool->n,
							 members, uses, plans, sel->nchosen,
							 sel->value / 1000, sel->bytes / 1048576,
							 base > 0 ? plain / base : 1)));
}

/* Choose, and report what was chosen. */
List *
cal_select(CalWorkload *workload, CalChoice *choice)
{
	CalSelection sel = {.workload = workload,.choice = choice,
		.begun = GetCurrentTimestamp(),.context = CurrentMemoryContext,
	.pool = cal_pool_make()};
	List	   *advice;

	choice->left_out = workload->left_out;
	cal_explore(&sel);
	cal_objective_count_writes(&sel);
	tell(&sel, "explored");
	cal_search(&sel);
	confirm(&sel);
	tell(&sel, "chosen");
	advice = advise_chosen(&sel);
	advice = list_concat(advice, cal_evident(&sel, advice));
	if (choice->drops)
		advice = list_concat(advice, cal_drops(&sel, advice));
	return advice;
}
