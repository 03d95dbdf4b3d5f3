/*
 * wants.c
 *		What a statement wants of each relation that it reads.
 *
 * Owns: the list that is being collected.  Called through a hook of the
 * planner, in the sandbox, when a relation's paths are made: then views and
 * subqueries are pulled up, constants folded, conditions taken apart and led
 * to the relations they are about, and equalities of columns known as classes.
 * So nothing has to be found out from the statement's text.  Takes no lock.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/sysattr.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_operator_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "version_compat.h"

#include "advise/wants.h"

#define ARMS_MAX	16			/* of one OR */

static List **collected = NULL;
static MemoryContext collected_in = NULL;
static const char *collected_from = NULL;
static List *literals = NIL;	/* Const: what its text says, calculated */

/* What is being looked at. */
typedef struct Look
{
	PlannerInfo *root;
	RelOptInfo *rel;
	CalWant    *want;
} Look;

/* Whether an expression depends on more than its text; as a walker. */
static bool
depends(Node *node, void *context)
{
	return node && (IsA(node, Param) || IsA(node, Var) || IsA(node, SubLink) ||
					IsA(node, Aggref) || IsA(node, WindowFunc) ||
					expression_tree_walker(node, depends, context));
}

/* Note what the planner will calculate from the text alone; as a walker. */
static bool
gather_literals(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, gather_literals, context, 0);
	if ((IsA(node, ArrayExpr) || IsA(node, ArrayCoerceExpr) ||
		 IsA(node, FuncExpr) || IsA(node, OpExpr) || IsA(node, CoerceViaIO)) &&
		!depends(node, NULL))
	{
		node = eval_const_expressions(NULL, copyObject(node));
		if (IsA(node, Const))
			literals = lappend(literals, node);
		return false;
	}
	return expression_tree_walker(node, gather_literals, context);
}

/* Collect while the planner is at the query, which is still as it was; or stop. */
void
cal_wants_collect(List **wants, MemoryContext context, const char *source,
				  Query *query)
{
	collected = wants;
	collected_in = context;
	collected_from = source;
	literals = NIL;
	if (wants)
		(void) gather_literals((Node *) query, NULL);
}

/* A copy over relation number 1. */
static Node *
copy_for(const Look *look, Node *node)
{
	node = copyObject(node);
	ChangeVarNodes(node, look->rel->relid, 1, 0);
	return node;
}

/* What is compared, without a change of type that costs nothing. */
static Node *
bare(Node *node)
{
	while (node && IsA(node, RelabelType) &&
		   (IsA(((RelabelType *) node)->arg, Var) ||
			IsA(((RelabelType *) node)->arg, RelabelType)))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/*
 * Whether a constant came from a parameter: the planner puts its value there,
 * but in the text that place has a dollar sign.  What was calculated may have
 * come from one, unless the text alone says the same; what has a place
 * elsewhere is of an inlined function.
 */
static bool
was_parameter(const Const *value)
{
	if (value->location < 0)
		return !list_member(literals, value);
	return (size_t) value->location < strlen(collected_from) &&
		collected_from[value->location] == '$';
}

/* Whether a condition holds a value that its text does not. */
static bool
holds_value(Node *node, void *bound)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return true;
	if (IsA(node, Const))
		return bound && was_parameter((Const *) node);
	return expression_tree_walker(node, holds_value, bound);
}

/* Whether the statement's own text says all of a condition. */
static bool
is_fixed(const Look *look, Node *clause)
{
	ParamListInfo bound = look->root->glob->boundParams;

	return !contain_mutable_functions(clause) &&
		!holds_value(clause, bound && bound->numParams > 0 ? bound : NULL);
}

/* Whether something may be the key of an index, and so be the same next time. */
static bool
can_be_key(const Look *look, Node *expr)
{
	return expr && (IsA(expr, Var) || is_fixed(look, expr));
}

/* Note a condition; expr is NULL if no key could serve it. */
static CalClause *
note(const Look *look, CalClauseKind kind, Node *expr, Node *clause)
{
	CalClause  *c = palloc0(sizeof(CalClause));

	expr = bare(expr);
	if (!can_be_key(look, expr))
		expr = NULL;
	c->kind = expr ? kind : CAL_CLAUSE_OTHER;
	c->selectivity = clause_selectivity(look->root, clause, 0, JOIN_INNER,
										NULL);
	if (IsA(clause, RestrictInfo))
		clause = (Node *) ((RestrictInfo *) clause)->clause;
	c->expr = expr ? copy_for(look, expr) : NULL;
	c->clause = copy_for(look, clause);
	c->fixed = is_fixed(look, clause);
	c->seen = 1;
	look->want->clauses = lappend(look->want->clauses, c);
	return c;
}

