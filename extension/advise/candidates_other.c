/*
 * candidates_other.c
 *		Indexes that might help and are no btrees.
 *
 * Owns: when GIN, GiST, SP-GiST, BRIN and hash are worth a try.  Called where
 * candidates are made.  GIN where a class serves an operator that no btree
 * does; GiST, else SP-GiST, where not even that is so and their default class
 * serves it; BRIN for a range of a column that lies in order on disk; hash for
 * the equality of wide values.  Touches nothing else.
 */
#include "postgres.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "advise/candidates_other.h"
#include "advise/opclasses.h"

#define IN_ORDER		0.9		/* correlation with the disk, for BRIN */
#define BRIN_PAGES_MIN	1280	/* of a table: 10 MB */
#define HASH_WIDTH_MIN	20		/* bytes; below, a btree is as small */
#define SEARCHES_MAX	4		/* clauses that only other methods serve */
#define SELECTS_LITTLE	0.5		/* share of rows */

/* A clause, and keys by which it could be searched. */
typedef struct Search
{
	const CalClause *clause;
	Node	   *expr;
	List	   *keys;			/* CalIndexKey */
} Search;

/* What is being made. */
typedef struct Maker
{
	const CalTable *table;
	const CalWant *want;
	List	   *out;
	int			nsearches;		/* by GIN */
	Search		search[SEARCHES_MAX];
} Maker;

/* An index of the method with one key. */
static CalIndex *
single_key(const Maker *m, Oid am, const CalIndexKey *key)
{
	CalIndex   *index = palloc0(sizeof(CalIndex));

	index->relid = m->table->relid;
	index->am = am;
	index->share = 1;
	index->nkeys = 1;
	index->key[0] = *key;
	return index;
}

/* Let the key sort and compare as the clause does. */
static void
set_collation(CalIndexKey *key, const CalClause *clause)
{
	if (OidIsValid(clause->collation) && OidIsValid(key->collation))
		key->collation = clause->collation;
}

/* Whether a clause compares in a way that operator classes are about. */
static bool
compares(const CalClause *clause)
{
	return OidIsValid(clause->op) && (clause->kind == CAL_CLAUSE_OP ||
									  clause->kind == CAL_CLAUSE_ANY ||
									  clause->kind == CAL_CLAUSE_JOIN);
}

/* What an operator is to the default class for the expression, or 0. */
static int
default_strategy(Node *expr, Oid op, Oid am)
{
	CalIndexKey key;

	if (!cal_index_key(&key, expr, am))
		return 0;
	return get_op_opfamily_strategy(op, key.opfamily);
}

/* The method's default class, where nothing else serves the operator. */
static void
propose_default(Maker *m, const CalClause *clause, Node *expr, Oid am)
{
	CalIndexKey key;

	if (!cal_opclasses_default(&key, expr, clause->op, am))
		return;
	set_collation(&key, clause);
	m->out = lappend(m->out, single_key(m, am, &key));
}

/* Look for what serves a clause that no btree serves. */
static void
search_for(Maker *m, const CalClause *clause, Node *expr)
{
	Search	   *search = &m->search[m->nsearches];
	int			before = list_length(m->out);
	ListCell   *lc;

	if (m->nsearches == SEARCHES_MAX ||
		(clause->kind != CAL_CLAUSE_JOIN &&
		 clause->selectivity > SELECTS_LITTLE))
		return;
	search->clause = clause;
	search->expr = expr;
	search->keys = cal_opclasses_keys(expr, clause->op, GIN_AM_OID);
	foreach(lc, search->keys)
	{
		set_collation(lfirst(lc), clause);
	}
	if (search->keys != NIL)
	{
		m->nsearches++;
		return;
	}
	propose_default(m, clause, expr, GIST_AM_OID);
	if (list_length(m->out) == before)
		propose_default(m, clause, expr, SPGIST_AM_OID);
	if (list_length(m->out) == before)
		propose_default(m, clause, expr, HASH_AM_OID);
}

/* Whether a class serves all searches of its expression. */
static bool
serves_all(const Maker *m, const Search *search, const CalIndexKey *key)
{
	for (int i = 0; i < m->nsearches; i++)
		if (equal(search->expr, m->search[i].expr) &&
			get_op_opfamily_strategy(m->search[i].clause->op,
									 key->opfamily) == 0)
			return false;
	return true;
}

/* Whether an index with this key of this method was proposed before. */
static bool
is_known(const Maker *m, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, m->out)
	{
		if (cal_index_same(lfirst(lc), index))
			return true;
	}
	return false;
}

