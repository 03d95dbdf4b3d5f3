/*
 * search.c
 *		Finds a good choice of indexes.
 *
 * Owns: the way through the choices.  Called by select.c.  It starts twice,
 * with what saves most per byte and with what saves most, and takes in one
 * index after the other; an index that comes in sends away those that it
 * covers.  Then single indexes are exchanged, taken out, or forced in at the
 * expense of others, as long as that is of use; at last several at random,
 * always the same ones.  What saves no statement enough goes at the end.
 * Whenever it is interrupted by the deadline, there is a valid choice.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_am_d.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/timestamp.h"

#include "advise/grow.h"
#include "advise/search.h"

#define BUDGET_SHARE	0.98	/* of the budget that is given away */
#define TIE				0.02	/* of its first cost; as good for a statement */
#define TIE_LIMITED		0.001	/* of all that is left, where room counts */
#define TIE_STEPS		25		/* steps; as good in all, where it does not */
#define PART			0.1		/* by which a key or column makes one heavier */
#define HASH_FACTOR		4
#define LIGHTER			0.97
#define GAIN_MIN		1e-6	/* share of all time that an index saves */
#define STEP_MIN		2e-4	/* or a change of the choice, to be made */
#define SEED			4711
#define SHAKES			150		/* at random without success, then it ends */
#define CONFRONTED		5		/* rounds of showing to all what was chosen */
#define SHAKEN			3		/* indexes that go, at most */
#define FIRST_SHARE		0.65	/* of the time, when the first start ends */
#define SECOND_SHARE	0.72	/* the second */
#define SHAKE_SHARE		0.9		/* and everything but pruning */
#define RANDOM_SHARE	0.8		/* and trying at random */

/* Take out those that are missed least, per byte, until the rest fits. */
static void
shrink(CalSearch *x, const CalMember *but)
{
	CalMove		none = {0};

	while (!cal_grow_fits(x, &none) && !cal_grow_is_over(x))
	{
		CalMove		best = {0};
		double		best_score = 0;

		for (int i = 0; i < x->sel->nchosen; i++)
		{
			CalMove		move = {.nout = 1,.out = {x->sel->chosen[i]}};
			double		s;

			if (move.out[0] == but)
				continue;
			cal_objective_rate(x->sel, &move, -x->sel->value);
			s = move.gain / (x->limited ? move.out[0]->bytes : 1);
			if (best.nout == 0 || s > best_score)
			{
				best = move;
				best_score = s;
			}
		}
		if (best.nout == 0)
			return;
		cal_objective_apply(x->sel, &best);
	}
}

/* Whether the present choice is better than that one; if not, go back. */
static bool
accept(CalSearch *x, CalFound *before)
{
	CalMove		none = {0};

	if (cal_grow_fits(x, &none) && x->sel->value < before->value - x->step)
	{
		cal_grow_keep(x, before);
		return true;
	}
	cal_grow_back(x, before);
	return false;
}

/* Exchange a chosen one for another on the same table, if that is better. */
static bool
exchange(CalSearch *x, CalMember *out, CalMember *in)
{
	CalMove		move;

	if (in->chosen || !cal_grow_move(x, in, out, &move))
		return false;
	cal_objective_bound(x->sel, &move);
	if (!cal_grow_fits(x, &move) || move.gain <= x->step)
		return false;
	cal_objective_rate(x->sel, &move, x->step);
	if (!move.exact || move.gain <= x->step)
		return false;
	cal_objective_apply(x->sel, &move);
	cal_grow_sweep(x);
	return true;
}

/* Where the members of its table begin and end. */
static void
find_range(const CalSearch *x, const CalMember *m, int *from, int *to)
{
	*from = *to = m->slot;
	while (*from > 0 && x->member[*from - 1]->table == m->table)
		(*from)--;
	while (*to < x->n && x->member[*to]->table == m->table)
		(*to)++;
}

/* Try all single exchanges. */
static bool
exchange_all(CalSearch *x)
{
	bool		any = false;

	for (int i = 0; i < x->n && !cal_grow_is_over(x); i++)
	{
		int			from;
		int			to;

		if (!x->member[i]->chosen)
			continue;
		find_range(x, x->member[i], &from, &to);
		while (from < to && x->member[i]->chosen && !cal_grow_is_over(x))
			any |= exchange(x, x->member[i], x->member[from++]);
	}
	return any;
}

