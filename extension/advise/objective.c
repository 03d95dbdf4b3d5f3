/*
 * objective.c
 *		What a choice of indexes is worth.
 *
 * Owns: the weights and the arithmetic of the choice.  Called by the search.
 * A choice is worth the time that it saves: of each statement the measured
 * time, by the share of its planned cost that goes away; less the time that
 * writing the indexes takes.  Plans in the sandbox what is not known yet, and
 * only if bounds do not decide the question before.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "catalog/pg_am_d.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"

#include "advise/objective.h"
#include "version_compat.h"

/*
 * How far measured time corrects planned cost: 1, a unit of a statement's
 * cost takes the time that was measured for it; 0, the same of all statements.
 */
#define TRUST		0.5
#define RATE_MAX	100.0		/* that one may differ from the others */
#define SAME		0.001		/* costs that differ by less are the same */
#define RISE_MIN	5.0			/* units of cost; a page or two */

/*
 * Microseconds for one entry: of a btree, to descend and to insert; of GIN,
 * per key; as seen from INSERT of a million rows with and without the index.
 */
#define BTREE_USEC	1.0
#define LEVEL_USEC	0.3
#define WIDTH_USEC	0.01		/* per byte of the key */
#define GIN_USEC	1.5
#define GIN_BYTES	6.0			/* that one key of a row takes */
#define BRIN_USEC	0.1
#define HASH_USEC	1.5

/* Set how much a unit of each statement's cost counts. */
void
cal_objective_weigh(CalSelection *sel)
{
	double		usec = 0;
	double		cost = 0;

	sel->value = 0;
	for (int i = 0; i < sel->n; i++)
	{
		usec += Max(sel->subject[i].statement->usec, 1);
		cost += Max(sel->subject[i].statement->calls, 1) *
			sel->subject[i].base;
	}
	for (int i = 0; i < sel->n; i++)
	{
		CalSubject *s = &sel->subject[i];
		double		calls = Max(s->statement->calls, 1);
		double		usual = usec / cost;
		double		rate = Max(s->statement->usec, 1) / (calls * s->base);

		rate = Max(usual / RATE_MAX, Min(usual * RATE_MAX, rate));
		s->weight = calls * pow(rate, TRUST) * pow(usual, 1 - TRUST);
		sel->value += s->weight * s->cost;
	}
}

/* The columns that an index depends on, as pull_varattnos gives them. */
static Bitmapset *
columns_of(const CalIndex *index)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < index->nkeys; i++)
		pull_varattnos(index->key[i].expr, 1, &columns);
	for (int i = 0; i < index->nincludes; i++)
		columns = bms_add_member(columns, index->include[i] -
								 FirstLowInvalidHeapAttributeNumber);
	pull_varattnos((Node *) index->predicate, 1, &columns);
	return columns;
}

/* Updates that set one of the columns: at least as many as set one. */
static double
updates_of(const CalTable *table, const Bitmapset *columns)
{
	double		most = 0;
	int			i = -1;

	while (table->set && (i = bms_next_member(columns, i)) >= 0)
	{
		AttrNumber	attno = i + FirstLowInvalidHeapAttributeNumber;

		if (attno > 0 && attno <= table->natts)
			most = Max(most, table->set[attno]);
	}
	return Min(most, table->updated);
}

/* Microseconds to write one row into the index. */
static double
usec_per_entry(const CalTable *table, const CalIndex *index)
{
	double		rows = Max(table->tuples, 1);
	double		width = index->pages * (double) BLCKSZ / rows;

	switch (index->am)
	{
		case BTREE_AM_OID:
			return BTREE_USEC + LEVEL_USEC * index->height +
				WIDTH_USEC * Min(width, 200);
		case GIN_AM_OID:
			return GIN_USEC * Max(1, width / GIN_BYTES);
		case BRIN_AM_OID:
			return BRIN_USEC;
		default:
			return HASH_USEC;
	}
}

