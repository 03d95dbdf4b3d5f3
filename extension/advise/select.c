/*
 * select.c
 *		Chooses the indexes that are worth advising, by planning with them.
 *
 * Owns: the choice.  Called by advise.c.  Every candidate is tried alone and
 * all together for each statement that it could serve; then, one by one, the
 * index is chosen that saves most time beside those chosen before.  The time
 * it saves is the statement's measured time, by the share of its planned cost
 * that goes away.  It must save some statement a twentieth.  At the end, what
 * the others have made superfluous is taken out again.  When time runs out,
 * the choice so far stands.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "advise/candidates.h"
#include "advise/select.h"
#include "advise/subject.h"

#define WORTH		0.05		/* share of a statement's cost to be saved */
#define NEARLY		0.98		/* as good as the best, if it is smaller */

typedef struct Selection
{
	CalWorkload *workload;
	TimestampTz deadline;
	CalSubject *subject;
	int			nsubjects;
	List	   *pool;			/* CalHypothetical */
	List	   *chosen;			/* of the pool, in order of choice */
} Selection;

/* The candidate of the pool that is this index; put there if it is new. */
static CalHypothetical *
pool_candidate(Selection *sel, CalTable *table, const CalIndex *index)
{
	CalHypothetical *h;
	ListCell   *lc;

	foreach(lc, sel->pool)
	{
		h = lfirst(lc);
		if (h->index.ncolumns == index->ncolumns &&
			cal_index_covers(&h->index, index) &&
			cal_index_covers(index, &h->index))
			return h;
	}
	h = palloc(sizeof(CalHypothetical));
	h->table = table;
	h->index = *index;
	h->index.oid = cal_hypothetical_oid();
	cal_index_estimate(table, &h->index);
	sel->pool = lappend(sel->pool, h);
	return h;
}

/* Take in the candidates of a statement's tables. */
static void
add_candidates(Selection *sel, CalSubject *subject)
{
	CalWorkStatement *s = subject->statement;
	CalIndex   *made = palloc(CAL_CANDIDATES_MAX * sizeof(CalIndex));

	for (int i = 0; i < s->npredicates; i++)
	{
		CalTable   *table = cal_workload_table(sel->workload,
											   s->predicate[i].key.relid);
		int			n;

		if (OidIsValid(table->root))
			continue;
		n = cal_candidates_make(table, &s->predicate[i], made);
		for (int j = 0; j < n; j++)
			cal_subject_add(subject, pool_candidate(sel, table, &made[j]));
	}
	pfree(made);
}

/* Let a statement use others' candidates that contain one of its own. */
static void
add_wider(Selection *sel, CalSubject *subject)
{
	int			own = subject->ncandidates;
	ListCell   *lc;

	foreach(lc, sel->pool)
	{
		CalHypothetical *h = lfirst(lc);

		for (int i = 0; i < own; i++)
			if (cal_index_covers(&h->index, &subject->candidate[i]->index))
			{
				cal_subject_add(subject, h);
				break;
			}
	}
}

/* Make subjects of the statements that can be planned. */
static void
make_subjects(Selection *sel)
{
	sel->subject = palloc0((sel->workload->n + 1) * sizeof(CalSubject));
	for (int i = 0; i < sel->workload->n; i++)
	{
		CalSubject *subject = &sel->subject[sel->nsubjects];

		CHECK_FOR_INTERRUPTS();
		subject->statement = &sel->workload->statement[i];
		if (subject->statement->trouble)
			continue;
		add_candidates(sel, subject);
		if (subject->ncandidates > 0)
			sel->nsubjects++;
	}
	for (int i = 0; i < sel->nsubjects; i++)
		add_wider(sel, &sel->subject[i]);
}

/* Plan a statement with none, with all, and with each of its candidates. */
static void
plan_first(Selection *sel, CalSubject *s)
{
	uint64		sets[CAL_HYPOTHETICAL_MAX + 2];
	int			n = 0;
	const CalPlanned *none;

	sets[n++] = 0;
	sets[n++] = s->ncandidates == CAL_HYPOTHETICAL_MAX ? PG_UINT64_MAX
		: (UINT64CONST(1) << s->ncandidates) - 1;
	for (int i = 0; i < s->ncandidates; i++)
		sets[n++] = UINT64CONST(1) << i;
	cal_subject_plan(s, sets, n, sel->deadline);
	none = cal_subject_find(s, 0);
	if (none == NULL && s->statement->trouble == NULL)
		s->statement->trouble = "the time limit";
	s->base = s->cost = none ? Max(none->cost, 0.01) : 0;
}

/* Measured time per unit of planned cost. */
static double
weight(const CalSubject *s)
{
	return Max(s->statement->usec, 1) / s->base;
}

/* The cost of a statement under a set; the present cost if it is unknown. */
static double
cost_under(Selection *sel, CalSubject *s, uint64 set)
{
	const CalPlanned *p = cal_subject_find(s, set);

	if (p == NULL)
	{
		cal_subject_plan(s, &set, 1, sel->deadline);
		p = cal_subject_find(s, set);
	}
	return p ? p->cost : s->cost;
}

