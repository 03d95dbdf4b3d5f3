/*
 * explore.c
 *		Which candidates are of any use to which statements.
 *
 * Owns: what is asked of the planner before anything is chosen.  Called by
 * select.c.  The statements are visited in the sandbox, those that took most
 * time first: once to see what they want, once to see which candidates their
 * plans use.  Of many candidates, those that a plan uses are put aside and
 * the rest is tried again, layer by layer.  Then each statement gets to see
 * the wider candidates of others, and what was merged of several.  When time
 * or memory runs out, the rest of the statements is left out.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "advise/candidates.h"
#include "advise/explore.h"
#include "advise/objective.h"
#include "advise/trust.h"

#define FEW			16			/* candidates that are all tried alone */
#define LAYERS		12			/* of candidates, of which some were used */
#define CHANGE		0.01		/* share of the cost that is of interest */
#define MERGED_MAX	32			/* of a table, from which others are merged */
#define ROUNDS		2			/* of that, so that four can become one */
#define VISIT_SHARE	0.5			/* of the time, to visit all statements */
#define WIDEN_SHARE	0.6			/* and to have seen others' candidates */

const char	cal_explore_time[] = "the time limit";
const char	cal_explore_memory[] = "the limit of memory";

/* Candidates of one statement, more than it will keep. */
typedef struct Bag
{
	CalMember **member;
	int			n;
	int			room;
} Bag;

/* A point of time at which this share of all the time is over. */
TimestampTz
cal_select_until(const CalSelection *sel, double share)
{
	return sel->begun +
		(TimestampTz) (share * (sel->choice->deadline - sel->begun));
}

/* Tell how far it is, if anybody wants to know. */
void
cal_select_progress(const CalSelection *sel, const char *phase, int done,
					int total)
{
	double		saved = 0;

	if (sel->choice->progress == NULL)
		return;
	for (int i = 0; i < sel->n; i++)
		saved += sel->subject[i].weight *
			(sel->subject[i].base - sel->subject[i].cost);
	sel->choice->progress(phase, done, total, saved);
}

/* Whether indexes on a table, or on its partitioned table, are wanted. */
static bool
is_asked_for(const CalSelection *sel, const CalTable *table)
{
	return sel->choice->tables == NIL ||
		list_member_oid(sel->choice->tables, table->relid) ||
		(OidIsValid(table->root) &&
		 list_member_oid(sel->choice->tables, table->root));
}

/* Whether a statement was seen on such a table. */
static bool
concerns_us(const CalSelection *sel, const CalWorkStatement *s)
{
	if (sel->choice->tables == NIL)
		return true;
	for (int i = 0; i < s->npredicates; i++)
		if (is_asked_for(sel, cal_workload_table(sel->workload,
												 s->predicate[i].key.relid)))
			return true;
	return false;
}

/* Put a candidate into the bag, unless it is there. */
static void
bag_put(Bag *bag, CalMember *m)
{
	for (int i = 0; i < bag->n; i++)
		if (bag->member[i] == m)
			return;
	if (bag->n == bag->room)
	{
		bag->room = Max(64, 2 * bag->room);
		bag->member = bag->member ?
			repalloc(bag->member, bag->room * sizeof(CalMember *)) :
			palloc(bag->room * sizeof(CalMember *));
	}
	bag->member[bag->n++] = m;
}

/* Fill the bag with the candidates for what a statement wants. */
static void
fill_bag(CalSelection *sel, CalSubject *s, Bag *bag)
{
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, s->wants)
	{
		const CalWant *want = lfirst(lc);
		CalTable   *table = cal_workload_table(sel->workload, want->relid);

		if (table->unusable || !is_asked_for(sel, table))
			continue;
		foreach(lc2, cal_candidates_make(table, want))
		{
			const CalIndex *index = lfirst(lc2);

			if (!cal_index_covered(table, index))
				bag_put(bag, cal_pool_put(sel->pool, table, index));
		}
	}
}

/* Leave in the bag only what could be sized. */
static void
size_bag(CalSubject *s, Bag *bag, TimestampTz until)
{
	int			n = 0;

	(void) cal_pool_size(bag->member, bag->n, s->statement->userid,
						 s->statement->search_path, until);
	for (int i = 0; i < bag->n; i++)
		if (bag->member[i]->sized)
			bag->member[n++] = bag->member[i];
	bag->n = n;
}

/* Whether statistics have come with sizes, of which the planner knew nothing. */
static bool
has_expressions(const Bag *bag)
{
	for (int i = 0; i < bag->n; i++)
		for (int j = 0; j < bag->member[i]->candidate.index.nkeys; j++)
			if (bag->member[i]->candidate.index.key[j].attno == 0)
				return true;
	return false;
}

/* All that was used in a plan that is worth it. */
static uint64
useful(const CalSubject *s)
{
	uint64		used = 0;

	for (int i = 0; i < s->nplans; i++)
		if (s->plan[i].cost <= (1 - CHANGE) * s->base)
			used |= s->plan[i].used;
	return used;
}

