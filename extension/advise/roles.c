/*
 * roles.c
 *		What each clause and order of a scan could be in a btree.
 *
 * Owns: which expressions can be keys, and how operators are classified: by
 * the operator family of the expression's type.  Called by the files that make
 * candidates.  Looks into catalogs; runs nobody's code; takes no lock.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "catalog/pg_am_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "advise/patterns.h"
#include "advise/roles.h"

#define KEY_WIDTH_MAX	1000	/* bytes; a btree takes no key beyond 2,700 */
#define RANGE_MIN		0.005	/* what a range between two bounds may select */

/* Whether an expression has parts that no index may have. */
static bool
has_foreign_parts(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
			return ((Var *) node)->varattno <= 0 ||
				((Var *) node)->varlevelsup > 0;
		case T_Param:
		case T_SubLink:
		case T_SubPlan:
		case T_AlternativeSubPlan:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_PlaceHolderVar:
		case T_CurrentOfExpr:
			return true;
		default:
			return expression_tree_walker(node, has_foreign_parts, context);
	}
}

/* Whether an expression is of the row's columns alone, and the same for ever. */
bool
cal_roles_lasting(Node *expr)
{
	Bitmapset  *columns = NULL;

	if (has_foreign_parts(expr, NULL) || contain_mutable_functions(expr) ||
		expression_returns_set(expr))
		return false;
	pull_varattnos(expr, 1, &columns);
	return !bms_is_empty(columns);
}

