/*
 * plan_vars.c
 *		Finds the table column behind an expression of a finished plan.
 *
 * Owns nothing.  Called by the plan reader's files.  In a finished plan, what
 * a join or a sort looks at are numbers of outputs of the nodes below it; this
 * follows them down to the scan where the column was read.  Looks nothing up
 * in catalogs, allocates nothing.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "capture/plan_vars.h"

#define DEEPEST 64				/* nodes followed down, at most */

static bool follow(Plan *plan, Node *expr, CalPlanColumn *out, int depth);

/* Follow the nth output of a node. */
static bool
follow_output(Plan *plan, List *tlist, AttrNumber n, CalPlanColumn *out,
			  int depth)
{
	TargetEntry *entry;

	if (plan == NULL || n <= 0 || n > list_length(tlist) || depth > DEEPEST)
		return false;
	entry = list_nth_node(TargetEntry, tlist, n - 1);
	return follow(plan, (Node *) entry->expr, out, depth + 1);
}

/* The node whose outputs the outer references of a node mean. */
static Plan *
outer_of(Plan *plan)
{
	List	   *plans = NIL;

	if (IsA(plan, Append))
		plans = ((Append *) plan)->appendplans;
	else if (IsA(plan, MergeAppend))
		plans = ((MergeAppend *) plan)->mergeplans;
	else
		return outerPlan(plan);
	return plans == NIL ? NULL : (Plan *) linitial(plans);
}

/* Follow a reference to what a scan itself reads. */
static bool
follow_scan(Plan *plan, Var *var, CalPlanColumn *out, int depth)
{
	if (IsA(plan, SubqueryScan) &&
		var->varno == ((SubqueryScan *) plan)->scan.scanrelid)
	{
		Plan	   *sub = ((SubqueryScan *) plan)->subplan;

		return follow_output(sub, sub->targetlist, var->varattno, out, depth);
	}
	out->rti = var->varno;
	out->attno = var->varattno;
	return true;
}

/* Follow an expression of a node. */
static bool
follow(Plan *plan, Node *expr, CalPlanColumn *out, int depth)
{
	Var		   *var;
	Plan	   *below;

	while (expr && IsA(expr, RelabelType))
		expr = (Node *) ((RelabelType *) expr)->arg;
	if (expr == NULL || !IsA(expr, Var))
		return false;
	var = (Var *) expr;
	if (var->varattno <= 0 || var->varlevelsup != 0)
		return false;
	if (!IS_SPECIAL_VARNO(var->varno))
		return follow_scan(plan, var, out, depth);
	if (var->varno == INDEX_VAR)
	{
		if (!IsA(plan, IndexOnlyScan))
			return false;
		return follow_output(plan, ((IndexOnlyScan *) plan)->indextlist,
							 var->varattno, out, depth);
	}
	if (var->varno != OUTER_VAR && var->varno != INNER_VAR)
		return false;
	below = var->varno == OUTER_VAR ? outer_of(plan) : innerPlan(plan);
	return below && follow_output(below, below->targetlist, var->varattno,
								  out, depth);
}

/* The column behind an expression that a node evaluates, if it is one. */
bool
cal_plan_vars_column(Plan *plan, Node *expr, CalPlanColumn *out)
{
	return follow(plan, expr, out, 0);
}

/* The column behind the nth output of a node, if it is one. */
bool
cal_plan_vars_output(Plan *plan, AttrNumber n, CalPlanColumn *out)
{
	return plan && follow_output(plan, plan->targetlist, n, out, 0);
}
