/*
 * event_plan.c
 *		The plan of a slow execution, kept once per shape.
 *
 * Owns nothing; the texts lie in store/texts.c.  Called under a guard, for
 * events only, while the executor's state is alive.  The shape (statement,
 * nodes, tables, indexes, kinds of join) is hashed first, and only a plan of
 * a new shape is explained, so that a statement that is slow a thousand times
 * costs one explanation.  Where rows per node were counted, the plan shows
 * them, and then belongs to that execution alone.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

#include "base/text_clean.h"
#include "capture/event_plan.h"
#include "platform/settings.h"
#include "store/texts.h"
#include "version_compat.h"

typedef struct Shape
{
	uint64		hash;
	List	   *rtable;
} Shape;

/* Mix one more number into the shape. */
static void
add(Shape *shape, uint64 value)
{
	shape->hash = (shape->hash ^ value) * UINT64CONST(0x9E3779B97F4A7C15);
	shape->hash ^= shape->hash >> 32;
}

/* The index that a node reads, or none. */
static Oid
index_of(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return ((const IndexScan *) plan)->indexid;
		case T_IndexOnlyScan:
			return ((const IndexOnlyScan *) plan)->indexid;
		case T_BitmapIndexScan:
			return ((const BitmapIndexScan *) plan)->indexid;
		default:
			return InvalidOid;
	}
}

/* The number in the range table of what a node reads, or 0. */
static Index
relation_of(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapIndexScan:
		case T_BitmapHeapScan:
		case T_TidScan:
		case T_TidRangeScan:
			return ((const Scan *) plan)->scanrelid;
		default:
			return 0;
	}
}

/* Mix a node and what is below it into the shape. */
static bool
add_node(PlanState *state, void *arg)
{
	Shape	   *shape = arg;
	const Plan *plan = state->plan;
	Index		rti = relation_of(plan);

	add(shape, nodeTag(plan));
	add(shape, index_of(plan));
	if (rti > 0)
		add(shape, rt_fetch(rti, shape->rtable)->relid);
	if (IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin))
		add(shape, ((const Join *) plan)->jointype);
	planstate_tree_walker(state, add_node, arg);
	add(shape, 0);				/* the way up tells deep from wide */
	return false;
}

/* The id that the plan of an execution goes by; never 0. */
static uint64
plan_id(const CalExecution *ex)
{
	Shape		shape = {1, ex->queryDesc->plannedstmt->rtable};

	add(&shape, ex->key.queryid);
	add(&shape, cal_log_plan);
	if (ex->sampled)
	{
		add(&shape, ex->started);
		add(&shape, MyProcPid);
	}
	add_node(ex->queryDesc->planstate, &shape);
	return shape.hash ? shape.hash : 1;
}

/* Explain the plan as EXPLAIN does, with rows if they were counted. */
static StringInfo
explain(const CalExecution *ex)
{
	ExplainState *es = NewExplainState();

	es->analyze = ex->sampled && ex->queryDesc->instrument_options != 0;
	es->costs = true;
	es->format = cal_log_plan == CAL_PLAN_JSON ?
		EXPLAIN_FORMAT_JSON : EXPLAIN_FORMAT_TEXT;
	ExplainBeginOutput(es);
	ExplainPrintPlan(es, ex->queryDesc);
	ExplainEndOutput(es);

	while (es->str->len > 0 && es->str->data[es->str->len - 1] == '\n')
		es->str->data[--es->str->len] = '\0';
	/* an array of one object is less use than the object */
	if (es->format == EXPLAIN_FORMAT_JSON && es->str->len >= 2)
	{
		es->str->data[0] = '{';
		es->str->data[es->str->len - 1] = '}';
	}
	return es->str;
}

/* Make sure that the plan of an execution is kept. */
uint64
cal_event_plan(const CalExecution *ex)
{
	CalTextKey	key = {0, ex->key.userid, ex->key.dbid};
	int			encoding = GetDatabaseEncoding();
	StringInfo	plan;
	char	   *clean;
	size_t		len;

	if (ex->queryDesc->planstate == NULL)
		return 0;
	key.id = plan_id(ex);
	if (cal_texts_find(CAL_TEXT_PLAN, &key) != 0)
		return key.id;
	plan = explain(ex);
	clean = palloc(CAL_TEXT_MAX + 1);
	len = cal_text_clean(clean, CAL_TEXT_MAX + 1, plan->data, plan->len,
						 encoding, false);
	if (cal_texts_store(CAL_TEXT_PLAN, &key, clean, (int) len, encoding) == 0)
		return 0;
	return key.id;
}