/* An expression as a key has it; NULL if it cannot be one. */
Node *
cal_roles_expression(const CalTable *table, Node *expr)
{
	while (expr && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	if (expr == NULL)
		return NULL;
	if (!IsA(expr, Var))
		return cal_roles_lasting(expr) ? expr : NULL;
	return ((Var *) expr)->varattno > 0 &&
		((Var *) expr)->varattno <= table->natts ? expr : NULL;
}

/* Whether two keys are of the same values. */
bool
cal_roles_same_key(const CalIndexKey *a, const CalIndexKey *b)
{
	return a->attno == b->attno && (a->attno != 0 || equal(a->expr, b->expr));
}

/* Different values of an expression; 0 if unknown. */
double
cal_roles_known_distinct(const CalTable *table, Node *expr)
{
	CalExpression *known;

	if (IsA(expr, Var))
		return table->column[((Var *) expr)->varattno].distinct;
	known = cal_table_expression(table, expr);
	return known ? known->distinct : 0;
}

/* Different values of a key; a guess if unknown. */
double
cal_roles_distinct(const CalTable *table, const CalIndexKey *key)
{
	double		distinct = cal_roles_known_distinct(table, key->expr);

	return distinct >= 1 ? distinct : Max(1, table->tuples / 10);
}

/* Bytes of a key, on average; a guess if unknown. */
int
cal_roles_width(const CalTable *table, const CalIndexKey *key)
{
	int			width = 0;

	if (key->attno > 0)
		width = table->column[key->attno].width;
	else
	{
		CalExpression *known = cal_table_expression(table, key->expr);

		if (known)
			width = known->width;
	}
	return width > 0 ? width : get_typavgwidth(key->typid, -1);
}

/*
 * Append a key.  One that is there already is made narrower: two bounds of a
 * range leave what both let pass.
 */
static void
put(CalRoleKeys *keys, const CalRoleKey *new, bool range)
{
	int			i;

	for (i = 0; i < keys->n; i++)
	{
		CalRoleKey *old = &keys->key[i];

		if (!cal_roles_same_key(&old->key, &new->key) ||
			old->key.opfamily != new->key.opfamily)
			continue;
		old->selectivity = range
			? Max(RANGE_MIN, old->selectivity + new->selectivity - 1)
			: Min(old->selectivity, new->selectivity);
		old->place = Min(old->place, new->place);
		return;
	}
	if (keys->n == CAL_ROLE_KEYS)
		return;
	keys->key[keys->n++] = *new;
}

/* Whether a comes before b. */
static bool
precedes(const CalRoleKey *a, const CalRoleKey *b)
{
	if (a->place != b->place)
		return a->place < b->place;
	return a->selectivity < b->selectivity;
}

/* Put the most selective first. */
static void
sort(CalRoleKeys *keys)
{
	for (int i = 1; i < keys->n; i++)
		for (int j = i; j > 0 && precedes(&keys->key[j], &keys->key[j - 1]); j--)
		{
			CalRoleKey	swap = keys->key[j];

			keys->key[j] = keys->key[j - 1];
			keys->key[j - 1] = swap;
		}
}

/* Whether values have an order; arrays and rows only if their parts have. */
static bool
has_order(Oid typid)
{
	return OidIsValid(lookup_type_cache(typid, TYPECACHE_CMP_PROC)->cmp_proc);
}

/* The key for an expression as it is compared or sorted; or not. */
static bool
make_key(const CalTable *table, Node *expr, Oid collation, CalIndexKey *key)
{
	if (!cal_index_key(key, expr, BTREE_AM_OID) || !has_order(key->typid) ||
		cal_roles_width(table, key) > KEY_WIDTH_MAX)
		return false;
	if (OidIsValid(collation) && OidIsValid(key->collation))
		key->collation = collation;
	return true;
}

/* The key for a column; false if it cannot be one. */
bool
cal_roles_column_key(const CalTable *table, AttrNumber attno, CalIndexKey *key)
{
	const CalTableColumn *column;

	if (attno <= 0 || attno > table->natts)
		return false;
	column = &table->column[attno];
	return make_key(table, (Node *) makeVar(1, attno, column->typid,
											column->typmod, column->collation,
											0), InvalidOid, key);
}

/* Which list a comparison belongs to, or NULL. */
static CalRoleKeys *
list_for(CalRoles *roles, const CalClause *clause, const CalIndexKey *key)
{
	int			strategy;

	if (!OidIsValid(clause->op))
		return NULL;
	strategy = get_op_opfamily_strategy(clause->op, key->opfamily);
	if (strategy == 0)
		return NULL;
	if (strategy != BTEqualStrategyNumber)
		return &roles->range;
	return clause->kind == CAL_CLAUSE_JOIN ? &roles->join : &roles->equal;
}

/* Add a comparison, or the search for a beginning. */
static void
add_comparison(CalRoles *roles, const CalTable *table, const CalClause *clause,
			   CalRoleKey *new)
{
	CalRoleKeys *list = list_for(roles, clause, &new->key);

	if (list == NULL)
	{
		if (!cal_patterns_key(clause, new->key.expr, &new->key))
			return;
		list = &roles->range;
	}
	if (clause->kind == CAL_CLAUSE_JOIN)
		new->selectivity = list == &roles->join
			? 1 / cal_roles_distinct(table, &new->key) : 0.3;
	put(list, new, list == &roles->range);
}

/* Add one clause to the lists. */
static void
add_clause(CalRoles *roles, const CalTable *table, const CalClause *clause)
{
	CalRoleKey	new = {.selectivity = clause->selectivity};
	Node	   *expr = cal_roles_expression(table, clause->expr);

	if (expr == NULL || clause->kind == CAL_CLAUSE_OTHER ||
		!make_key(table, expr, clause->collation, &new.key))
		return;
	switch (clause->kind)
	{
		case CAL_CLAUSE_OP:
		case CAL_CLAUSE_ANY:
		case CAL_CLAUSE_JOIN:
			new.place = clause->kind == CAL_CLAUSE_ANY;
			add_comparison(roles, table, clause, &new);
			break;
		case CAL_CLAUSE_NOT_NULL:
			put(&roles->range, &new, true);
			break;
		default:
			new.place = 2;
			put(&roles->equal, &new, false);
	}
}

/* Whether the list has this key. */
static bool
has_key(const CalRoleKeys *keys, const CalIndexKey *key)
{
	for (int i = 0; i < keys->n; i++)
		if (cal_roles_same_key(&keys->key[i].key, key))
			return true;
	return false;
}

/* Write an order that goes down all the way as one that goes up. */
static void
turn_upwards(CalRoleKeys *order)
{
	for (int i = 0; i < order->n; i++)
		if (!order->key[i].key.desc || !order->key[i].key.nulls_first)
			return;
	for (int i = 0; i < order->n; i++)
		order->key[i].key.desc = order->key[i].key.nulls_first = false;
}

/*
 * Add an order, as far as a btree can have it: what comes after a key that
 * cannot be one is of no use.  Keys that equal one value are passed over.
 */
static void
add_order(CalRoles *roles, const CalTable *table, List *keys)
{
	CalRoleKeys *order = &roles->order[roles->norders];
	ListCell   *lc;

	order->n = 0;
	foreach(lc, keys)
	{
		const CalOrderKey *wanted = lfirst(lc);
		CalRoleKey	new = {.selectivity = 1};
		Node	   *expr = cal_roles_expression(table, wanted->expr);

		if (expr == NULL || order->n == CAL_INDEX_KEYS ||
			!make_key(table, expr, wanted->collation, &new.key) ||
			new.key.opfamily != wanted->opfamily)
			break;
		new.key.desc = wanted->desc;
		new.key.nulls_first = wanted->nulls_first;
		if (!has_key(order, &new.key))
			put(order, &new, false);
	}
	if (order->n == 0)
		return;
	turn_upwards(order);
	roles->norders++;
}

/* Collect what a scan wants, without these clauses. */
CalRoles *
cal_roles_collect(const CalTable *table, const CalWant *want,
				  const List *without)
{
	CalRoles   *roles = palloc0(sizeof(CalRoles));
	ListCell   *lc;

	foreach(lc, want->clauses)
	{
		if (!list_member_ptr(without, lfirst(lc)))
			add_clause(roles, table, lfirst(lc));
	}
	sort(&roles->equal);
	sort(&roles->range);
	sort(&roles->join);
	foreach(lc, want->orders)
	{
		if (roles->norders < CAL_ROLE_ORDERS)
			add_order(roles, table, lfirst(lc));
	}
	return roles;
}
