/*
 * hypothetical.c
 *		Indexes that only the planner believes in.
 *
 * Owns: what the planner is shown at the moment, and the hooks by which it is
 * shown, which are in place while the sandbox plans and at no other time.
 * Called by the sandbox.  Such an index has an OID that no relation has; plans
 * that use one are looked at and thrown away, never run.
 *
 * Planning may evaluate functions that plan statements of their own, and those
 * are run; so what is shown is shown to plannings with our list of parameters
 * only, which theirs cannot have.  Takes no lock.
 *
 * What ANALYZE would know of an indexed expression is told to the planner
 * through an index that is never used, since its condition is false: then the
 * costs with and without a real index rest on the same knowledge.
 */
#include "postgres.h"

#include <math.h>

#include "access/amapi.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class_d.h"
#include "commands/explain.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/appendinfo.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/acl.h"
#include "utils/rls.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "version_compat.h"

#include "advise/hypothetical.h"
#include "advise/wants.h"

static get_relation_info_hook_type previous_info = NULL;
static get_index_stats_hook_type previous_stats = NULL;
static set_rel_pathlist_hook_type previous_paths = NULL;
static explain_get_index_name_hook_type previous_name = NULL;

static const CalShow *shown = NULL;

/* An OID that no relation has. */
Oid
cal_hypothetical_oid(void)
{
	static Oid	next = PG_UINT32_MAX;

	do
	{
		next--;
		if (next < PG_UINT32_MAX - 1000000)
			next = PG_UINT32_MAX - 1;
	} while (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(next)));
	return next;
}

/* Whether this is the planning that our indexes are shown to. */
static bool
is_ours(const PlannerInfo *root)
{
	return shown && root->glob->boundParams == shown->mark;
}

/*
 * Whether a relation is a table or belongs to it as a partition, so that an
 * index of the table is one of the relation's.
 */
static bool
belongs(PlannerInfo *root, Index rti, Oid relid)
{
	RangeTblEntry *rte = planner_rt_fetch(rti, root);
	AppendRelInfo *up = root->append_rel_array ? root->append_rel_array[rti]
	: NULL;

	if (rte->rtekind != RTE_RELATION)
		return false;
	if (rte->relid == relid)
		return up == NULL || rte->relkind == RELKIND_PARTITIONED_TABLE ||
			planner_rt_fetch(up->parent_relid, root)->relid != relid;
	if (up == NULL)
		return false;
	rte = planner_rt_fetch(up->parent_relid, root);
	return rte->rtekind == RTE_RELATION &&
		rte->relkind == RELKIND_PARTITIONED_TABLE &&
		belongs(root, up->parent_relid, relid);
}

/* An expression over the table as one over the relation that belongs to it. */
static Node *
translate(PlannerInfo *root, Index rti, Oid relid, Node *expr)
{
	AppendRelInfo *up;

	if (planner_rt_fetch(rti, root)->relid == relid)
	{
		expr = copyObject(expr);
		ChangeVarNodes(expr, 1, rti, 0);
		return expr;
	}
	up = root->append_rel_array[rti];
	expr = translate(root, up->parent_relid, relid, expr);
	return adjust_appendrel_attrs(root, expr, 1, &up);
}

/* Add an output column: a plain one, or an expression. */
static void
add_output(IndexOptInfo *info, int i, Node *expr)
{
	Var		   *var = IsA(expr, Var) ? (Var *) expr : NULL;

	info->indexkeys[i] = var ? var->varattno : 0;
	info->canreturn[i] = info->relam == BTREE_AM_OID;
	if (var == NULL)
		info->indexprs = lappend(info->indexprs, expr);
	info->indextlist = lappend(info->indextlist,
							   makeTargetEntry((Expr *) expr, i + 1, NULL,
											   false));
}

/* Fill in the keys of an index, and the columns it includes. */
static void
add_columns(IndexOptInfo *info, PlannerInfo *root, const CalHypothetical *h)
{
	const CalIndex *index = &h->index;
	int			n = index->nkeys;

	info->nkeycolumns = n;
	info->ncolumns = n + index->nincludes;
	info->indexkeys = palloc(info->ncolumns * sizeof(int));
	info->canreturn = palloc(info->ncolumns * sizeof(bool));
	info->indexcollations = palloc(n * sizeof(Oid));
	info->opfamily = palloc(n * sizeof(Oid));
	info->opcintype = palloc(n * sizeof(Oid));
	info->reverse_sort = palloc(n * sizeof(bool));
	info->nulls_first = palloc(n * sizeof(bool));
	info->opclassoptions = palloc0(n * sizeof(bytea *));
	info->opclassoptions = palloc0(n * sizeof(bytea *));
	for (int i = 0; i < n; i++)
	{
		const CalIndexKey *key = &index->key[i];

		info->indexcollations[i] = key->collation;
		info->opfamily[i] = key->opfamily;
		info->opcintype[i] = key->opcintype;
		info->reverse_sort[i] = key->desc;
		info->nulls_first[i] = key->nulls_first;
		add_output(info, i, translate(root, info->rel->relid, index->relid,
									  key->expr));
	}
	for (int i = 0; i < index->nincludes; i++)
	{
		AttrNumber	attno = index->include[i];
		const CalTableColumn *c = &h->table->column[attno];
		Node	   *var = (Node *) makeVar(1, attno, c->typid, c->typmod,
										   c->collation, 0);

		add_output(info, n + i, translate(root, info->rel->relid,
										  index->relid, var));
	}
}

