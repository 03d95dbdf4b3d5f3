/*
 * plan_reader.c
 *		Reads the predicates, joins and orders out of an executed plan.
 *
 * Owns: the walk over the plan's nodes, and the notes of the plan being read,
 * of which there is one at a time.  Called by execution.c and observe.c at the
 * end of a sampled execution that succeeded.  Bounded in depth and number of
 * nodes; what is passed over leaves the mark "clipped".  Reads rows per node
 * where the executor counted them.  Behind a shield, so it raises nothing; no
 * catalog is looked at, and each store's lock is taken once, at the end.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"

#include "capture/clock.h"
#include "capture/plan_notes.h"
#include "capture/plan_reader.h"
#include "capture/plan_writes.h"
#include "capture/samples.h"
#include "platform/local.h"
#include "platform/shield.h"

#define DEEPEST		64
#define NODES_MAX	500
#define MANY_ROWS	1000		/* a scan of so many is worth a note by itself */

static CAL_LARGE CalPlanNotes notes;

/* Note the rows that a scan read, returned and threw away. */
static void
note_rows(Index rti, const Instrumentation *instr)
{
	CalPredicate *p = cal_plan_notes_table(&notes, rti);

	if (p == NULL || instr == NULL)
		return;
	p->rows_filtered += instr->nfiltered1 + instr->nfiltered2;
	p->rows_returned += cal_plan_rows(instr);
}

/* Note that an index was used, unless its node never ran. */
static void
note_index(const PlanState *state, Oid indexid)
{
	const Instrumentation *instr = state->instrument;

	if (instr == NULL || instr->nloops > 0 || instr->running)
		cal_plan_notes_sighting(&notes, CAL_SIGHTING_INDEX, indexid);
}

/* Conditions that a scan has an index check, or had checked. */
static List *
index_quals(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return ((IndexScan *) plan)->indexqualorig;
		case T_IndexOnlyScan:
			return ((IndexOnlyScan *) plan)->indexqual;
		case T_BitmapHeapScan:
			return ((BitmapHeapScan *) plan)->bitmapqualorig;
		default:
			return NIL;
	}
}

/* A scan of a table: its conditions and its rows. */
static void
read_scan(PlanState *state)
{
	Plan	   *plan = state->plan;
	Index		rti = ((Scan *) plan)->scanrelid;
	bool		all;
	CalPredicate *p;

	note_rows(rti, state->instrument);
	all = cal_plan_notes_quals(&notes, plan, plan->qual);
	all &= cal_plan_notes_quals(&notes, plan, index_quals(plan));
	if (!all && (p = cal_plan_notes_table(&notes, rti)) != NULL)
		p->others = true;
	if (IsA(plan, IndexScan))
		note_index(state, ((IndexScan *) plan)->indexid);
	else if (IsA(plan, IndexOnlyScan))
		note_index(state, ((IndexOnlyScan *) plan)->indexid);
}

/* A join: its conditions. */
static void
read_join(Plan *plan)
{
	cal_plan_notes_quals(&notes, plan, ((Join *) plan)->joinqual);
	if (IsA(plan, HashJoin))
		cal_plan_notes_quals(&notes, plan, ((HashJoin *) plan)->hashclauses);
	else if (IsA(plan, MergeJoin))
		cal_plan_notes_quals(&notes, plan, ((MergeJoin *) plan)->mergeclauses);
}

/* An order: its leading columns that belong to one scan. */
static void
read_order(Plan *plan, int n, const AttrNumber *output, const Oid *op,
		   const bool *nulls_first)
{
	CalPlanColumn first = {0};

	for (int i = 0; i < n; i++)
	{
		CalPredicateColumn c = {.role = CAL_ROLE_ORDER,.op = op[i],
		.position = i + 1};
		CalPlanColumn where;

		if (!cal_plan_vars_output(plan, output[i], &where))
			return;
		if (i == 0)
			first = where;
		if (where.rti != first.rti)
			return;
		c.flags = (nulls_first[i] ? CAL_COLUMN_NULLS_FIRST : 0) |
			(notes.limit ? CAL_COLUMN_LIMIT : 0);
		cal_plan_notes_add(&notes, &where, &c);
	}
}

/* Grouping: as an order in which directions do not matter. */
static void
read_group(Plan *plan, int n, const AttrNumber *input, const Oid *op)
{
	CalPlanColumn first = {0};

	for (int i = 0; i < n; i++)
	{
		CalPredicateColumn c = {.role = CAL_ROLE_GROUP,.op = op[i],
		.position = i + 1};
		CalPlanColumn where;

		if (!cal_plan_vars_output(outerPlan(plan), input[i], &where))
			return;
		if (i == 0)
			first = where;
		if (where.rti != first.rti)
			return;
		cal_plan_notes_add(&notes, &where, &c);
	}
}

