/*
 * evident.c
 *		Advice where the planner's cost says nothing.
 *
 * Owns: the rule when what was seen is reason enough.  Called by select.c.
 * Where sampled executions read many rows of a table and threw most of them
 * away, the most promising candidate is advised on that evidence: if the
 * statement cannot be planned, and if its cost is low although it takes long,
 * so that no candidate seems to help.  What cannot be planned is known by the
 * columns that its plan searched.
 */
#include "postgres.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "advise/candidates.h"
#include "advise/evident.h"

#define FILTERED_MIN	100		/* rows thrown away, per execution */
#define SHARE_MIN		0.5		/* of all rows read */
#define BLIND_USEC		1000.0	/* that an execution takes at least */
#define BLIND_FACTOR	5.0		/* longer than its cost lets expect */
#define BLIND_GAIN		0.2		/* if no candidate saves more of its cost */
#define CALLS_MIN		2		/* a first one may have waited for the disk */
#define BUDGET_SHARE	0.98
#define RANGE_ROWS		0.33	/* a guess, of a range */
#define GRACE_USEC		300000	/* after the deadline, to take sizes */

typedef struct Evidence
{
	CalSelection *sel;
	List	   *planned;		/* CalAdvice there is already */
	List	   *evident;		/* CalAdvice made here */
	TimestampTz until;
	double		bytes;			/* of all that is advised */
} Evidence;

/* The share of rows read in vain; 0 if that is no reason to act. */
static double
share_in_vain(const CalPredicate *p)
{
	double		all = p->rows_filtered + p->rows_returned;

	if (p->samples == 0 || p->rows_filtered / p->samples < FILTERED_MIN ||
		p->rows_filtered < SHARE_MIN * all)
		return 0;
	return p->rows_filtered / all;
}

/* Advice that contains this index, or its first keys; NULL if none does. */
static CalAdvice *
find_covering(List *advice, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, advice)
	{
		CalAdvice  *a = lfirst(lc);

		if (cal_index_covers(&a->index, index) ||
			cal_index_repeats(&a->index, index) ||
			cal_index_repeats(index, &a->index))
			return a;
	}
	return NULL;
}

/* A column as the statement's plan named it, in the table it is advised for; 0: gone. */
static AttrNumber
column_in(const CalTable *table, Oid seen_in, AttrNumber attno)
{
	if (seen_in != table->relid)
	{
		char	   *name = get_attname(seen_in, attno, true);

		attno = name ? get_attnum(table->relid, name) : 0;
	}
	return attno > 0 && attno <= table->natts &&
		OidIsValid(table->column[attno].typid) ? attno : 0;
}

/* What was seen of a column, as the condition that it stands for. */
static CalClause *
clause_of(const CalPredicateColumn *seen, const CalTableColumn *c, Node *var)
{
	CalClause  *clause = palloc0(sizeof(CalClause));
	int			strategy;

	clause->expr = var;
	clause->collation = c->collation;
	clause->op = seen->flags & CAL_COLUMN_COMMUTED ?
		get_commutator(seen->op) : seen->op;
	clause->kind = seen->role == CAL_ROLE_IN ? CAL_CLAUSE_ANY :
		seen->role == CAL_ROLE_NULL ? CAL_CLAUSE_NULL :
		seen->role == CAL_ROLE_JOIN ? CAL_CLAUSE_JOIN : CAL_CLAUSE_OP;
	strategy = OidIsValid(clause->op) && OidIsValid(c->opfamily) ?
		get_op_opfamily_strategy(clause->op, c->opfamily) : 0;
	clause->selectivity = seen->role == CAL_ROLE_NULL ? c->nulls :
		strategy == BTEqualStrategyNumber ? 1 / Max(c->distinct, 1) :
		RANGE_ROWS;
	return clause;
}

/* The next key of an order that was seen; NULL: no btree has it. */
static CalOrderKey *
order_of(const CalPredicateColumn *seen, const CalTableColumn *c, Node *var)
{
	CalOrderKey *key;
	int			strategy = OidIsValid(c->opfamily) && OidIsValid(seen->op) ?
	get_op_opfamily_strategy(seen->op, c->opfamily) : 0;

	if (strategy == 0)
		return NULL;
	key = palloc0(sizeof(CalOrderKey));
	key->expr = var;
	key->opfamily = c->opfamily;
	key->desc = strategy == BTGreaterStrategyNumber;
	key->nulls_first = (seen->flags & CAL_COLUMN_NULLS_FIRST) != 0;
	return key;
}

