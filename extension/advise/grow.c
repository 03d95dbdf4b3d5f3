/*
 * grow.c
 *		Takes indexes into a choice, the best one first.
 *
 * Owns: the single step of the search.  Called by search.c.  What a candidate
 * would gain is known from bounds first; the planner is only asked about those
 * that might be the best.  An index that comes in sends away those that it
 * covers, and those that no plan uses any more.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "advise/grow.h"

#define TIE				0.02	/* gains this close are equal: smaller wins */

/* Whether time is up. */
bool
cal_grow_is_over(const CalSearch *x)
{
	CHECK_FOR_INTERRUPTS();
	return GetCurrentTimestamp() >= x->until;
}

/* Remember the present choice. */
void
cal_grow_keep(const CalSearch *x, CalFound *found)
{
	if (found->member == NULL)
		found->member = palloc((x->n + 1) * sizeof(CalMember *));
	found->n = x->sel->nchosen;
	found->value = x->sel->value;
	memcpy(found->member, x->sel->chosen, found->n * sizeof(CalMember *));
}

/* Go back to a choice. */
void
cal_grow_back(CalSearch *x, const CalFound *found)
{
	cal_objective_restore(x->sel, found->member, found->n);
}

/*
 * Have a member come in, those that it covers or that have the same keys in
 * front go, and one more if it is given; false: it is covered itself.
 */
bool
cal_grow_move(const CalSearch *x, CalMember *m, CalMember *out, CalMove *move)
{
	move->in = m;
	move->nout = 0;
	if (out)
		move->out[move->nout++] = out;
	for (int i = 0; i < x->sel->nchosen; i++)
	{
		CalMember  *c = x->sel->chosen[i];

		if (c == m || c == out || c->table != m->table)
			continue;
		if (cal_index_covers(&c->candidate.index, &m->candidate.index))
			return false;
		if (move->nout < CAL_MOVE_OUT &&
			(cal_index_covers(&m->candidate.index, &c->candidate.index) ||
			 cal_index_repeats(&m->candidate.index, &c->candidate.index) ||
			 cal_index_repeats(&c->candidate.index, &m->candidate.index)))
			move->out[move->nout++] = c;
	}
	return true;
}

/* Whether there is room for what a move brings. */
bool
cal_grow_fits(const CalSearch *x, const CalMove *move)
{
	return x->sel->bytes + move->bytes <= x->budget &&
		x->sel->nchosen + (move->in ? 1 : 0) - move->nout <=
		x->sel->choice->max_indexes;
}

/* Whether what is noted at a member holds no more. */
static bool
is_stale(const CalMember *m)
{
	for (int i = 0; i < m->nuses; i++)
		if (m->use[i].subject->changed_at >= m->rated_at)
			return true;
	return false;
}

/* Note a rating at the member. */
static void
note_rating(const CalSearch *x, const CalMove *move)
{
	move->in->gain = move->gain;
	move->in->share = move->share;
	move->in->exact = move->exact;
	move->in->rated_at = x->sel->clock + 1;
}

/* By what members compete. */
static double
score(CalSearch *x, const CalMove *move)
{
	double		s = move->gain;

	if (move->gain < x->least || move->share < x->sel->choice->min_benefit)
		return 0;
	if (x->by_byte)
		s /= Max(move->bytes, BLCKSZ);
	if (x->shaken)
		s *= 0.6 + 0.8 * pg_prng_double(&x->dice);
	return s;
}

typedef struct Contender
{
	CalMove		move;
	double		score;
} Contender;

/* The best score comes first. */
static int
compare_scores(const void *a, const void *b)
{
	const Contender *x = *(Contender *const *) a;
	const Contender *y = *(Contender *const *) b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->move.in->bytes != y->move.in->bytes)
		return x->move.in->bytes > y->move.in->bytes ? 1 : -1;
	return x->move.in->candidate.index.oid < y->move.in->candidate.index.oid
		? 1 : -1;
}

/* Those that may come in, with what they would bring at most. */
static int
line_up(CalSearch *x, Contender **line)
{
	int			n = 0;

	for (int i = 0; i < x->n; i++)
	{
		CalMember  *m = x->member[i];
		Contender  *c = line[n];

		if (m->chosen || m->banned || !cal_grow_move(x, m, NULL, &c->move))
			continue;
		if (is_stale(m))
		{
			cal_objective_bound(x->sel, &c->move);
			note_rating(x, &c->move);
		}
		c->move.gain = m->gain;
		c->move.share = m->share;
		c->move.exact = m->exact;
		c->move.bytes = m->bytes;
		for (int j = 0; j < c->move.nout; j++)
			c->move.bytes -= c->move.out[j]->bytes;
		c->score = score(x, &c->move);
		n += c->score > 0 && cal_grow_fits(x, &c->move);
	}
	qsort(line, n, sizeof(Contender *), compare_scores);
	return n;
}

/* Whether a contender is better than the best so far. */
static bool
is_better(const Contender *c, const Contender *best)
{
	if (best == NULL)
		return c->score > 0;
	if (c->move.in->bytes < best->move.in->bytes)
		return c->score > (1 - TIE) * best->score;
	return c->score * (1 - TIE) > best->score;
}

/* Rate the contenders exactly, as far as it takes to find the best. */
static Contender *
find_best(CalSearch *x, Contender *const *line, int n)
{
	Contender  *best = NULL;

	for (int i = 0; i < n; i++)
	{
		Contender  *c = line[i];

		if (best && c->score <= (1 - TIE) * best->score)
			break;
		if (!c->move.exact)
		{
			double		weight = c->score / c->move.gain;

			cal_objective_rate(x->sel, &c->move, best ? (1 - TIE) *
							   best->score / weight : x->least);
			note_rating(x, &c->move);
			c->score = c->move.exact && c->move.gain >= x->least &&
				c->move.share >= x->sel->choice->min_benefit ?
				weight * c->move.gain : 0;
		}
		if (is_better(c, best))
			best = c;
		if (cal_grow_is_over(x))
			break;
	}
	return best;
}

/* Whether a plan uses a chosen member, or might. */
static bool
is_used(const CalMember *m)
{
	for (int i = 0; i < m->nuses; i++)
	{
		CalSubject *s = m->use[i].subject;
		const CalPlanned *p = cal_subject_find(s, s->set);

		if (p == NULL || (p->used & m->use[i].bit) != 0)
			return true;
	}
	return false;
}

/* Take out what no plan uses. */
void
cal_grow_sweep(CalSearch *x)
{
	for (int i = x->sel->nchosen - 1; i >= 0; i--)
	{
		CalMove		move = {.nout = 1,.out = {x->sel->chosen[i]}};

		if (!is_used(x->sel->chosen[i]))
			cal_objective_apply(x->sel, &move);
	}
}

/* Take in the best, one after the other, while there is room. */
void
cal_grow(CalSearch *x)
{
	Contender  *room = palloc((x->n + 1) * sizeof(Contender));
	Contender **line = palloc((x->n + 1) * sizeof(Contender *));

	while (!cal_grow_is_over(x))
	{
		Contender  *best;

		for (int i = 0; i <= x->n; i++)
			line[i] = &room[i];
		best = find_best(x, line, line_up(x, line));
		if (best == NULL)
			break;
		cal_objective_apply(x->sel, &best->move);
		cal_grow_sweep(x);
	}
	pfree(line);
	pfree(room);
}