/* One node. */
static void
read_node(PlanState *state)
{
	Plan	   *plan = state->plan;

	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_SubqueryScan:
			read_scan(state);
			break;
		case T_BitmapIndexScan:
			note_index(state, ((BitmapIndexScan *) plan)->indexid);
			break;
		case T_ModifyTable:
			cal_plan_writes_note(&notes, (ModifyTableState *) state);
			break;
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			read_join(plan);
			break;
		case T_Sort:
			read_order(plan, ((Sort *) plan)->numCols,
					   ((Sort *) plan)->sortColIdx,
					   ((Sort *) plan)->sortOperators,
					   ((Sort *) plan)->nullsFirst);
			break;
		case T_IncrementalSort:
			read_order(plan, ((IncrementalSort *) plan)->sort.numCols,
					   ((IncrementalSort *) plan)->sort.sortColIdx,
					   ((IncrementalSort *) plan)->sort.sortOperators,
					   ((IncrementalSort *) plan)->sort.nullsFirst);
			break;
		case T_MergeAppend:
			read_order(plan, ((MergeAppend *) plan)->numCols,
					   ((MergeAppend *) plan)->sortColIdx,
					   ((MergeAppend *) plan)->sortOperators,
					   ((MergeAppend *) plan)->nullsFirst);
			break;
		case T_Agg:
			read_group(plan, ((Agg *) plan)->numCols,
					   ((Agg *) plan)->grpColIdx, ((Agg *) plan)->grpOperators);
			break;
		case T_Group:
			read_group(plan, ((Group *) plan)->numCols,
					   ((Group *) plan)->grpColIdx,
					   ((Group *) plan)->grpOperators);
			break;
		default:
			break;
	}
}

/* Whether a LIMIT above a node reaches the nodes below it. */
static bool
limit_below(Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_Limit:
			return true;
		case T_Gather:
		case T_GatherMerge:
		case T_LockRows:
		case T_Result:
		case T_SubqueryScan:
			return notes.limit;
		default:
			return false;
	}
}

/* Visit a node and all below it; true ends the walk. */
static bool
visit(PlanState *state, void *arg)
{
	bool		limit = notes.limit;
	bool		end;

	if (state == NULL)
		return false;
	if (notes.depth == DEEPEST || notes.nodes == NODES_MAX ||
		stack_is_too_deep())
	{
		notes.clipped = true;
		return notes.nodes == NODES_MAX;
	}
	notes.nodes++;
	notes.depth++;
	read_node(state);
	notes.limit = limit_below(state->plan);
	end = planstate_tree_walker(state, visit, arg);
	notes.limit = limit;
	notes.depth--;
	return end;
}

/* Read the plan of an execution. */
static void
read_plan(void *arg)
{
	const CalObserved *seen = arg;

	notes.stmt = seen->queryDesc->plannedstmt;
	notes.nodes = notes.depth = notes.n = notes.nsightings = notes.added = 0;
	notes.limit = notes.clipped = false;
	visit(seen->queryDesc->planstate, NULL);
	cal_plan_writes_triggers(&notes, seen->queryDesc->estate);
}

/* Whether there is something to say about a table. */
static bool
is_worth_it(const CalPredicate *p)
{
	return p->ncolumns > 0 || p->others || cal_plan_writes_any(p) ||
		p->rows_filtered + p->rows_returned >= MANY_ROWS;
}

/* Complete the notes on the tables that have any; returns how many. */
static int
complete_notes(const CalObserved *seen)
{
	int			n = 0;

	for (int i = 0; i < notes.n; i++)
	{
		CalPredicate *p = &notes.table[i];

		if (!is_worth_it(p))
			continue;
		p->key.queryid = seen->key.id;
		p->key.userid = seen->key.userid;
		p->key.dbid = seen->key.dbid;
		p->samples = 1;
		p->executions = seen->weight;
		p->usec = seen->usec;
		p->last = cal_clock_last;
		p->clipped |= notes.clipped;
		if (n < i)
			notes.table[n] = *p;
		n++;
	}
	return n;
}

/* Complete the sightings. */
static void
complete_sightings(const CalObserved *seen)
{
	for (int i = 0; i < notes.nsightings; i++)
	{
		CalSighting *e = &notes.sighting[i];

		e->key.dbid = seen->key.dbid;
		if (e->key.kind != CAL_SIGHTING_INDEX)
			e->key.userid = seen->key.userid;
		e->samples = 1;
		e->all_usec = e->usec * seen->weight;
		e->last = cal_clock_last;
	}
}

/* Whether the statement reads tables in a way that an index might help. */
static bool
is_worth_a_sample(int n)
{
	for (int i = 0; i < n; i++)
	{
		const CalPredicate *p = &notes.table[i];

		if (p->ncolumns > 0 || p->others ||
			p->rows_filtered + p->rows_returned >= MANY_ROWS)
			return true;
	}
	return false;
}

/* At the end of a sampled execution. */
void
cal_plan_reader_observe(const CalObserved *seen)
{
	int			n;

	if (seen->queryDesc->planstate == NULL ||
		!cal_shield(read_plan, unconstify(CalObserved *, seen)))
		return;
	n = complete_notes(seen);
	complete_sightings(seen);
	if (n > 0)
		cal_predicates_note(notes.table, n, namespace_search_path);
	if (notes.nsightings > 0)
		cal_sightings_note(notes.sighting, notes.nsightings);
	if (is_worth_a_sample(n))
		cal_samples_take(seen);
}
