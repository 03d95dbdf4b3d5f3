/*
 * hypothetical.c
 *		Indexes that only the planner believes in.
 *
 * Owns: the hook through which the planner learns of a table's indexes, and
 * the set that it is shown at the moment, which is empty but while the sandbox
 * plans.  Called by _PG_init (init) and the sandbox (show, hide, used).  Such
 * an index has an OID that no relation has; plans that use one are looked at
 * and thrown away, never run.  Takes no lock.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "catalog/pg_am_d.h"
#include "nodes/makefuncs.h"
#include "optimizer/plancat.h"
#include "utils/syscache.h"

#include "advise/hypothetical.h"

static get_relation_info_hook_type previous_hook = NULL;

static CalHypothetical *const *shown = NULL;
static int	nshown = 0;
static uint64 shown_set = 0;

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

/* Let the planner see those indexes whose bit is in the set. */
void
cal_hypothetical_show(CalHypothetical *const *indexes, int n, uint64 set)
{
	Assert(n <= CAL_HYPOTHETICAL_MAX);
	shown = indexes;
	nshown = n;
	shown_set = set;
}

/* Let it see none. */
void
cal_hypothetical_hide(void)
{
	shown = NULL;
	nshown = 0;
	shown_set = 0;
}

/* Fill in the columns of an index. */
static void
add_columns(IndexOptInfo *info, RelOptInfo *rel, const CalHypothetical *h)
{
	int			n = h->index.ncolumns;

	info->ncolumns = info->nkeycolumns = n;
	info->indexkeys = palloc(n * sizeof(int));
	info->indexcollations = palloc(n * sizeof(Oid));
	info->opfamily = palloc(n * sizeof(Oid));
	info->opcintype = palloc(n * sizeof(Oid));
	info->reverse_sort = palloc(n * sizeof(bool));
	info->nulls_first = palloc(n * sizeof(bool));
	info->canreturn = palloc(n * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		const CalIndexColumn *key = &h->index.column[i];
		const CalTableColumn *c = &h->table->column[key->attno];
		Var		   *var = makeVar(rel->relid, key->attno, c->typid, c->typmod,
								  c->collation, 0);

		info->indexkeys[i] = key->attno;
		info->indexcollations[i] = c->collation;
		info->opfamily[i] = c->opfamily;
		info->opcintype[i] = c->opcintype;
		info->reverse_sort[i] = key->desc;
		info->nulls_first[i] = key->nulls_first;
		info->canreturn[i] = true;
		info->indextlist = lappend(info->indextlist,
								   makeTargetEntry((Expr *) var, i + 1, NULL,
												   false));
	}
	info->sortopfamily = info->opfamily;
}

/* What a btree can do. */
static void
add_abilities(IndexOptInfo *info)
{
	IndexAmRoutine *am = GetIndexAmRoutineByAmId(BTREE_AM_OID, false);

	info->relam = BTREE_AM_OID;
	info->amcanorderbyop = am->amcanorderbyop;
	info->amoptionalkey = am->amoptionalkey;
	info->amsearcharray = am->amsearcharray;
	info->amsearchnulls = am->amsearchnulls;
	info->amhasgettuple = am->amgettuple != NULL;
	info->amhasgetbitmap = am->amgetbitmap != NULL;
	info->amcanparallel = am->amcanparallel;
	info->amcanmarkpos = am->ammarkpos != NULL && am->amrestrpos != NULL;
	info->amcostestimate = am->amcostestimate;
}

/* An index as the planner wants it. */
static IndexOptInfo *
make_info(RelOptInfo *rel, const CalHypothetical *h)
{
	IndexOptInfo *info = makeNode(IndexOptInfo);

	info->indexoid = h->index.oid;
	info->reltablespace = InvalidOid;
	info->rel = rel;
	info->pages = h->index.pages;
	info->tuples = rel->tuples;
	info->tree_height = h->index.height;
	info->immediate = true;
	info->hypothetical = true;
	add_columns(info, rel, h);
	add_abilities(info);
	return info;
}

/* The planner asks what indexes a table has. */
static void
relation_info(PlannerInfo *root, Oid relid, bool inhparent, RelOptInfo *rel)
{
	if (previous_hook)
		previous_hook(root, relid, inhparent, rel);
	if (likely(shown_set == 0) || inhparent)
		return;
	for (int i = 0; i < nshown; i++)
		if ((shown_set & (UINT64CONST(1) << i)) &&
			shown[i]->index.relid == relid)
			rel->indexlist = lappend(rel->indexlist,
									 make_info(rel, shown[i]));
}

/* The bit of a shown index, if that is what the OID stands for. */
static uint64
bit_of(Oid oid)
{
	for (int i = 0; i < nshown; i++)
		if (shown[i]->index.oid == oid)
			return UINT64CONST(1) << i;
	return 0;
}

static uint64 used_by(Plan *plan);

/* Those that a list of plans uses. */
static uint64
used_by_all(List *plans)
{
	uint64		used = 0;
	ListCell   *lc;

	foreach(lc, plans)
		used |= used_by(lfirst(lc));
	return used;
}

/* Those that a plan uses. */
static uint64
used_by(Plan *plan)
{
	uint64		used;

	if (plan == NULL)
		return 0;
	used = used_by(outerPlan(plan)) | used_by(innerPlan(plan));
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			return used | bit_of(((IndexScan *) plan)->indexid);
		case T_IndexOnlyScan:
			return used | bit_of(((IndexOnlyScan *) plan)->indexid);
		case T_BitmapIndexScan:
			return used | bit_of(((BitmapIndexScan *) plan)->indexid);
		case T_BitmapAnd:
			return used | used_by_all(((BitmapAnd *) plan)->bitmapplans);
		case T_BitmapOr:
			return used | used_by_all(((BitmapOr *) plan)->bitmapplans);
		case T_Append:
			return used | used_by_all(((Append *) plan)->appendplans);
		case T_MergeAppend:
			return used | used_by_all(((MergeAppend *) plan)->mergeplans);
		case T_SubqueryScan:
			return used | used_by(((SubqueryScan *) plan)->subplan);
		case T_CustomScan:
			return used | used_by_all(((CustomScan *) plan)->custom_plans);
		default:
			return used;
	}
}

/* The shown indexes that a plan uses. */
uint64
cal_hypothetical_used(PlannedStmt *plan)
{
	return used_by(plan->planTree) | used_by_all(plan->subplans);
}

/* Install the hook. */
void
cal_hypothetical_init(void)
{
	previous_hook = get_relation_info_hook;
	get_relation_info_hook = relation_info;
}