/* Have a member in, whatever must go for it; then fill up. */
static bool
force(CalSearch *x, CalMember *m, CalFound *before)
{
	CalMove		move;

	if (m->chosen || m->bytes > x->budget || !cal_grow_move(x, m, NULL, &move))
		return false;
	cal_objective_bound(x->sel, &move);
	if (cal_grow_fits(x, &move) || move.gain <= x->step)
		return false;
	cal_objective_rate(x->sel, &move, x->step);
	if (!move.exact || move.gain <= x->step)
		return false;
	cal_objective_apply(x->sel, &move);
	shrink(x, m);
	cal_grow(x);
	return accept(x, before);
}

/*
 * Have all that a statement's best plan uses, where no single one is of use:
 * the arms of an OR have an index each.
 */
static bool
adopt(CalSearch *x, CalSubject *s, CalFound *before)
{
	const CalPlanned *p = cal_subject_find(s, cal_subject_all(s));
	bool		any = false;

	if (p == NULL || s->weight * (s->cost - p->cost) <= x->step)
		return false;
	for (int i = 0; i < s->n; i++)
	{
		CalMember  *m = s->member[i];
		CalMove		move;

		if ((p->used >> i & 1) == 0 || m->chosen || !m->sized ||
			m->bytes > x->budget || !cal_grow_move(x, m, NULL, &move))
			continue;
		cal_objective_apply(x->sel, &move);
		any = true;
	}
	if (!any)
		return false;
	shrink(x, NULL);
	cal_grow(x);
	return accept(x, before);
}

/* Do without a member, and fill up. */
static bool
forgo(CalSearch *x, CalMember *m, CalFound *before)
{
	CalMove		move = {.nout = 1,.out = {m}};
	bool		better;

	if (!m->chosen)
		return false;
	cal_objective_apply(x->sel, &move);
	m->banned = true;
	cal_grow(x);
	m->banned = false;
	better = accept(x, before);
	return better;
}

/* Improve by small steps until there is none. */
static void
improve(CalSearch *x)
{
	CalFound	now = {0};
	bool		better = true;

	while (better && !cal_grow_is_over(x))
	{
		better = exchange_all(x);
		cal_grow(x);
		cal_grow_keep(x, &now);
		for (int i = 0; i < x->n && !cal_grow_is_over(x); i++)
			better |= force(x, x->member[i], &now);
		for (int i = 0; i < x->sel->n && !cal_grow_is_over(x); i++)
			better |= adopt(x, &x->sel->subject[i], &now);
		for (int i = 0; i < x->n && !cal_grow_is_over(x); i++)
			better |= forgo(x, x->member[i], &now);
	}
	if (now.member)
		pfree(now.member);
}

/* Take out some at random, fill up in a random order, and improve. */
static void
shake(CalSearch *x)
{
	CalFound	now = {0};
	int			failures = 0;

	cal_grow_keep(x, &now);
	while (now.n > 1 && failures < SHAKES && !cal_grow_is_over(x))
	{
		int			n = 1 + pg_prng_uint64_range(&x->dice, 1, SHAKEN);

		while (n-- > 0)
		{
			CalMove		move = {.nout = 1};

			move.out[0] = now.member[pg_prng_uint64_range(&x->dice, 0,
														  now.n - 1)];
			cal_objective_apply(x->sel, &move);
		}
		x->shaken = true;
		cal_grow(x);
		x->shaken = false;
		(void) exchange_all(x);
		cal_grow(x);
		failures = accept(x, &now) ? 0 : failures + 1;
	}
	pfree(now.member);
}

/*
 * By which of two that are as good is the one to advise: by its size, as it
 * would be with one key; what is there but for a few plans makes it larger.
 * Where room is no matter, a hash is too narrow a choice.
 */
static double
burden(const CalSearch *x, const CalMember *m)
{
	const CalIndex *index = &m->candidate.index;
	int			parts = index->nkeys + 2 * index->nincludes +
	list_length(index->predicate);

	return m->bytes * (1 + PART * parts) *
		(!x->limited && index->am == HASH_AM_OID ? HASH_FACTOR : 1);
}

/* Whether two keys are of the same values. */
static bool
is_same_key(const CalIndexKey *a, const CalIndexKey *b)
{
	return a->attno == b->attno && (a->attno != 0 || equal(a->expr, b->expr));
}

/*
 * Whether an index goes by nothing but what another one has, and begins like
 * it, unless a predicate takes the place of a key or all keys are there.
 */
