/*
 * loops.c
 *		What nested loops cost beyond what the planner takes them for.
 *
 * Owns: the paths of one planning that look up rows for values of another
 * relation.  Called by the sandbox and its hooks.  When the planner makes such
 * a path, it has to know how often it will be repeated, since pages that were
 * read stay in the cache; it takes the rows of the other relation, before any
 * join has made them fewer (see get_loop_count() in PostgreSQL's indxpath.c).
 * If a join makes them a tenth, each look-up costs up to ten times as much as
 * it thought, and an index that looks good makes the statement slower.  So the
 * chosen plan's look-ups are costed again, by the planner's own formulas, for
 * as many times as the plan itself expects.
 */
#include "postgres.h"

#include "optimizer/cost.h"

#include "advise/loops.h"

#define DEEPEST 100				/* levels of a plan that are looked into */

/* A path, and where it was made. */
typedef struct Lookup
{
	PlannerInfo *root;
	RelOptInfo *rel;
	Path	   *path;
} Lookup;

static List *lookups = NIL;

/* Before a planning. */
void
cal_loops_forget(void)
{
	lookups = NIL;
}

/* The paths of a relation are made: keep those that go by another's values. */
void
cal_loops_note(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		Path	   *path = lfirst(lc);
		Lookup	   *lookup;

		if (path->param_info == NULL ||
			(!IsA(path, IndexPath) && !IsA(path, BitmapHeapPath)))
			continue;
		lookup = palloc(sizeof(Lookup));
		lookup->root = root;
		lookup->rel = rel;
		lookup->path = path;
		lookups = lappend(lookups, lookup);
	}
}

/* What a look-up costs if there are that many. */
static double
cost_of(const Lookup *lookup, double times)
{
	if (IsA(lookup->path, IndexPath))
	{
		IndexPath	copy = *(IndexPath *) lookup->path;

		cost_index(&copy, lookup->root, times, false);
		return copy.path.total_cost;
	}
	else
	{
		BitmapHeapPath copy = *(BitmapHeapPath *) lookup->path;

		cost_bitmap_heap_scan(&copy.path, lookup->root, lookup->rel,
							  copy.path.param_info, copy.bitmapqual, times);
		return copy.path.total_cost;
	}
}

/* The path that a scan was made of, or NULL. */
static const Lookup *
lookup_of(const Plan *scan)
{
	ListCell   *lc;

	foreach(lc, lookups)
	{
		const Lookup *lookup = lfirst(lc);

		if (lookup->path->total_cost == scan->total_cost &&
			lookup->path->startup_cost == scan->startup_cost)
			return lookup;
	}
	return NULL;
}

/* The scan that a nested loop repeats, or NULL if it is not as simple. */
static const Plan *
repeated_scan(const NestLoop *loop)
{
	const Plan *inner = innerPlan(loop);

	while (inner && (IsA(inner, Memoize) || IsA(inner, Material) ||
					 IsA(inner, Result)))
		inner = outerPlan(inner);
	return inner && (IsA(inner, IndexScan) || IsA(inner, IndexOnlyScan) ||
					 IsA(inner, BitmapHeapScan)) ? inner : NULL;
}

/* What one nested loop costs more. */
static double
excess_of(const NestLoop *loop)
{
	const Plan *scan = repeated_scan(loop);
	const Lookup *lookup = scan ? lookup_of(scan) : NULL;
	double		times = Max(1, outerPlan(loop)->plan_rows);

	if (lookup == NULL)
		return 0;
	return Max(0, times * (cost_of(lookup, times) - scan->total_cost));
}

/* What all nested loops of a plan cost more. */
static double
excess_in(const Plan *plan, int depth)
{
	double		excess = 0;
	List	   *more = NIL;
	ListCell   *lc;

	if (plan == NULL || depth > DEEPEST)
		return 0;
	if (IsA(plan, NestLoop))
		excess += excess_of((const NestLoop *) plan);
	else if (IsA(plan, Append))
		more = ((const Append *) plan)->appendplans;
	else if (IsA(plan, MergeAppend))
		more = ((const MergeAppend *) plan)->mergeplans;
	else if (IsA(plan, SubqueryScan))
		excess += excess_in(((const SubqueryScan *) plan)->subplan, depth + 1);
	foreach(lc, more)
		excess += excess_in(lfirst(lc), depth + 1);
	return excess + excess_in(outerPlan(plan), depth + 1) +
		excess_in(innerPlan(plan), depth + 1);
}

/* After a planning, in the same memory. */
double
cal_loops_excess(PlannedStmt *plan)
{
	double		excess = lookups == NIL ? 0 : excess_in(plan->planTree, 0);

	lookups = NIL;
	return excess;
}