/* What the access method can do. */
static void
add_abilities(IndexOptInfo *info)
{
	IndexAmRoutine *am = GetIndexAmRoutineByAmId(info->relam, false);

	info->amcanorderbyop = am->amcanorderbyop;
	info->amoptionalkey = am->amoptionalkey;
	info->amsearcharray = am->amsearcharray;
	info->amsearchnulls = am->amsearchnulls;
	info->amhasgettuple = am->amgettuple != NULL;
	info->amhasgetbitmap = am->amgetbitmap != NULL;
	info->amcanparallel = am->amcanparallel;
	info->amcanmarkpos = am->ammarkpos != NULL && am->amrestrpos != NULL;
	info->amcostestimate = am->amcostestimate;
	if (am->amcanorder)
		info->sortopfamily = info->opfamily;
}

/* A predicate over the table as one over the relation. */
static List *
translate_all(PlannerInfo *root, Index rti, Oid relid, List *list)
{
	return list == NIL ? NIL
		: (List *) translate(root, rti, relid, (Node *) list);
}

/* An index as the planner wants it; a partition has its share of it. */
static IndexOptInfo *
make_info(PlannerInfo *root, RelOptInfo *rel, const CalHypothetical *h)
{
	IndexOptInfo *info = makeNode(IndexOptInfo);
	double		part = h->table->tuples > 0 &&
	planner_rt_fetch(rel->relid, root)->relid != h->index.relid
	? Min(1, rel->tuples / h->table->tuples) : 1;

	info->indexoid = h->index.oid;
	info->rel = rel;
	info->pages = Max(1, rint(part * h->index.pages));
	info->tuples = Min(rel->tuples, part * h->index.tuples);
	info->tree_height = h->index.height;
	info->immediate = true;
	info->hypothetical = true;
	info->relam = h->index.am;
	info->indpred = translate_all(root, rel->relid, h->index.relid,
								  h->index.predicate);
	add_columns(info, root, h);
	add_abilities(info);
	return info;
}

/* An index that is never used, but whose expression has statistics. */
static IndexOptInfo *
make_carrier(PlannerInfo *root, RelOptInfo *rel, const CalTable *table,
			 const CalExpression *e)
{
	CalHypothetical carrier = {.table = table};
	IndexOptInfo *info;

	if (e->stats == NULL ||
		!cal_index_key(&carrier.index.key[0], e->expr, BTREE_AM_OID))
		return NULL;
	carrier.index.oid = e->oid;
	carrier.index.relid = table->relid;
	carrier.index.am = BTREE_AM_OID;
	carrier.index.nkeys = 1;
	info = make_info(root, rel, &carrier);
	info->indpred = list_make1(makeBoolConst(false, false));
	return info;
}

/* Hide the indexes that are not to be seen. */
static void
hide_indexes(RelOptInfo *rel)
{
	ListCell   *lc;

	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *info = lfirst(lc);

		for (int i = 0; i < shown->nhidden; i++)
			if (shown->hidden[i] == info->indexoid)
			{
				rel->indexlist = foreach_delete_current(rel->indexlist, lc);
				break;
			}
	}
}

/* Add what carries the statistics of expressions. */
static void
add_carriers(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell   *lc;
	ListCell   *le;

	foreach(lc, shown->tables)
	{
		const CalTable *table = lfirst(lc);

		if (table->expressions == NIL ||
			!belongs(root, rel->relid, table->relid))
			continue;
		foreach(le, table->expressions)
		{
			IndexOptInfo *info = make_carrier(root, rel, table, lfirst(le));

			if (info)
				rel->indexlist = lappend(rel->indexlist, info);
		}
	}
}

/* The planner asks what indexes a table has. */
static void
relation_info(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	if (previous_info)
		previous_info(root, relid, inhparent, rel);
	if (!is_ours(root))
		return;
	hide_indexes(rel);
	if (inhparent && planner_rt_fetch(rel->relid, root)->relkind ==
		RELKIND_PARTITIONED_TABLE)
		return;
	add_carriers(root, rel);
	for (int i = 0; i < shown->n; i++)
		if ((shown->set & (UINT64CONST(1) << i)) &&
			belongs(root, rel->relid, shown->indexes[i]->index.relid))
			rel->indexlist = lappend(rel->indexlist,
									 make_info(root, rel, shown->indexes[i]));
}

/* Statistics are not in the cache of the catalogs, so nobody releases them. */
static void
keep(HeapTuple tuple)
{
}