/* Microseconds to write 1,000 rows of the table into the index. */
double
cal_objective_write_usec(const CalTable *table, const CalIndex *index)
{
	double		share = index->predicate ? index->share : 1;

	return 1000 * share * usec_per_entry(table, index);
}

/*
 * Microseconds for all rows written while we looked.  An update of a column
 * that no index had so far would have to write all the others as well.
 */
static double
usec_of_writes(const CalTable *table, const CalIndex *index)
{
	Bitmapset  *columns = NULL;
	double		before;
	double		after;
	double		others = 0;
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		const CalIndex *have = lfirst(lc);

		columns = bms_join(columns, columns_of(have));
		others += usec_per_entry(table, have);
	}
	before = updates_of(table, columns);
	if (index->am != BRIN_AM_OID || !CAL_BRIN_KEEPS_HOT)
		columns = bms_join(columns, columns_of(index));
	after = updates_of(table, columns);
	return (table->inserted + after) *
		cal_objective_write_usec(table, index) / 1000 +
		(after - before) * others;
}

/* Note at each candidate what writing it would take. */
void
cal_objective_count_writes(CalSelection *sel)
{
	for (int i = 0; i < sel->pool->n; i++)
	{
		CalMember  *m = sel->pool->member[i];

		if (m->nuses > 0)
			m->writes = usec_of_writes(m->table, &m->candidate.index);
	}
}

/* Make a subject one of those that a move concerns. */
static void
touch(CalSelection *sel, CalSubject *s)
{
	if (s->on_trial)
		return;
	s->on_trial = true;
	s->trial = s->set;
	sel->touched[sel->ntouched++] = s;
}

/* Put into each statement's trial set what the move would change. */
static void
begin_trial(CalSelection *sel, const CalMove *move)
{
	sel->ntouched = 0;
	for (int i = 0; i < move->nout; i++)
		for (int j = 0; j < move->out[i]->nuses; j++)
		{
			touch(sel, move->out[i]->use[j].subject);
			move->out[i]->use[j].subject->trial &= ~move->out[i]->use[j].bit;
		}
	for (int j = 0; move->in && j < move->in->nuses; j++)
	{
		touch(sel, move->in->use[j].subject);
		move->in->use[j].subject->trial |= move->in->use[j].bit;
	}
	for (int i = 0; i < sel->ntouched; i++)
		sel->touched[i]->on_trial = false;
}

/* Whether bounds leave nothing open. */
static bool
is_decided(double least, double most)
{
	return most - least <= SAME * most;
}

/* The cost of a statement under its trial set, at least; whether exactly. */
static double
least_cost(CalSubject *s, bool *exact)
{
	const CalPlanned *p;
	double		least;
	double		most;

	if (s->trial == s->set)
		return s->cost;
	p = cal_subject_find(s, s->trial);
	if (p)
		return p->cost;
	cal_subject_bounds(s, s->trial, &least, &most);
	if (s->failed || is_decided(least, most))
		return most;
	*exact = false;
	return least;
}

/* The cost under a set; if it cannot be planned any more, what is certain. */
static double
true_cost(CalSelection *sel, CalSubject *s, uint64 set)
{
	const CalPlanned *p = cal_subject_find(s, set);
	double		least;
	double		most;

	if (p)
		return p->cost;
	cal_subject_bounds(s, set, &least, &most);
	if (is_decided(least, most))
		return most;
	cal_subject_plan(s, &set, 1, sel->choice->deadline);
	p = cal_subject_find(s, set);
	return p ? p->cost : most;
}

/* Count what one statement would have of a move. */
static void
count(CalMove *move, const CalSubject *s, double cost)
{
	move->gain += s->weight * (s->cost - cost);
	move->share = Max(move->share, (s->cost - cost) / s->cost);
	move->loss = Max(move->loss, (cost - s->cost) / cost);
	if (cost - s->cost > RISE_MIN)
		move->rise = Max(move->rise, (cost - s->cost) / s->base);
}