/* Every class for one search; those that serve all of the expression's first. */
static void
propose_gin(Maker *m, const Search *search)
{
	for (int all = 1; all >= 0; all--)
	{
		ListCell   *lc;

		foreach(lc, search->keys)
		{
			CalIndex   *index = single_key(m, GIN_AM_OID, lfirst(lc));

			if (serves_all(m, search, lfirst(lc)) == (all == 1) &&
				!is_known(m, index))
				m->out = lappend(m->out, index);
		}
	}
}

/* The key by which an equality could be part of a GIN index, or NULL. */
static CalIndexKey *
equality_key(const Maker *m)
{
	const CalClause *best = NULL;
	List	   *keys = NIL;
	ListCell   *lc;

	foreach(lc, m->want->clauses)
	{
		const CalClause *clause = lfirst(lc);
		Node	   *expr = cal_roles_expression(m->table, clause->expr);
		List	   *found;

		if (expr == NULL || clause->kind != CAL_CLAUSE_OP ||
			clause->selectivity > SELECTS_LITTLE ||
			(best && best->selectivity <= clause->selectivity) ||
			default_strategy(expr, clause->op,
							 BTREE_AM_OID) != BTEqualStrategyNumber)
			continue;
		found = cal_opclasses_keys(expr, clause->op, GIN_AM_OID);
		if (found == NIL)
			continue;
		best = clause;
		keys = found;
	}
	return keys != NIL ? linitial(keys) : NULL;
}

/* Two searches in one index; and one together with an equality. */
static void
propose_gin_pair(Maker *m)
{
	const CalIndexKey *first = linitial(m->search[0].keys);
	const CalIndexKey *second = NULL;
	CalIndex   *index;

	for (int i = 1; i < m->nsearches && second == NULL; i++)
		if (!equal(m->search[0].expr, m->search[i].expr))
			second = linitial(m->search[i].keys);
	if (second == NULL)
		second = equality_key(m);
	if (second == NULL || cal_roles_same_key(first, second))
		return;
	index = single_key(m, GIN_AM_OID, first);
	index->key[index->nkeys++] = *second;
	m->out = lappend(m->out, index);
}

/* BRIN for a range; the btree is its rival. */
static void
propose_brin(Maker *m, const CalClause *clause, Node *expr)
{
	CalIndexKey key;
	CalIndex   *index;

	if (!IsA(expr, Var) || m->table->pages < BRIN_PAGES_MIN ||
		fabs(m->table->column[((Var *) expr)->varattno].correlation) < IN_ORDER ||
		!cal_opclasses_default(&key, expr, clause->op, BRIN_AM_OID))
		return;
	index = single_key(m, BRIN_AM_OID, &key);
	if (!is_known(m, index))
		m->out = lappend(m->out, index);
}

/* Hash for the equality of wide values; the btree is its rival, if it can be. */
static void
propose_hash(Maker *m, const CalClause *clause, Node *expr)
{
	CalIndexKey key;
	CalIndex   *index;

	if (!cal_opclasses_default(&key, expr, clause->op, HASH_AM_OID) ||
		cal_roles_width(m->table, &key) <= HASH_WIDTH_MIN)
		return;
	set_collation(&key, clause);
	index = single_key(m, HASH_AM_OID, &key);
	if (!is_known(m, index))
		m->out = lappend(m->out, index);
}

/* Indexes that might help and are no btrees. */
List *
cal_other_make(const CalTable *table, const CalWant *want)
{
	Maker	   *m = palloc0(sizeof(Maker));
	ListCell   *lc;

	m->table = table;
	m->want = want;
	foreach(lc, want->clauses)
	{
		const CalClause *clause = lfirst(lc);
		Node	   *expr = cal_roles_expression(table, clause->expr);
		int			strategy;

		if (expr == NULL || !compares(clause))
			continue;
		strategy = default_strategy(expr, clause->op, BTREE_AM_OID);
		if (strategy == 0)
			search_for(m, clause, expr);
		else if (strategy == BTEqualStrategyNumber)
			propose_hash(m, clause, expr);
		else if (clause->kind != CAL_CLAUSE_ANY)
			propose_brin(m, clause, expr);
	}
	for (int i = 0; i < m->nsearches; i++)
		propose_gin(m, &m->search[i]);
	if (m->nsearches > 0)
		propose_gin_pair(m);
	return m->out;
}