/* A comparison: of what, and with what. */
static void
note_operator(const Look *look, OpExpr *op, Node *clause)
{
	Node	   *left = linitial(op->args);
	Node	   *right = list_length(op->args) == 2 ? lsecond(op->args) : NULL;
	bool		turn = right && !contain_var_clause(left);
	Oid			opno = turn ? get_commutator(op->opno) : op->opno;
	Node	   *value = turn ? left : right;
	CalClause  *c;

	if (right == NULL || !OidIsValid(opno) || contain_var_clause(value) ||
		contain_volatile_functions(value))
	{
		note(look, CAL_CLAUSE_OTHER, NULL, clause);
		return;
	}
	c = note(look, CAL_CLAUSE_OP, turn ? right : left, clause);
	c->op = opno;
	c->collation = op->inputcollid;
	if (IsA(value, Const))
		c->value = copyObject(value);
}

/* A comparison with each of several values. */
static void
note_any(const Look *look, ScalarArrayOpExpr *any, Node *clause)
{
	CalClause  *c;

	if (!any->useOr || contain_var_clause(lsecond(any->args)))
	{
		note(look, CAL_CLAUSE_OTHER, NULL, clause);
		return;
	}
	c = note(look, CAL_CLAUSE_ANY, linitial(any->args), clause);
	c->op = any->opno;
	c->collation = any->inputcollid;
	if (IsA(lsecond(any->args), Const))
		c->value = copyObject(lsecond(any->args));
}

/* A comparison of rows, which an index on the first column can serve. */
static void
note_row(const Look *look, RowCompareExpr *row, Node *clause)
{
	CalClause  *c;

	if (contain_var_clause((Node *) row->rargs))
	{
		note(look, CAL_CLAUSE_OTHER, NULL, clause);
		return;
	}
	c = note(look, CAL_CLAUSE_OP, linitial(row->largs), clause);
	c->op = linitial_oid(row->opnos);
	c->collation = linitial_oid(row->inputcollids);
}

/* A test of a boolean; NULL if that is no such test. */
static Node *
boolean_tested(Node *node, CalClauseKind *kind)
{
	*kind = CAL_CLAUSE_TRUE;
	if (IsA(node, Var))
		return node;
	if (is_notclause(node))
	{
		*kind = CAL_CLAUSE_FALSE;
		node = (Node *) get_notclausearg((Expr *) node);
		return IsA(node, Var) ? node : NULL;
	}
	if (!IsA(node, BooleanTest))
		return NULL;
	if (((BooleanTest *) node)->booltesttype == IS_FALSE)
		*kind = CAL_CLAUSE_FALSE;
	else if (((BooleanTest *) node)->booltesttype != IS_TRUE)
		return NULL;
	return (Node *) ((BooleanTest *) node)->arg;
}

/* One condition, a RestrictInfo or what is in one. */
static void
note_clause(const Look *look, Node *clause)
{
	Node	   *node = IsA(clause, RestrictInfo)
	? (Node *) ((RestrictInfo *) clause)->clause : clause;
	CalClauseKind kind;
	Node	   *tested;

	if (IsA(node, OpExpr))
		note_operator(look, (OpExpr *) node, clause);
	else if (IsA(node, ScalarArrayOpExpr))
		note_any(look, (ScalarArrayOpExpr *) node, clause);
	else if (IsA(node, RowCompareExpr))
		note_row(look, (RowCompareExpr *) node, clause);
	else if (IsA(node, NullTest) && !((NullTest *) node)->argisrow)
		note(look, ((NullTest *) node)->nulltesttype == IS_NULL
			 ? CAL_CLAUSE_NULL : CAL_CLAUSE_NOT_NULL,
			 (Node *) ((NullTest *) node)->arg, clause);
	else if ((tested = boolean_tested(node, &kind)) != NULL)
		note(look, kind, tested, clause);
	else
		note(look, CAL_CLAUSE_OTHER, NULL, clause);
}

/* Keep a want, with what is the same for all of a relation's. */
static CalWant *
keep_want(const Look *look)
{
	CalWant    *want = palloc(sizeof(CalWant));

	*want = *look->want;
	want->clauses = list_copy(look->want->clauses);
	*collected = lappend(*collected, want);
	return want;
}

