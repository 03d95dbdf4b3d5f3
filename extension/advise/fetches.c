/*
 * fetches.c
 *		Rows that a plan fetches one by one, from pages here and there.
 *
 * Owns: the estimate of how many.  Called in the sandbox.  The planner takes
 * it that pages fetched often come from memory, and then counts next to
 * nothing for them; but even there a row costs its time.  Rows of a scan whose
 * condition is beyond the index are not in the plan any more, so they are
 * found again from the distinct values of the keys.  Looks at plans and
 * catalogs only; takes no lock.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "advise/fetches.h"

#define BITMAP_SHARE	0.3		/* of the work, if they come in page order */
#define WHOLE_SHARE		1.0		/* and if no condition picked them */

typedef struct Look
{
	CalFetches *sum;
	const CalShow *show;
	const PlannedStmt *plan;
} Look;

/* How a node runs. */
typedef struct Run
{
	double		loops;			/* how often */
	double		part;			/* of its rows that are asked for */
	double		order;			/* 1: from loop to loop, as the table lies */
} Run;

static void walk(const Look *look, Plan *plan, Run run);

/* The table that a scan reads, if we know it. */
static const CalTable *
table_of(const Look *look, const Scan *scan)
{
	Oid			relid = rt_fetch(scan->scanrelid, look->plan->rtable)->relid;
	ListCell   *lc;

	foreach(lc, look->show->tables)
	{
		const CalTable *table = lfirst(lc);

		if (table->relid == relid)
			return table;
	}
	return NULL;
}

/* The index that a scan uses, if we know it. */
static const CalIndex *
index_of(const Look *look, const CalTable *table, Oid oid)
{
	ListCell   *lc;

	for (int i = 0; i < look->show->n; i++)
		if (look->show->indexes[i]->index.oid == oid)
			return &look->show->indexes[i]->index;
	foreach(lc, table->indexes)
	{
		if (((const CalIndex *) lfirst(lc))->oid == oid)
			return lfirst(lc);
	}
	return NULL;
}

/* The key that a condition compares for equality; NULL: it is another one. */
static const CalIndexKey *
equal_key(const CalIndex *index, const Node *qual)
{
	const OpExpr *op = (const OpExpr *) qual;

	if (!IsA(qual, OpExpr) || list_length(op->args) != 2)
		return NULL;
	for (int side = 0; side < 2; side++)
	{
		const Node *arg = list_nth(op->args, side);
		Oid			opno = side == 0 ? op->opno : get_commutator(op->opno);

		for (int i = 0; IsA(arg, Var) && i < index->nkeys; i++)
			if (index->key[i].attno == ((const Var *) arg)->varattno &&
				OidIsValid(opno) &&
				get_op_opfamily_strategy(opno, index->key[i].opfamily) ==
				BTEqualStrategyNumber)
				return &index->key[i];
	}
	return NULL;
}

/* Rows that an index gives for these conditions, before others are checked. */
static double
rows_before(const CalTable *table, const CalIndex *index, List *quals,
			double rows)
{
	double		found = table->tuples * (index->predicate ? index->share : 1);
	ListCell   *lc;

	foreach(lc, quals)
	{
		const CalIndexKey *key = equal_key(index, lfirst(lc));

		if (key == NULL || table->column[key->attno].distinct < 1)
			return rows;
		found /= table->column[key->attno].distinct;
	}
	return Max(rows, Min(found, table->tuples));
}

/* How far an index has the order of the table, 0 to 1. */
static double
order_of(const CalTable *table, const CalIndex *index)
{
	double		correlation = 0;

	if (index->key[0].attno > 0)
		correlation = table->column[index->key[0].attno].correlation;
	return correlation * correlation;
}

/* Count an index scan; rows in the order of the table come page by page. */
static void
count_index_scan(const Look *look, const IndexScan *scan, Run run)
{
	const CalTable *table = table_of(look, &scan->scan);
	const CalIndex *index = table ? index_of(look, table, scan->indexid) : NULL;
	double		rows = scan->scan.plan.plan_rows;
	double		times = run.loops * run.part;
	double		order;

	if (index == NULL)
		return;
	if (scan->scan.plan.qual != NIL && scan->indexqualorig != NIL)
		rows = rows_before(table, index, scan->indexqualorig, rows);
	order = order_of(table, index);
	look->sum->rows += times * rows * (1 - order);
	look->sum->cost += times * scan->scan.plan.total_cost;
	if (run.loops > 1)
		look->sum->jumps += run.loops * order * (1 - run.order);
}