/* What one scan wanted, as far as its plan told. */
static CalWant *
want_of(const CalTable *table, const CalPredicate *p, uint16 scan)
{
	CalWant    *want = palloc0(sizeof(CalWant));
	List	   *order = NIL;

	want->relid = table->relid;
	want->tuples = want->rows = Max(table->tuples, 1);
	want->whole = true;
	for (int i = 0; i < p->ncolumns; i++)
	{
		const CalPredicateColumn *seen = &p->column[i];
		AttrNumber	attno = column_in(table, p->key.relid, seen->attno);
		const CalTableColumn *c = &table->column[attno];
		Node	   *var;

		if (attno == 0 || seen->scan != scan)
			continue;
		var = (Node *) makeVar(1, attno, c->typid, c->typmod, c->collation, 0);
		want->columns = bms_add_member(want->columns, attno);
		if (seen->role == CAL_ROLE_ORDER || seen->role == CAL_ROLE_GROUP)
		{
			CalOrderKey *key = order_of(seen, c, var);

			if (key && seen->position == list_length(order) + 1)
				order = lappend(order, key);
			want->limited |= (seen->flags & CAL_COLUMN_LIMIT) != 0;
			continue;
		}
		want->clauses = lappend(want->clauses, clause_of(seen, c, var));
		want->rows *= ((CalClause *) llast(want->clauses))->selectivity;
	}
	if (order)
		want->orders = list_make1(order);
	return want;
}

/* All that scans of a table wanted, as far as plans told. */
static List *
wants_of(const CalTable *table, const CalPredicate *p)
{
	List	   *wants = NIL;

	for (int i = 0; i < p->ncolumns; i++)
	{
		bool		first = true;

		for (int j = 0; j < i; j++)
			first &= p->column[j].scan != p->column[i].scan;
		if (first)
			wants = lappend(wants, want_of(table, p, p->column[i].scan));
	}
	return wants;
}

/* The table to advise for: the partitioned one, of a partition. */
static CalTable *
table_of(Evidence *e, Oid relid)
{
	CalTable   *table = cal_workload_table(e->sel->workload, relid);

	if (OidIsValid(table->root))
		table = cal_workload_table(e->sel->workload, table->root);
	return table;
}

/* Whether an index finds rows by one of the conditions. */
static bool
searches(const CalIndex *index, const CalWant *want)
{
	ListCell   *lc;

	if (index->am != BTREE_AM_OID)
		return true;
	foreach(lc, want->clauses)
	{
		if (equal(((CalClause *) lfirst(lc))->expr, index->key[0].expr))
			return true;
	}
	return false;
}

/* The first candidate that spares reading rows in vain; NULL if none does. */
static const CalIndex *
first_search(const CalTable *table, List *made, const CalWant *want)
{
	ListCell   *lc;

	foreach(lc, made)
	{
		const CalIndex *index = lfirst(lc);

		if (searches(index, want) && !cal_index_covered(table, index))
			return index;
	}
	return NULL;
}

/* The most promising candidate that the table does not have. */
static CalMember *
promising(Evidence *e, CalTable *table, List *wants,
		  const CalWorkStatement *s)
{
	ListCell   *lc;

	foreach(lc, wants)
	{
		const CalWant *want = lfirst(lc);
		const CalIndex *index;
		CalMember  *m;

		if (want->relid != table->relid || want->clauses == NIL)
			continue;
		index = first_search(table, cal_candidates_make(table, want), want);
		if (index == NULL)
			continue;
		m = cal_pool_put(e->sel->pool, table, index);
		if (!m->sized && s->search_path)
			(void) cal_pool_size(&m, 1, s->userid, s->search_path, e->until);
		if (!m->sized)
			(void) cal_pool_size(&m, 1, GetUserId(), "pg_catalog", e->until);
		return m;
	}
	return NULL;
}

/* Whether there is room for one more. */
static bool
fits(const Evidence *e, const CalMember *m)
{
	const CalChoice *choice = e->sel->choice;

	return list_length(e->planned) + list_length(e->evident) <
		choice->max_indexes &&
		e->bytes + m->bytes <= BUDGET_SHARE * choice->budget &&
		(m->sized || isinf(choice->budget));
}

/* Whether the caller asked for this table. */
static bool
is_asked_for(const Evidence *e, const CalTable *table, Oid seen_in)
{
	List	   *asked = e->sel->choice->tables;

	return asked == NIL || list_member_oid(asked, table->relid) ||
		list_member_oid(asked, seen_in);
}

/* Of an index and a prefix of it only the longer one is advised. */
static void
forget_covered(Evidence *e, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, e->evident)
	{
		CalAdvice  *a = lfirst(lc);

		if (cal_index_covers(index, &a->index))
			e->evident = foreach_delete_current(e->evident, lc);
	}
}