/*
 * The arms of an OR, each as a want of its own, with the conditions that hold
 * beside it.
 */
static void
keep_arms(const Look *look, Expr *or)
{
	List	   *around = NIL;
	ListCell   *lc;
	int			n = 0;

	foreach(lc, look->want->clauses)
	{
		if (((CalClause *) lfirst(lc))->kind != CAL_CLAUSE_OTHER &&
			((CalClause *) lfirst(lc))->kind != CAL_CLAUSE_JOIN)
			around = lappend(around, lfirst(lc));
	}
	foreach(lc, ((BoolExpr *) or)->args)
	{
		Node	   *arm = lfirst(lc);
		CalWant		part = *look->want;
		Look		inside = {look->root, look->rel, &part};
		ListCell   *la;

		if (n++ == ARMS_MAX)
			return;
		part.clauses = list_copy(around);
		part.orders = NIL;
		if (IsA(arm, RestrictInfo))
			arm = (Node *) ((RestrictInfo *) arm)->clause;
		if (is_andclause(arm))
			foreach(la, ((BoolExpr *) arm)->args)
				note_clause(&inside, lfirst(la));
		else
			note_clause(&inside, arm);
		part.rows = look->want->tuples *
			clause_selectivity(look->root, arm, 0, JOIN_INNER, NULL);
		foreach(la, around)
			part.rows *= ((CalClause *) lfirst(la))->selectivity;
		keep_want(&inside);
	}
}

/* A comparison with something of another relation. */
static void
note_join(const Look *look, Node *expr, Oid op, Oid collation)
{
	CalClause  *c = palloc0(sizeof(CalClause));
	List	   *group = list_make1(expr);

	c->kind = CAL_CLAUSE_JOIN;
	c->selectivity = 1 / Max(1, estimate_num_groups(look->root, group,
													Max(look->rel->tuples, 1),
													NULL, NULL));
	c->expr = copy_for(look, bare(expr));
	c->op = op;
	c->collation = collation;
	c->seen = 1;
	look->want->clauses = lappend(look->want->clauses, c);
}

/* Joins that are not equalities, or not simple ones. */
static void
note_joins(const Look *look)
{
	ListCell   *lc;

	foreach(lc, look->rel->joininfo)
	{
		RestrictInfo *r = lfirst(lc);
		OpExpr	   *op = (OpExpr *) r->clause;
		Oid			opno;

		if (!IsA(op, OpExpr) || list_length(op->args) != 2)
			continue;
		if (bms_equal(r->left_relids, look->rel->relids) &&
			!bms_overlap(r->right_relids, look->rel->relids))
			note_join(look, linitial(op->args), op->opno, op->inputcollid);
		else if (bms_equal(r->right_relids, look->rel->relids) &&
				 !bms_overlap(r->left_relids, look->rel->relids) &&
				 OidIsValid(opno = get_commutator(op->opno)))
			note_join(look, lsecond(op->args), opno, op->inputcollid);
	}
}

/* The member of a class that is about this relation alone, or NULL. */
static EquivalenceMember *
member_of(const Look *look, EquivalenceClass *ec)
{
	ListCell   *lc;

	foreach(lc, ec->ec_members)
	{
		EquivalenceMember *em = lfirst(lc);

		if (!em->em_is_const && !em->em_is_child &&
			bms_equal(em->em_relids, look->rel->relids))
			return em;
	}
	return NULL;
}

/* Joins by equality. */
static void
note_equalities(const Look *look)
{
	ListCell   *lc;

	foreach(lc, look->root->eq_classes)
	{
		EquivalenceClass *ec = lfirst(lc);
		EquivalenceMember *em;
		Oid			op;

		if (ec->ec_has_const || ec->ec_has_volatile ||
			list_length(ec->ec_members) < 2 ||
			bms_is_subset(ec->ec_relids, look->rel->relids))
			continue;
		em = member_of(look, ec);
		if (em == NULL)
			continue;
		op = get_opfamily_member(linitial_oid(ec->ec_opfamilies),
								 em->em_datatype, em->em_datatype,
								 BTEqualStrategyNumber);
		if (OidIsValid(op))
			note_join(look, (Node *) em->em_expr, op, ec->ec_collation);
	}
}