/* Rows that a bitmap gives, as the work to fetch them counts. */
static double
bitmap_work(const Plan *plan)
{
	double		rows = 0;
	ListCell   *lc;

	if (IsA(plan, BitmapIndexScan))
		return plan->plan_rows *
			(((const BitmapIndexScan *) plan)->indexqual == NIL ?
			 WHOLE_SHARE : BITMAP_SHARE);
	if (!IsA(plan, BitmapOr))
		return BITMAP_SHARE * plan->plan_rows;
	foreach(lc, ((const BitmapOr *) plan)->bitmapplans)
		rows += bitmap_work(lfirst(lc));
	return rows;
}

/* Count a scan of what a bitmap gives. */
static void
count_bitmap_scan(const Look *look, const Plan *plan, Run run)
{
	look->sum->rows += run.loops * run.part * bitmap_work(outerPlan(plan));
	look->sum->cost += run.loops * run.part * plan->total_cost;
}

/* Whether a node reads all of what is below it before it gives anything. */
static bool
is_blocking(const Plan *plan)
{
	return IsA(plan, Sort) || IsA(plan, Hash) || IsA(plan, ModifyTable) ||
		(IsA(plan, Agg) && ((const Agg *) plan)->aggstrategy != AGG_SORTED);
}

/* How far a plan gives rows in the order in which some table lies. */
static double
order_given(const Look *look, const Plan *plan)
{
	const CalTable *table;
	const CalIndex *index;
	Oid			oid;

	while (outerPlan(plan) && !IsA(plan, BitmapHeapScan))
	{
		if (is_blocking(plan) || IsA(plan, IncrementalSort))
			return 0;
		plan = outerPlan(plan);
	}
	if (!IsA(plan, IndexScan) && !IsA(plan, IndexOnlyScan))
		return 1;
	oid = IsA(plan, IndexScan) ? ((const IndexScan *) plan)->indexid
		: ((const IndexOnlyScan *) plan)->indexid;
	table = table_of(look, (const Scan *) plan);
	index = table ? index_of(look, table, oid) : NULL;
	return index ? order_of(table, index) : 0;
}

/* How the node below runs. */
static Run
run_below(const Plan *plan, Run run)
{
	if (IsA(plan, Limit) && outerPlan(plan)->plan_rows > plan->plan_rows)
		run.part *= plan->plan_rows / outerPlan(plan)->plan_rows;
	if (is_blocking(plan))
		run.part = 1;
	return run;
}

/* How the inner side of a join runs. */
static Run
run_inner(const Look *look, const Plan *plan, Run run)
{
	if (!IsA(plan, NestLoop))
		return run;
	if (!IsA(innerPlan(plan), Material) && !IsA(innerPlan(plan), Memoize))
		run.loops *= run.part * Max(1, outerPlan(plan)->plan_rows);
	run.part = 1;
	run.order = order_given(look, outerPlan(plan));
	return run;
}

/* Look at several plans. */
static void
walk_all(const Look *look, List *plans, Run run)
{
	ListCell   *lc;

	foreach(lc, plans)
		walk(look, lfirst(lc), run);
}

/* Look at a plan, and at what is below it. */
static void
walk(const Look *look, Plan *plan, Run run)
{
	if (plan == NULL)
		return;
	if (IsA(plan, IndexScan))
		count_index_scan(look, (IndexScan *) plan, run);
	if (IsA(plan, BitmapHeapScan))
		count_bitmap_scan(look, plan, run);
	else if (outerPlan(plan))
		walk(look, outerPlan(plan), run_below(plan, run));
	if (innerPlan(plan))
		walk(look, innerPlan(plan), run_inner(look, plan, run));
	if (IsA(plan, Append))
		walk_all(look, ((Append *) plan)->appendplans, run);
	if (IsA(plan, MergeAppend))
		walk_all(look, ((MergeAppend *) plan)->mergeplans, run);
	if (IsA(plan, SubqueryScan))
		walk(look, ((SubqueryScan *) plan)->subplan, run);
}

/* Count the rows of a whole plan. */
void
cal_fetches_add(CalFetches *sum, const CalShow *show, const PlannedStmt *plan)
{
	Look		look = {.sum = sum,.show = show,.plan = plan};
	Run			once = {.loops = 1,.part = 1,.order = 1};

	walk(&look, plan->planTree, once);
	walk_all(&look, plan->subplans, once);
}