/* Put aside what a plan uses, and plan again with the rest. */
static void
peel(CalSubject *s, TimestampTz until)
{
	uint64		left = cal_subject_all(s);

	for (int layer = 0; layer < LAYERS && left != 0; layer++)
	{
		const CalPlanned *p;

		if (!cal_subject_plan(s, &left, 1, until))
			return;
		p = cal_subject_find(s, left);
		if (p->used == 0 || p->cost > (1 - CHANGE) * s->base)
			return;
		left &= ~p->used;
	}
}

/* Of a bag too large for one set, leave the useful ones, part by part. */
static void
thin_out(CalSubject *s, Bag *bag, TimestampTz until)
{
	int			n = 0;

	for (int i = 0; i < bag->n;)
	{
		cal_subject_keep(s, 0);
		while (i < bag->n && cal_subject_add(s, bag->member[i]))
			i++;
		peel(s, until);
		cal_subject_keep(s, useful(s));
		for (int j = 0; j < s->n; j++)
			bag->member[n++] = s->member[j];
	}
	bag->n = n;
	cal_subject_keep(s, 0);
}

/* Plan with all, and with each of those from the given one on. */
static void
plan_each(CalSubject *s, int from, TimestampTz until)
{
	uint64		sets[CAL_HYPOTHETICAL_MAX + 1];
	int			n = 0;

	sets[n++] = cal_subject_all(s);
	for (int i = from; i < s->n; i++)
		sets[n++] = UINT64CONST(1) << i;
	cal_subject_plan(s, sets, n, until);
}

/* Second visit: find out which candidates are of use. */
static void
survey(CalSubject *s, Bag *bag, TimestampTz until)
{
	if (bag->n > CAL_HYPOTHETICAL_MAX)
		thin_out(s, bag, until);
	for (int i = 0; i < bag->n; i++)
		(void) cal_subject_add(s, bag->member[i]);
	if (s->n > FEW)
	{
		peel(s, until);
		cal_subject_keep(s, useful(s));
	}
	if (s->n > 0)
		plan_each(s, 0, until);
	cal_subject_keep(s, useful(s));
}

/* Both visits to a statement; false if it cannot be planned. */
static bool
visit(CalSelection *sel, CalWorkStatement *statement, TimestampTz until)
{
	CalSubject *s = &sel->subject[sel->n];
	Bag			bag = {0};

	memset(s, 0, sizeof(*s));
	s->workload = sel->workload;
	s->statement = statement;
	if (!cal_subject_begin(s, until))
		return false;
	fill_bag(sel, s, &bag);
	size_bag(s, &bag, until);
	if (has_expressions(&bag))
	{
		if (!cal_subject_begin(s, until))
			return false;
		fill_bag(sel, s, &bag);
		size_bag(s, &bag, until);
	}
	survey(s, &bag, until);
	if (bag.member)
		pfree(bag.member);
	return true;
}

/* Why the rest of the statements is left out; NULL: go on. */
static const char *
exhausted(const CalSelection *sel, TimestampTz until)
{
	Size		memory = sel->choice->memory;

	if (GetCurrentTimestamp() >= until)
		return cal_explore_time;
	if (memory > 0 && MemoryContextMemAllocated(sel->context, true) > memory)
		return cal_explore_memory;
	return NULL;
}

/* Visit all statements. */
static void
visit_all(CalSelection *sel)
{
	CalWorkload *w = sel->workload;
	TimestampTz until = cal_select_until(sel, VISIT_SHARE);

	sel->subject = MemoryContextAllocHuge(CurrentMemoryContext,
										  (w->n + 1) * sizeof(CalSubject));
	for (int i = 0; i < w->n; i++)
	{
		CalWorkStatement *s = &w->statement[i];

		CHECK_FOR_INTERRUPTS();
		cal_select_progress(sel, "visiting statements", i, w->n);
		if (s->trouble || !concerns_us(sel, s))
			continue;
		s->trouble = exhausted(sel, until);
		if (s->trouble)
			sel->choice->left_out++;
		else if (visit(sel, s, until))
			sel->n++;
	}
}

/* Note at each candidate which statements it is of use to. */
static void
note_uses(CalSelection *sel)
{
	for (int i = 0; i < sel->pool->n; i++)
		sel->pool->member[i]->nuses = 0;
	for (int i = 0; i < sel->n; i++)
	{
		CalSubject *s = &sel->subject[i];

		for (int j = 0; j < s->n; j++)
			cal_member_use(s->member[j], s, UINT64CONST(1) << j);
	}
}

/* Whether an index has a key of another one, or the column beside its keys. */
static bool
has_key(const CalIndex *index, const CalIndexKey *key)
{
	for (int i = 0; i < index->nkeys; i++)
		if (index->key[i].attno == key->attno &&
			(key->attno != 0 || equal(index->key[i].expr, key->expr)))
			return true;
	for (int i = 0; i < index->nincludes; i++)
		if (index->include[i] == key->attno)
			return true;
	return false;
}

/*
 * Whether what was merged may serve whom a narrower one serves, although some
 * of its keys come in between: it begins with one of its equalities.
 */