/* The expression whose statistics an index of ours has at a key; its table. */
static const CalExpression *
expression_of(Oid indexoid, AttrNumber key, Oid *relid)
{
	ListCell   *lc;
	ListCell   *le;

	for (int i = 0; i < shown->n; i++)
	{
		const CalHypothetical *h = shown->indexes[i];

		*relid = h->index.relid;
		if (h->index.oid == indexoid && key <= h->index.nkeys)
			return cal_table_expression(h->table,
										h->index.key[key - 1].expr);
	}
	foreach(lc, shown->tables)
	{
		const CalTable *table = lfirst(lc);

		*relid = table->relid;
		foreach(le, table->expressions)
		{
			const CalExpression *e = lfirst(le);

			if (e->oid == indexoid)
				return e;
		}
	}
	return NULL;
}

/* Whether the user whose statement it is may know values of all rows. */
static bool
may_know(Oid relid)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED;
}

/* The planner asks for statistics of an expression in an index. */
static bool
index_stats(PlannerInfo *root, Oid indexoid, AttrNumber key,
			VariableStatData *vardata)
{
	Oid			relid = InvalidOid;
	const CalExpression *e = is_ours(root)
	? expression_of(indexoid, key, &relid) : NULL;

	if (e && e->stats)
	{
		vardata->statsTuple = e->stats;
		vardata->freefunc = keep;
		vardata->acl_ok = may_know(relid);
		return true;
	}
	return previous_stats && previous_stats(root, indexoid, key, vardata);
}

/* The planner has made the paths of a relation, so all is known of it. */
static void
rel_paths(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (previous_paths)
		previous_paths(root, rel, rti, rte);
	if (is_ours(root))
		cal_wants_rel(root, rel, rti, rte);
}

/* EXPLAIN asks for the name of an index. */
static const char *
index_name(Oid oid)
{
	StringInfoData name;
	ListCell   *lc;

	for (int i = 0; i < shown->n; i++)
	{
		if (shown->indexes[i]->index.oid != oid)
			continue;
		initStringInfo(&name);
		foreach(lc, cal_index_key_names(&shown->indexes[i]->index))
			appendStringInfo(&name, "%s%s", name.len > 0 ? ", " : "new index on ",
							 strVal(lfirst(lc)));
		return name.data;
	}
	return previous_name ? previous_name(oid) : NULL;
}

/* Put the hooks in place; what is shown may change until the end. */
void
cal_hypothetical_begin(const CalShow *show)
{
	Assert(shown == NULL && show->n <= CAL_HYPOTHETICAL_MAX);
	previous_info = get_relation_info_hook;
	previous_stats = get_index_stats_hook;
	previous_paths = set_rel_pathlist_hook;
	previous_name = explain_get_index_name_hook;
	get_relation_info_hook = relation_info;
	get_index_stats_hook = index_stats;
	set_rel_pathlist_hook = rel_paths;
	explain_get_index_name_hook = index_name;
	shown = show;
}

/* Take them away; does nothing if they are not there. */
void
cal_hypothetical_end(void)
{
	if (shown == NULL)
		return;
	get_relation_info_hook = previous_info;
	get_index_stats_hook = previous_stats;
	set_rel_pathlist_hook = previous_paths;
	explain_get_index_name_hook = previous_name;
	shown = NULL;
}

/* The bit of a shown index, if that is what the OID stands for. */
static uint64
bit_of(const CalShow *show, Oid oid)
{
	for (int i = 0; i < show->n; i++)
		if (show->indexes[i]->index.oid == oid)
			return UINT64CONST(1) << i;
	return 0;
}

static uint64 used_by(const CalShow *show, Plan *plan);

/* Those that a list of plans uses. */
static uint64
used_by_all(const CalShow *show, List *plans)
{
	uint64		used = 0;
	ListCell   *lc;

	foreach(lc, plans)
		used |= used_by(show, lfirst(lc));
	return used;
}

/* Those that a plan uses. */
static uint64
used_by(const CalShow *show, Plan *plan)
{
	uint64		used;

	if (plan == NULL)
		return 0;
	used = used_by(show, outerPlan(plan)) | used_by(show, innerPlan(plan));
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return used | bit_of(show, ((IndexScan *) plan)->indexid);
		case T_IndexOnlyScan:
			return used | bit_of(show, ((IndexOnlyScan *) plan)->indexid);
		case T_BitmapIndexScan:
			return used | bit_of(show, ((BitmapIndexScan *) plan)->indexid);
		case T_BitmapAnd:
			return used | used_by_all(show, ((BitmapAnd *) plan)->bitmapplans);
		case T_BitmapOr:
			return used | used_by_all(show, ((BitmapOr *) plan)->bitmapplans);
		case T_Append:
			return used | used_by_all(show, ((Append *) plan)->appendplans);
		case T_MergeAppend:
			return used | used_by_all(show, ((MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return used | used_by(show, ((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return used | used_by_all(show, ((CustomScan *) plan)->custom_plans);
		default:
			return used;
	}
}

/* The shown indexes that a plan uses. */
uint64
cal_hypothetical_used(const CalShow *show, PlannedStmt *plan)
{
	return used_by(show, plan->planTree) | used_by_all(show, plan->subplans);
}