/* Advise the most promising candidate for one statement and table. */
static CalAdvice *
advise(Evidence *e, CalWorkStatement *s, const CalPredicate *p, List *wants)
{
	CalTable   *table = table_of(e, p->key.relid);
	double		share = share_in_vain(p);
	CalMember  *m;
	CalAdvice  *a;

	if (share == 0 || table->unusable ||
		!is_asked_for(e, table, p->key.relid))
		return NULL;
	m = promising(e, table, wants ? wants : wants_of(table, p), s);
	if (m == NULL || find_covering(e->planned, &m->candidate.index))
		return NULL;
	a = find_covering(e->evident, &m->candidate.index);
	if (a && list_member_ptr(a->served, s))
		return NULL;
	if (a == NULL)
	{
		if (!fits(e, m))
			return NULL;
		forget_covered(e, &m->candidate.index);
		a = cal_advice_make(e->sel->workload, table, &m->candidate.index);
		e->evident = lappend(e->evident, a);
		e->bytes += m->bytes;
	}
	cal_advice_serve(a, s);
	a->benefit = a->read > 0 ? a->filtered / a->read : 0;
	a->saved += s->usec * share;
	return a;
}

/* What a statement is advised that could not be planned. */
static void
consider_unplanned(Evidence *e, CalWorkStatement *s)
{
	for (int i = 0; i < s->npredicates; i++)
	{
		CalAdvice  *a = advise(e, s, &s->predicate[i], NIL);

		if (a && a->unplanned == NULL)
			a->unplanned = s->trouble;
	}
}

/* Whether it was tried to plan a statement, in vain. */
static bool
is_unplannable(const CalWorkStatement *s)
{
	return s->trouble && s->trouble != cal_explore_time &&
		s->trouble != cal_explore_memory;
}

/* The table that a statement reads most rows of in vain. */
static const CalPredicate *
worst_of(const CalWorkStatement *s)
{
	const CalPredicate *worst = NULL;

	for (int i = 0; i < s->npredicates; i++)
		if (share_in_vain(&s->predicate[i]) > 0 &&
			(worst == NULL ||
			 s->predicate[i].rows_filtered > worst->rows_filtered))
			worst = &s->predicate[i];
	return worst;
}

/* Whether a statement takes much longer than its cost lets expect. */
static bool
is_blind(CalSubject *s, double usual)
{
	double		usec = s->statement->usec / Max(s->statement->calls, 1);
	const CalPlanned *p = cal_subject_find(s, cal_subject_all(s));

	return p != NULL && s->statement->calls >= CALLS_MIN &&
		usec >= BLIND_USEC && usec >= BLIND_FACTOR * usual * s->base &&
		p->cost > (1 - BLIND_GAIN) * s->base;
}

/* What a statement is advised whose cost is low, and its time is not. */
static void
consider_blind(Evidence *e, CalSubject *s, double usual)
{
	const CalPredicate *p = worst_of(s->statement);
	CalAdvice  *a;

	if (p == NULL || !is_blind(s, usual))
		return;
	a = advise(e, s->statement, p, s->wants);
	if (a == NULL)
		return;
	a->before += s->base;
	a->after += s->cost;
	if (a->evidence == NULL)
		a->evidence = psprintf("it reads %.0f rows in vain in %.1f ms per execution; "
							   "the planner expected a cost of %.0f",
							   p->rows_filtered / p->samples,
							   s->statement->usec / 1000.0 /
							   Max(s->statement->calls, 1), s->base);
}

/* Microseconds that a unit of planned cost takes, over all statements. */
static double
usual_time(const CalSelection *sel)
{
	double		usec = 0;
	double		cost = 0;

	for (int i = 0; i < sel->n; i++)
	{
		usec += sel->subject[i].statement->usec;
		cost += sel->subject[i].base * sel->subject[i].statement->calls;
	}
	return usec / Max(cost, 1);
}

/* What the evidence says beyond the advice that planning gave. */
List *
cal_evident(CalSelection *sel, List *planned)
{
	TimestampTz now = GetCurrentTimestamp();
	Evidence	e = {.sel = sel,.planned = planned,.bytes = sel->bytes,
	.until = Max(sel->choice->deadline, now + GRACE_USEC)};
	double		usual = usual_time(sel);

	for (int i = 0; i < sel->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		consider_blind(&e, &sel->subject[i], usual);
	}
	for (int i = 0; i < sel->workload->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_unplannable(&sel->workload->statement[i]))
			consider_unplanned(&e, &sel->workload->statement[i]);
	}
	return e.evident;
}