static bool
is_version(const CalIndex *index, const CalIndex *of)
{
	for (int i = 0; i < index->nkeys; i++)
	{
		const CalIndexKey *key = &index->key[i];
		bool		there = false;

		for (int j = 0; j < of->nkeys; j++)
			there |= is_same_key(&of->key[j], key);
		for (int j = 0; j < of->nincludes; j++)
			there |= of->include[j] == key->attno;
		if (!there)
			return false;
	}
	return is_same_key(&index->key[0], &of->key[0]) ||
		index->nkeys == of->nkeys || (index->predicate && !of->predicate);
}

/* Whether a plan would make up for it with more indexes than it uses now. */
static bool
takes_more(const CalMember *out, const CalMember *in)
{
	for (int i = 0; i < out->nuses; i++)
	{
		CalSubject *s = out->use[i].subject;
		uint64		set = s->set & ~out->use[i].bit;
		const CalPlanned *now = cal_subject_find(s, s->set);
		const CalPlanned *then;

		for (int j = 0; j < in->nuses; j++)
			if (in->use[j].subject == s)
				set |= in->use[j].bit;
		then = cal_subject_find(s, set);
		if (now && then &&
			pg_popcount64(then->used) > pg_popcount64(now->used))
			return true;
	}
	return false;
}

/*
 * Whether an index is the lighter one; of two with the same keys and columns,
 * the one that was thought of first, since what was merged only turns keys.
 */
static bool
is_lighter(const CalSearch *x, const CalMember *in, const CalMember *m)
{
	const CalIndex *a = &in->candidate.index;
	const CalIndex *b = &m->candidate.index;

	if (!x->limited && a->nincludes > b->nincludes)
		return false;
	if (burden(x, in) < LIGHTER * burden(x, m))
		return true;
	return a->nkeys == b->nkeys && a->nincludes == b->nincludes &&
		is_version(a, b) && a->oid > b->oid &&
		burden(x, in) < burden(x, m) / LIGHTER;
}

/*
 * Exchange for one that is as good for everybody, and smaller or simpler.
 * Where room is no matter, not for one by other columns: for values that were
 * not seen, those may not be as good.
 */
static bool
make_simpler(CalSearch *x, CalMember *m)
{
	CalMove		best = {0};
	double		least = INFINITY;
	double		enough = x->limited ? TIE_LIMITED * x->sel->value
	: TIE_STEPS * x->step;
	int			from;
	int			to;

	find_range(x, m, &from, &to);
	for (int i = from; i < to && !cal_grow_is_over(x); i++)
	{
		CalMember  *in = x->member[i];
		CalMove		move;

		if (in->chosen || burden(x, in) >= least || !is_lighter(x, in, m) ||
			!(x->limited || is_version(&in->candidate.index,
									   &m->candidate.index)) ||
			!cal_grow_move(x, in, m, &move) || move.nout > 1 ||
			!cal_grow_fits(x, &move))
			continue;
		cal_objective_rate(x->sel, &move, -enough);
		if (!move.exact || move.rise > TIE || move.gain < -enough ||
			takes_more(m, in))
			continue;
		best = move;
		least = burden(x, in);
	}
	if (best.in)
		cal_objective_apply(x->sel, &best);
	return best.in != NULL;
}

/*
 * Whether somebody would miss an index that goes.  Where room is no matter, it
 * is to save more than a little of what is left of a cost once high.
 */
static bool
is_missed(const CalSearch *x, const CalMove *move)
{
	return move->gain < 0 && move->loss >= x->sel->choice->min_benefit &&
		(x->limited || move->rise >= TIE || move->gain < -x->step);
}

/* Take out the index that is missed least, if nobody would miss it much. */
static bool
prune_one(CalSearch *x)
{
	CalMove		least = {0};
	bool		found = false;

	for (int i = 0; i < x->sel->nchosen; i++)
	{
		CalMove		move = {.nout = 1,.out = {x->sel->chosen[i]}};

		cal_objective_rate(x->sel, &move, -x->sel->value);
		if (is_missed(x, &move))
			continue;
		if (!found || move.gain > least.gain)
			least = move;
		found = true;
	}
	if (found)
		cal_objective_apply(x->sel, &least);
	return found;
}

/* Put something simpler in the place of each, once, if it is as good. */
static bool
simplify(CalSearch *x)
{
	CalFound	now = {0};
	bool		any = false;

	cal_grow_keep(x, &now);
	for (int i = 0; i < now.n; i++)
		any |= make_simpler(x, now.member[i]);
	pfree(now.member);
	return any;
}