/* Count what is certain: bytes and writes. */
static void
begin_count(CalMove *move)
{
	move->gain = move->in ? -move->in->writes : 0;
	move->bytes = move->in ? move->in->bytes : 0;
	move->share = move->loss = move->rise = 0;
	move->exact = true;
	for (int i = 0; i < move->nout; i++)
	{
		move->gain += move->out[i]->writes;
		move->bytes -= move->out[i]->bytes;
	}
}

/* Rate a move without planning: it gains that much at most. */
void
cal_objective_bound(CalSelection *sel, CalMove *move)
{
	begin_trial(sel, move);
	begin_count(move);
	for (int i = 0; i < sel->ntouched; i++)
		count(move, sel->touched[i],
			  least_cost(sel->touched[i], &move->exact));
}

/* Rate a move; stop when it cannot gain enough any more. */
void
cal_objective_rate(CalSelection *sel, CalMove *move, double enough)
{
	double		most;

	cal_objective_bound(sel, move);
	most = move->gain;
	for (int i = 0; !move->exact && i < sel->ntouched; i++)
	{
		CalSubject *s = sel->touched[i];
		bool		exact = true;
		double		least = least_cost(s, &exact);

		if (exact)
			continue;
		if (most < enough)
			return;
		CHECK_FOR_INTERRUPTS();
		most -= s->weight * (true_cost(sel, s, s->trial) - least);
	}
	cal_objective_bound(sel, move);
	move->exact = true;
}

/* Put a member into the choice or take it out. */
static void
flip(CalSelection *sel, CalMember *m, bool in)
{
	if (m->chosen == in)
		return;
	m->chosen = in;
	sel->bytes += in ? m->bytes : -m->bytes;
	sel->value += in ? m->writes : -m->writes;
	if (in)
	{
		m->place = sel->nchosen;
		sel->chosen[sel->nchosen++] = m;
	}
	else
	{
		sel->chosen[m->place] = sel->chosen[--sel->nchosen];
		sel->chosen[m->place]->place = m->place;
	}
	for (int i = 0; i < m->nuses; i++)
	{
		CalSubject *s = m->use[i].subject;

		s->set = in ? s->set | m->use[i].bit : s->set & ~m->use[i].bit;
		touch(sel, s);
	}
}

/* After members were flipped: what the statements cost now. */
static void
settle(CalSelection *sel)
{
	sel->clock++;
	for (int i = 0; i < sel->ntouched; i++)
	{
		CalSubject *s = sel->touched[i];
		double		cost = true_cost(sel, s, s->set);

		s->on_trial = false;
		s->changed_at = sel->clock;
		sel->value += s->weight * (cost - s->cost);
		s->cost = cost;
	}
}

/* Change the choice. */
void
cal_objective_apply(CalSelection *sel, const CalMove *move)
{
	sel->ntouched = 0;
	for (int i = 0; i < move->nout; i++)
		flip(sel, move->out[i], false);
	if (move->in)
		flip(sel, move->in, true);
	settle(sel);
}

/* Choose none; to be called when statements were shown more candidates. */
void
cal_objective_reset(CalSelection *sel)
{
	for (int i = 0; i < sel->nchosen; i++)
		sel->chosen[i]->chosen = false;
	sel->nchosen = 0;
	sel->bytes = 0;
	sel->value = 0;
	sel->clock++;
	for (int i = 0; i < sel->n; i++)
	{
		CalSubject *s = &sel->subject[i];

		s->set = 0;
		s->cost = s->base;
		s->changed_at = sel->clock;
		sel->value += s->weight * s->cost;
	}
}

/* Choose exactly these. */
void
cal_objective_restore(CalSelection *sel, CalMember *const *these, int n)
{
	sel->ntouched = 0;
	for (int i = 0; i < n; i++)
		these[i]->banned = true;
	for (int i = sel->nchosen - 1; i >= 0; i--)
		if (!sel->chosen[i]->banned)
			flip(sel, sel->chosen[i], false);
	for (int i = 0; i < n; i++)
	{
		flip(sel, these[i], true);
		these[i]->banned = false;
	}
	settle(sel);
}
