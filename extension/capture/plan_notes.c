/*
 * plan_notes.c
 *		What is being read out of one plan, table by table.
 *
 * Owns: the rules which tables count and which conditions an index could
 * serve.  Called by plan_reader.c.  Conditions are noted with their operators;
 * what these mean is a question for the catalogs and so for the advisor.
 * Looks nothing up, allocates nothing, takes no lock.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator_d.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"

#include "capture/plan_notes.h"

/* The step from a partition to what it is a part of, or NULL. */
static AppendRelInfo *
parent_of(const PlannedStmt *stmt, Index rti)
{
	ListCell   *lc;

	foreach(lc, stmt->appendRelations)
	{
		AppendRelInfo *info = lfirst_node(AppendRelInfo, lc);
		RangeTblEntry *rte;

		if (info->child_relid != rti)
			continue;
		rte = rt_fetch(info->parent_relid, stmt->rtable);
		return rte->rtekind == RTE_RELATION &&
			rte->relkind == RELKIND_PARTITIONED_TABLE ? info : NULL;
	}
	return NULL;
}

/*
 * The partitioned table that a table is a part of, or that table itself.  An
 * index is to be made there, and there is one of it for many partitions.
 */
Index
cal_plan_notes_root(const CalPlanNotes *notes, Index rti, AttrNumber *attno)
{
	AppendRelInfo *info;

	while ((info = parent_of(notes->stmt, rti)) != NULL)
	{
		rti = info->parent_relid;
		if (*attno > 0 && *attno <= info->num_child_cols)
			*attno = info->parent_colnos[*attno - 1];
	}
	return rti;
}

/* The notes on a table of the range table; NULL if it does not count. */
CalPredicate *
cal_plan_notes_table(CalPlanNotes *notes, Index rti)
{
	RangeTblEntry *rte;
	AttrNumber	none = 0;
	CalPredicate *p;

	if (rti == 0 || rti > list_length(notes->stmt->rtable))
		return NULL;
	rti = cal_plan_notes_root(notes, rti, &none);
	rte = rt_fetch(rti, notes->stmt->rtable);
	if (rte->rtekind != RTE_RELATION || rte->relid < FirstNormalObjectId ||
		(rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_MATVIEW &&
		 rte->relkind != RELKIND_PARTITIONED_TABLE))
		return NULL;
	for (int i = 0; i < notes->n; i++)
		if (notes->table[i].key.relid == rte->relid)
			return &notes->table[i];
	if (notes->n == CAL_PLAN_TABLES)
	{
		notes->clipped = true;
		return NULL;
	}
	p = &notes->table[notes->n++];
	memset(p, 0, sizeof(*p));
	p->key.relid = rte->relid;
	return p;
}

/* A place for a sighting. */
CalSighting *
cal_plan_notes_sighting(CalPlanNotes *notes, CalSightingKind kind, Oid object)
{
	CalSighting *e;

	for (int i = 0; kind == CAL_SIGHTING_INDEX && i < notes->nsightings; i++)
		if (notes->sighting[i].key.object == object)
			return &notes->sighting[i];
	if (notes->nsightings == CAL_PLAN_SIGHTINGS || object < FirstNormalObjectId)
		return NULL;
	e = &notes->sighting[notes->nsightings++];
	memset(e, 0, sizeof(*e));
	e->key.kind = kind;
	e->key.object = object;
	return e;
}

/* Note a column in a role. */
void
cal_plan_notes_add(CalPlanNotes *notes, const CalPlanColumn *where,
				   CalPredicateColumn *what)
{
	CalPredicate *p = cal_plan_notes_table(notes, where->rti);
	AttrNumber	attno = where->attno;

	if (p == NULL)
		return;
	what->scan = (uint16) cal_plan_notes_root(notes, where->rti, &attno);
	what->attno = attno;
	cal_predicate_add(p, what);
	notes->added++;
}