/* Take out what is not worth it, and use the room for what is. */
static void
prune(CalSearch *x)
{
	bool		any = true;

	for (int round = 0; any && round < 3; round++)
	{
		if (round > 0)
			cal_grow(x);
		cal_grow_sweep(x);
		any = simplify(x);
		while (prune_one(x))
			any = true;
		any = any && x->limited && !cal_grow_is_over(x);
	}
}

/* Those of one table side by side, in the order in which they came up. */
static int
compare_tables(const void *a, const void *b)
{
	const CalMember *x = *(CalMember *const *) a;
	const CalMember *y = *(CalMember *const *) b;

	if (x->table != y->table)
		return x->table->relid < y->table->relid ? -1 : 1;
	return x->candidate.index.oid < y->candidate.index.oid ? 1 : -1;
}

/* The members that could be chosen at all. */
static void
admit(CalSearch *x)
{
	CalPool    *pool = x->sel->pool;

	x->member = palloc((pool->n + 1) * sizeof(CalMember *));
	for (int i = 0; i < pool->n; i++)
	{
		CalMember  *m = pool->member[i];

		if (m->nuses > 0 && m->sized && m->bytes <= x->budget)
			x->member[x->n++] = m;
	}
	qsort(x->member, x->n, sizeof(CalMember *), compare_tables);
	for (int i = 0; i < x->n; i++)
		x->member[i]->slot = i;
	x->sel->chosen = palloc((x->n + 1) * sizeof(CalMember *));
}

/* From no index at all to a good choice. */
static void
start(CalSearch *x, bool by_byte, double share)
{
	x->by_byte = by_byte;
	x->until = cal_select_until(x->sel, share);
	cal_objective_restore(x->sel, NULL, 0);
	cal_grow(x);
	improve(x);
	cal_select_progress(x->sel, "choosing", by_byte ? 1 : 2, 4);
}

/* Show a statement an index that was chosen for others; whether it is new. */
static bool
show_chosen(CalSubject *s, CalMember *m)
{
	int			n = s->n;

	if (!cal_subject_reads(s, m->table->relid) || !cal_subject_add(s, m) ||
		s->n == n)
		return false;
	cal_member_use(m, s, UINT64CONST(1) << n);
	s->set |= UINT64CONST(1) << n;
	return true;
}

/*
 * The planner will see all that is chosen, and may take for one statement what
 * was meant for another, to its harm: so plan each with all of them.  Whether
 * anything was new.
 */
static bool
confront(CalSearch *x)
{
	CalFound	now = {0};
	bool		any = false;

	for (int i = 0; i < x->sel->n && !cal_grow_is_over(x); i++)
	{
		CalSubject *s = &x->sel->subject[i];
		bool		new = false;

		for (int j = 0; j < x->sel->nchosen; j++)
			new |= show_chosen(s, x->sel->chosen[j]);
		if (new)
			s->set = 0;
		any |= new;
	}
	if (!any)
		return false;
	cal_grow_keep(x, &now);
	cal_objective_reset(x->sel);
	cal_grow_back(x, &now);
	pfree(now.member);
	return true;
}

/* Choose, until nothing better is found or time is up. */
void
cal_search(CalSelection *sel)
{
	CalSearch	x = {.sel = sel,.budget = BUDGET_SHARE * sel->choice->budget,
	.least = GAIN_MIN * sel->value,.step = STEP_MIN * sel->value};
	CalFound	first = {0};

	pg_prng_seed(&x.dice, SEED);
	x.limited = !isinf(sel->choice->budget);
	admit(&x);
	sel->touched = palloc((sel->n + 1) * sizeof(CalSubject *));
	start(&x, x.limited, FIRST_SHARE);
	cal_grow_keep(&x, &first);
	if (x.limited && GetCurrentTimestamp() < cal_select_until(sel, FIRST_SHARE))
	{
		start(&x, false, SECOND_SHARE);
		if (sel->value >= first.value)
			cal_grow_back(&x, &first);
	}
	x.until = cal_select_until(sel, RANDOM_SHARE);
	x.by_byte = x.limited;
	shake(&x);
	x.until = cal_select_until(sel, SHAKE_SHARE);
	for (int i = 0; i < CONFRONTED && confront(&x); i++)
		improve(&x);
	cal_select_progress(sel, "choosing", 3, 4);
	x.until = sel->choice->deadline;
	prune(&x);
	cal_select_progress(sel, "choosing", 4, 4);
}