/* Time that one more index would save; 0 if it is worth it to nobody. */
static double
gain_of(Selection *sel, const CalHypothetical *h)
{
	double		gain = 0;
	bool		worth = false;

	for (int i = 0; i < sel->nsubjects; i++)
	{
		CalSubject *s = &sel->subject[i];
		uint64		bit = cal_subject_bit(s, h);
		double		less;

		if (bit == 0 || s->statement->trouble || (s->chosen & bit))
			continue;
		less = s->cost - cost_under(sel, s, s->chosen | bit);
		worth |= less >= WORTH * s->cost;
		gain += less * weight(s);
	}
	return worth ? gain : 0;
}

/* Add an index to the choice, or take it out. */
static void
choose(Selection *sel, CalHypothetical *h, bool in)
{
	for (int i = 0; i < sel->nsubjects; i++)
	{
		CalSubject *s = &sel->subject[i];
		uint64		bit = cal_subject_bit(s, h);

		if (bit == 0 || s->statement->trouble)
			continue;
		s->chosen = in ? s->chosen | bit : s->chosen & ~bit;
		s->cost = cost_under(sel, s, s->chosen);
	}
	sel->chosen = in ? lappend(sel->chosen, h)
		: list_delete_ptr(sel->chosen, h);
}

/* The index to choose next, or NULL. */
static CalHypothetical *
best_of(Selection *sel)
{
	CalHypothetical *best = NULL;
	double		best_gain = 0;
	ListCell   *lc;

	foreach(lc, sel->pool)
	{
		CalHypothetical *h = lfirst(lc);
		double		gain;

		CHECK_FOR_INTERRUPTS();
		if (list_member_ptr(sel->chosen, h))
			continue;
		gain = gain_of(sel, h);
		if (best == NULL ? gain <= 0 : gain < NEARLY * best_gain)
			continue;
		if (best && gain * NEARLY <= best_gain &&
			h->index.pages >= best->index.pages)
			continue;
		best = h;
		best_gain = Max(gain, best_gain);
	}
	return best;
}

/* Whether a chosen index is worth something to somebody still. */
static bool
is_needed(Selection *sel, const CalHypothetical *h)
{
	for (int i = 0; i < sel->nsubjects; i++)
	{
		CalSubject *s = &sel->subject[i];
		uint64		bit = cal_subject_bit(s, h);

		if ((s->chosen & bit) == 0 || s->statement->trouble)
			continue;
		if (cost_under(sel, s, s->chosen & ~bit) - s->cost >= WORTH * s->cost)
			return true;
	}
	return false;
}

/* Take out what later choices have made superfluous. */
static void
prune(Selection *sel)
{
	List	   *all = list_copy(sel->chosen);
	ListCell   *lc;

	foreach(lc, all)
	{
		if (!is_needed(sel, lfirst(lc)))
			choose(sel, lfirst(lc), false);
	}
}

/* Add a statement to what an advised index serves, with its rows. */
void
cal_select_serve(CalAdvice *advice, CalWorkStatement *statement, Oid relid)
{
	advice->served = lappend(advice->served, statement);
	for (int i = 0; i < statement->npredicates; i++)
	{
		const CalPredicate *p = &statement->predicate[i];

		if (p->key.relid != relid || p->samples == 0)
			continue;
		advice->filtered += p->rows_filtered / p->samples;
		advice->read += (p->rows_filtered + p->rows_returned) / p->samples;
	}
}

/* Turn a chosen index into advice. */
static CalAdvice *
make_advice(Selection *sel, CalHypothetical *h)
{
	CalAdvice  *a = palloc0(sizeof(CalAdvice));
	double		usec = 0;

	a->index = h->index;
	a->table = cal_workload_table(sel->workload, h->index.relid);
	for (int i = 0; i < sel->nsubjects; i++)
	{
		CalSubject *s = &sel->subject[i];
		const CalPlanned *p = cal_subject_find(s, s->chosen);

		if (s->statement->trouble || p == NULL ||
			(p->used & cal_subject_bit(s, h)) == 0)
			continue;
		a->before += s->base;
		a->after += s->cost;
		a->saved += (s->base - s->cost) * weight(s);
		usec += Max(s->statement->usec, 1);
		cal_select_serve(a, s->statement, h->index.relid);
	}
	a->benefit = usec > 0 ? a->saved / usec : 0;
	return a->served == NIL ? NULL : a;
}

/* The one that saves most comes first. */
static int
compare_advice(const ListCell *a, const ListCell *b)
{
	double		x = ((const CalAdvice *) lfirst(a))->saved;
	double		y = ((const CalAdvice *) lfirst(b))->saved;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Choose, and report what was chosen. */
List *
cal_select_planned(CalWorkload *workload, int max, TimestampTz deadline)
{
	Selection	sel = {.workload = workload,.deadline = deadline};
	CalHypothetical *best;
	List	   *advice = NIL;
	ListCell   *lc;

	make_subjects(&sel);
	for (int i = 0; i < sel.nsubjects; i++)
		plan_first(&sel, &sel.subject[i]);
	while (list_length(sel.chosen) < max &&
		   GetCurrentTimestamp() < deadline &&
		   (best = best_of(&sel)) != NULL)
		choose(&sel, best, true);
	prune(&sel);
	foreach(lc, sel.chosen)
	{
		CalAdvice  *a = make_advice(&sel, lfirst(lc));

		if (a)
			advice = lappend(advice, a);
	}
	list_sort(advice, compare_advice);
	return advice;
}