/* Note one side of a comparison; the other is given as an expression. */
static void
note_side(CalPlanNotes *notes, OpExpr *op, const CalPlanColumn *column,
		  Node *other, bool commuted)
{
	CalPredicateColumn c = {.role = CAL_ROLE_COMPARE,.op = op->opno};

	if (IsA(other, Param) && ((Param *) other)->paramkind == PARAM_EXEC)
		c.role = CAL_ROLE_JOIN;
	else if (contain_var_clause(other))
		return;
	if (commuted)
		c.flags = CAL_COLUMN_COMMUTED;
	cal_plan_notes_add(notes, column, &c);
}

/* Note both sides of a comparison between tables. */
static void
note_join(CalPlanNotes *notes, OpExpr *op, const CalPlanColumn *left,
		  const CalPlanColumn *right)
{
	CalPredicateColumn l = {.role = CAL_ROLE_JOIN,.op = op->opno};
	CalPredicateColumn r = {.role = CAL_ROLE_JOIN,.op = op->opno,
	.flags = CAL_COLUMN_COMMUTED};

	if (left->rti == right->rti)
		return;
	cal_plan_notes_add(notes, left, &l);
	cal_plan_notes_add(notes, right, &r);
}

/* An operator's condition. */
static void
note_operator(CalPlanNotes *notes, Plan *plan, OpExpr *op)
{
	CalPlanColumn left,
				right;
	bool		is_left,
				is_right;

	if (list_length(op->args) != 2)
		return;
	is_left = cal_plan_vars_column(plan, linitial(op->args), &left);
	is_right = cal_plan_vars_column(plan, lsecond(op->args), &right);
	if (is_left && is_right)
		note_join(notes, op, &left, &right);
	else if (is_left)
		note_side(notes, op, &left, lsecond(op->args), false);
	else if (is_right)
		note_side(notes, op, &right, linitial(op->args), true);
}

/* A condition that names one column and needs no value of another. */
static void
note_single(CalPlanNotes *notes, Plan *plan, Node *arg, CalRole role, Oid op)
{
	CalPredicateColumn c = {.role = role,.op = op};
	CalPlanColumn where;

	if (cal_plan_vars_column(plan, arg, &where))
		cal_plan_notes_add(notes, &where, &c);
}

/* One condition, of which no part is joined to another by AND. */
static void
note_condition(CalPlanNotes *notes, Plan *plan, Node *clause)
{
	switch (nodeTag(clause))
	{
		case T_OpExpr:
			note_operator(notes, plan, (OpExpr *) clause);
			break;
		case T_ScalarArrayOpExpr:
			{
				ScalarArrayOpExpr *in = (ScalarArrayOpExpr *) clause;

				if (in->useOr && !contain_var_clause(lsecond(in->args)))
					note_single(notes, plan, linitial(in->args), CAL_ROLE_IN,
								in->opno);
			}
			break;
		case T_NullTest:
			if (((NullTest *) clause)->nulltesttype == IS_NULL &&
				!((NullTest *) clause)->argisrow)
				note_single(notes, plan, (Node *) ((NullTest *) clause)->arg,
							CAL_ROLE_NULL, InvalidOid);
			break;
		case T_Var:
			note_single(notes, plan, clause, CAL_ROLE_COMPARE,
						BooleanEqualOperator);
			break;
		default:
			break;
	}
}

/* One condition of a node; false if it was not noted as a whole. */
static bool
note_clause(CalPlanNotes *notes, Plan *plan, Node *clause)
{
	BoolExpr   *logic = IsA(clause, BoolExpr) ? (BoolExpr *) clause : NULL;
	int			before = notes->added;

	if (logic == NULL)
		note_condition(notes, plan, clause);
	else if (logic->boolop == AND_EXPR)
		return cal_plan_notes_quals(notes, plan, logic->args);
	else if (logic->boolop == NOT_EXPR && IsA(linitial(logic->args), Var))
		note_condition(notes, plan, linitial(logic->args));
	return notes->added > before;
}

/* The conditions of a node, all of which must hold. */
bool
cal_plan_notes_quals(CalPlanNotes *notes, Plan *plan, List *quals)
{
	bool		all = true;
	ListCell   *lc;

	foreach(lc, quals)
		if (!note_clause(notes, plan, lfirst(lc)))
		all = false;
	return all;
}
