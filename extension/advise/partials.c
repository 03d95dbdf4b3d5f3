/*
 * partials.c
 *		Conditions under which an index could leave rows out.
 *
 * Owns: which conditions of a statement can be a predicate.  Called where
 * candidates are made.  A condition that changes from one execution to the next
 * would make an index for one execution; so only what the statement's own text
 * says counts, and a value only if it is one of a few, or was the same in
 * several samples and is no equality.  Looks into catalogs; runs nobody's code;
 * takes no lock.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/lsyscache.h"

#include "advise/partials.h"

#define SELECTS_LITTLE	0.5		/* share of rows */
#define FEW_VALUES		20		/* as a status or a kind has */
#define SAME_VALUES		200		/* few enough if samples say the same */
#define SAMPLES_MIN		2		/* of them */
#define CONDITIONS_MAX	4

/* Whether an expression has a constant in it. */
static bool
has_constant(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		return true;
	return expression_tree_walker(node, has_constant, context);
}

/* What the operator of a clause is to a btree, or 0. */
static int
strategy_of(const CalTable *table, const CalClause *clause)
{
	Node	   *expr = cal_roles_expression(table, clause->expr);
	CalIndexKey key;
	Oid			op = clause->op;
	int			strategy;

	if (expr == NULL || !OidIsValid(op) ||
		!cal_index_key(&key, expr, BTREE_AM_OID))
		return 0;
	strategy = get_op_opfamily_strategy(op, key.opfamily);
	if (strategy != 0)
		return strategy;
	op = get_negator(op);
	return OidIsValid(op) ? get_op_opfamily_strategy(op, key.opfamily) : 0;
}

/*
 * Whether what is compared has few different values, as a status has; a number
 * that was seen once may just as well be somebody's.
 */
static bool
has_few_values(const CalTable *table, const CalClause *clause)
{
	bool		again = clause->seen >= SAMPLES_MIN;
	bool		number;
	double		distinct;

	if (strategy_of(table, clause) == 0)
		return false;
	number = TypeCategory(exprType(clause->expr)) == TYPCATEGORY_NUMERIC;
	if (number && !again)
		return false;
	distinct = cal_roles_known_distinct(table,
										cal_roles_expression(table,
															 clause->expr));
	return distinct >= 1 &&
		distinct <= (again && !number ? SAME_VALUES : FEW_VALUES);
}

/* Whether it is a bound that was the same again; points in time move on. */
static bool
is_lasting_bound(const CalTable *table, const CalClause *clause)
{
	return clause->seen >= SAMPLES_MIN &&
		strategy_of(table, clause) != BTEqualStrategyNumber &&
		(clause->expr == NULL ||
		 TypeCategory(exprType(clause->expr)) != TYPCATEGORY_DATETIME);
}

/* Whether the next execution will have this condition too. */
static bool
is_constant(const CalTable *table, const CalClause *clause)
{
	if (clause->kind == CAL_CLAUSE_NULL || clause->kind == CAL_CLAUSE_NOT_NULL ||
		clause->kind == CAL_CLAUSE_TRUE || clause->kind == CAL_CLAUSE_FALSE ||
		!has_constant(clause->clause, NULL) || has_few_values(table, clause))
		return true;
	return is_lasting_bound(table, clause);
}

/* Whether a clause can be the predicate of an index, and is worth it. */
static bool
is_usable(const CalTable *table, const CalClause *clause)
{
	return clause->fixed && clause->clause != NULL &&
		clause->kind != CAL_CLAUSE_JOIN &&
		clause->selectivity <= SELECTS_LITTLE &&
		cal_roles_lasting(clause->clause) && is_constant(table, clause);
}

/* Put the most selective first. */
static int
compare_selectivity(const ListCell *a, const ListCell *b)
{
	const CalClause *x = lfirst(a);
	const CalClause *y = lfirst(b);

	return (x->selectivity > y->selectivity) -
		(x->selectivity < y->selectivity);
}

/* One way to write what compares two columns: the first one on the left. */
static Node *
canonical(Node *clause)
{
	OpExpr	   *op = (OpExpr *) clause;
	OpExpr	   *turned;

	if (!IsA(clause, OpExpr) || list_length(op->args) != 2 ||
		!IsA(linitial(op->args), Var) || !IsA(lsecond(op->args), Var) ||
		linitial_node(Var, op->args)->varattno <=
		lsecond_node(Var, op->args)->varattno ||
		!OidIsValid(get_commutator(op->opno)))
		return clause;
	turned = copyObject(op);
	turned->opno = get_commutator(op->opno);
	turned->opfuncid = get_opcode(turned->opno);
	turned->args = list_make2(lsecond(op->args), linitial(op->args));
	return (Node *) turned;
}

/* All these clauses as one predicate. */
static CalPartial *
make_partial(List *clauses)
{
	CalPartial *partial = palloc0(sizeof(CalPartial));
	ListCell   *lc;

	partial->clauses = clauses;
	partial->share = 1;
	foreach(lc, clauses)
	{
		const CalClause *clause = lfirst(lc);

		partial->predicate = lappend(partial->predicate,
									 canonical(clause->clause));
		partial->share *= clause->selectivity;
	}
	return partial;
}

/* Rows in which the column is not null, where that is the smaller part. */
static CalPartial *
make_not_null(const CalTable *table, const CalRoleKeys *keys)
{
	for (int i = 0; i < keys->n; i++)
	{
		const CalIndexKey *key = &keys->key[i].key;
		CalPartial *partial;
		NullTest   *test;

		if (key->attno <= 0 || keys->key[i].place > 1 ||
			table->column[key->attno].nulls < 1 - SELECTS_LITTLE ||
			type_is_rowtype(key->typid))
			continue;
		test = makeNode(NullTest);
		test->arg = (Expr *) key->expr;
		test->nulltesttype = IS_NOT_NULL;
		test->location = -1;
		partial = palloc0(sizeof(CalPartial));
		partial->predicate = list_make1(test);
		partial->share = 1 - table->column[key->attno].nulls;
		return partial;
	}
	return NULL;
}

/* The most selective condition, all of them, and what is not null anyway. */
List *
cal_partials_make(const CalTable *table, const CalWant *want,
				  const CalRoles *roles)
{
	List	   *usable = NIL;
	List	   *partials = NIL;
	CalPartial *not_null;
	ListCell   *lc;

	foreach(lc, want->clauses)
	{
		if (is_usable(table, lfirst(lc)))
			usable = lappend(usable, lfirst(lc));
	}
	list_sort(usable, compare_selectivity);
	usable = list_truncate(usable, CONDITIONS_MAX);
	if (list_length(usable) > 1)
		partials = lappend(partials, make_partial(usable));
	if (usable != NIL)
		partials = lappend(partials, make_partial(list_make1(linitial(usable))));
	not_null = make_not_null(table, &roles->equal);
	if (not_null == NULL)
		not_null = make_not_null(table, &roles->join);
	if (not_null != NULL)
		partials = lappend(partials, not_null);
	return partials;
}