/* The leading part of an order that is about this relation alone. */
static void
note_order(const Look *look, List *pathkeys)
{
	List	   *order = NIL;
	ListCell   *lc;

	foreach(lc, pathkeys)
	{
		PathKey    *pk = lfirst(lc);
		EquivalenceMember *em = member_of(look, pk->pk_eclass);
		CalOrderKey *key;

		if (em == NULL || contain_volatile_functions((Node *) em->em_expr))
			break;
		key = palloc(sizeof(CalOrderKey));
		key->expr = copy_for(look, bare((Node *) em->em_expr));
		key->opfamily = pk->pk_opfamily;
		key->collation = pk->pk_eclass->ec_collation;
		key->desc = CAL_PATHKEY_DESC(pk);
		key->nulls_first = pk->pk_nulls_first;
		order = lappend(order, key);
	}
	if (order != NIL)
		look->want->orders = lappend(look->want->orders, order);
}

/* The orders that would save a sort, each once. */
static void
note_orders(const Look *look)
{
	PlannerInfo *root = look->root;
	List	   *all[] = {root->sort_pathkeys, root->query_pathkeys,
		root->group_pathkeys, root->window_pathkeys, root->distinct_pathkeys
	};

	for (int i = 0; i < lengthof(all); i++)
	{
		bool		known = false;

		for (int j = 0; j < i; j++)
			known |= equal(all[i], all[j]);
		if (!known)
			note_order(look, all[i]);
	}
}

/* Plain columns by their numbers; whether there are others as well. */
static bool
plain_columns(const Bitmapset *attrs, Bitmapset **columns)
{
	bool		others = false;
	int			i = -1;

	while ((i = bms_next_member(attrs, i)) >= 0)
	{
		int			attno = i + FirstLowInvalidHeapAttributeNumber;

		if (attno > 0)
			*columns = bms_add_member(*columns, attno);
		else
			others = true;
	}
	return others;
}

/* The columns that a scan of the relation must read. */
static void
note_columns(const Look *look)
{
	CalWant    *want = look->want;
	Bitmapset  *output = NULL;
	Bitmapset  *tested = NULL;
	ListCell   *lc;

	pull_varattnos((Node *) look->rel->reltarget->exprs, look->rel->relid,
				   &output);
	foreach(lc, look->rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause,
					   look->rel->relid, &tested);
	want->whole = plain_columns(output, &want->output) ||
		plain_columns(tested, &want->columns);
	want->columns = bms_add_members(want->columns, want->output);
}

/* All that a relation's want is made of. */
static void
look_at(const Look *look)
{
	PlannerInfo *root = look->root;
	ListCell   *lc;
	CalWant    *want = look->want;

	want->tuples = look->rel->tuples;
	want->rows = look->rel->rows;
	want->limited = root->tuple_fraction > 0 || root->limit_tuples > 0;
	note_columns(look);
	note_orders(look);
	note_joins(look);
	note_equalities(look);
	foreach(lc, look->rel->baserestrictinfo)
	{
		RestrictInfo *r = lfirst_node(RestrictInfo, lc);

		if (!r->pseudoconstant)
			note_clause(look, (Node *) r);
	}
	want = keep_want(look);
	foreach(lc, look->rel->baserestrictinfo)
	{
		RestrictInfo *r = lfirst_node(RestrictInfo, lc);

		if (r->orclause)
			keep_arms(look, r->orclause);
	}
}

/* Whether a relation is a partition whose table is looked at in its place. */
static bool
is_partition(PlannerInfo *root, Index rti)
{
	AppendRelInfo *up = root->append_rel_array ? root->append_rel_array[rti]
	: NULL;
	RangeTblEntry *rte = up ? planner_rt_fetch(up->parent_relid, root) : NULL;

	return rte && rte->rtekind == RTE_RELATION &&
		rte->relkind == RELKIND_PARTITIONED_TABLE;
}

/* The planner has made the paths of a relation. */
void
cal_wants_rel(PlannerInfo *root, RelOptInfo *rel, Index rti,
			  RangeTblEntry *rte)
{
	MemoryContext before;
	CalWant		want = {.relid = rte->relid};
	Look		look = {root, rel, &want};

	if (collected == NULL || rte->rtekind != RTE_RELATION ||
		is_partition(root, rti) ||
		(rte->inh && rte->relkind != RELKIND_PARTITIONED_TABLE))
		return;
	before = MemoryContextSwitchTo(collected_in);
	look_at(&look);
	MemoryContextSwitchTo(before);
}