static bool
may_serve(const CalIndex *merged, const CalIndex *narrower)
{
	bool		begins = false;

	if (merged->am != narrower->am ||
		(merged->predicate != NIL &&
		 !equal(merged->predicate, narrower->predicate)))
		return false;
	for (int i = 0; i < Max(1, narrower->nequal); i++)
		begins |= has_key(narrower, &merged->key[0]) &&
			narrower->key[i].attno == merged->key[0].attno;
	for (int i = 0; begins && i < narrower->nkeys; i++)
		begins = has_key(merged, &narrower->key[i]);
	return begins;
}

/* Show a candidate to the statements that a narrower one serves. */
static void
show_wider(CalMember *wider, const CalMember *narrower, bool merged)
{
	const CalIndex *index = &wider->candidate.index;

	if (wider == narrower ||
		(!cal_index_covers(index, &narrower->candidate.index) &&
		 !(merged && may_serve(index, &narrower->candidate.index))))
		return;
	for (int i = 0; i < narrower->nuses; i++)
	{
		CalSubject *s = narrower->use[i].subject;

		if (cal_trust_covers(&wider->candidate.index, s->statement->userid))
			(void) cal_subject_add(s, wider);
	}
}

/* What it saves by itself, in all. */
static double
alone(const CalMember *m)
{
	double		saved = 0;

	for (int i = 0; i < m->nuses; i++)
	{
		CalSubject *s = m->use[i].subject;
		const CalPlanned *p = cal_subject_find(s, m->use[i].bit);

		if (p)
			saved += s->weight * (s->base - p->cost);
	}
	return saved;
}

/* The one that saves more comes first. */
static int
compare_gains(const void *a, const void *b)
{
	const CalMember *x = *(CalMember *const *) a;
	const CalMember *y = *(CalMember *const *) b;

	if (x->gain != y->gain)
		return x->gain < y->gain ? 1 : -1;
	return x->candidate.index.oid < y->candidate.index.oid ? 1 : -1;
}

/* The useful candidates of a table, the best first. */
static void
of_table(CalSelection *sel, const CalTable *table, Bag *bag)
{
	bag->n = 0;
	for (int i = 0; i < sel->pool->n; i++)
	{
		CalMember  *m = sel->pool->member[i];

		if (m->table != table || m->nuses == 0)
			continue;
		m->gain = alone(m);
		bag_put(bag, m);
	}
	if (bag->n > 1)
		qsort(bag->member, bag->n, sizeof(CalMember *), compare_gains);
}

/* Put what can be merged of a table's best candidates at the bag's end. */
static void
add_merged(CalSelection *sel, CalTable *table, Bag *bag, TimestampTz until)
{
	const CalWorkStatement *first;
	List	   *indexes = NIL;
	int			n = bag->n;
	ListCell   *lc;

	for (int i = 0; i < Min(n, MERGED_MAX); i++)
		indexes = lappend(indexes, &bag->member[i]->candidate.index);
	foreach(lc, cal_candidates_merge(table, indexes))
	{
		const CalIndex *index = lfirst(lc);

		if (!cal_index_covered(table, index))
			bag_put(bag, cal_pool_put(sel->pool, table, index));
	}
	if (bag->n == n)
		return;
	first = bag->member[0]->use[0].subject->statement;
	(void) cal_pool_size(bag->member + n, bag->n - n, first->userid,
						 first->search_path, until);
}

/* Show statements the wider candidates on a table. */
static void
widen_table(CalSelection *sel, CalTable *table, TimestampTz until)
{
	Bag			bag = {0};
	int			n;

	of_table(sel, table, &bag);
	n = bag.n;
	if (n > 1)
		add_merged(sel, table, &bag, until);
	for (int i = 0; i < bag.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < n && bag.member[i]->sized; j++)
			show_wider(bag.member[i], bag.member[j], i >= n);
	}
	if (bag.member)
		pfree(bag.member);
}

/* Third visit, with what the statement had not seen before. */
static void
visit_again(CalSubject *s, int before, TimestampTz until)
{
	uint64		old = before == 0 ? 0 : PG_UINT64_MAX >> (64 - before);

	plan_each(s, before, until);
	cal_subject_keep(s, old | useful(s));
}

/* Let statements use others' wider candidates, and merged ones. */
static void
widen(CalSelection *sel, TimestampTz until)
{
	int		   *before = palloc((sel->n + 1) * sizeof(int));
	ListCell   *lc;

	for (int i = 0; i < sel->n; i++)
		before[i] = sel->subject[i].n;
	foreach(lc, sel->workload->tables)
	{
		if (GetCurrentTimestamp() < until)
			widen_table(sel, lfirst(lc), until);
	}
	for (int i = 0; i < sel->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cal_select_progress(sel, "comparing candidates", i, sel->n);
		if (sel->subject[i].n > before[i])
			visit_again(&sel->subject[i], before[i], until);
	}
	pfree(before);
}

/* Find out which candidates are of any use to which statements. */
void
cal_explore(CalSelection *sel)
{
	visit_all(sel);
	cal_objective_weigh(sel);
	note_uses(sel);
	for (int i = 0; i < ROUNDS; i++)
	{
		widen(sel, cal_select_until(sel, WIDEN_SHARE));
		note_uses(sel);
	}
}
