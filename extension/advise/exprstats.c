/*
 * exprstats.c
 *		Statistics of an expression, as ANALYZE would make them.
 *
 * Owns: the expressions that a table's description knows of.  Called by the
 * advisor's files, in the sandbox, since expressions are evaluated.  Evaluates
 * one in a sample of rows and has the type's own functions make statistics of
 * the values, so that the planner sees what it would see after an ANALYZE with
 * the index in place.  Without a sample, it goes by the column underneath.
 * Takes a lock on pg_statistic, for its row type.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "advise/exprstats.h"
#include "advise/hypothetical.h"
#include "advise/rowvalues.h"
#include "version_compat.h"

#define ROWS_WANTED		8000
#define BYTES_WANTED	(8 * 1024 * 1024)

/* Note a value where the functions of the type will look for it. */
static void
collect(void *arg, int i, Datum value, bool isnull)
{
	VacAttrStats *stats = arg;
	MemoryContext outer = MemoryContextSwitchTo(stats->anl_context);

	stats->exprnulls[stats->tupattnum] = isnull;
	stats->exprvals[stats->tupattnum++] = isnull ? (Datum) 0
		: datumCopy(value, stats->attrtype->typbyval, stats->attrtype->typlen);
	MemoryContextSwitchTo(outer);
}

/* For the type's functions: a value. */
static Datum
fetch(VacAttrStatsP stats, int row, bool *isnull)
{
	*isnull = stats->exprnulls[row];
	return stats->exprvals[row];
}

/* What ANALYZE would prepare for a column of the expression's type. */
static VacAttrStats *
new_stats(Node *expr)
{
	VacAttrStats *stats = palloc0(sizeof(VacAttrStats));
	HeapTuple	type = SearchSysCacheCopy1(TYPEOID,
										   ObjectIdGetDatum(exprType(expr)));

	if (!HeapTupleIsValid(type))
		return NULL;
	CAL_SET_STATS_TARGET(stats);
	stats->attrtypid = exprType(expr);
	stats->attrtypmod = exprTypmod(expr);
	stats->attrcollid = exprCollation(expr);
	stats->attrtype = (Form_pg_type) GETSTRUCT(type);
	stats->anl_context = CurrentMemoryContext;
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		stats->statypid[i] = stats->attrtypid;
		stats->statyplen[i] = stats->attrtype->typlen;
		stats->statypbyval[i] = stats->attrtype->typbyval;
		stats->statypalign[i] = stats->attrtype->typalign;
	}
	return stats;
}

/* Have statistics made of values in the sample. */
static void
compute(VacAttrStats *stats, const CalRowSample *sample, Node *expr,
		const CalRowWalk *walk)
{
	Oid			typanalyze = stats->attrtype->typanalyze;
	bool		ok;

	stats->exprvals = palloc((sample->n + 1) * sizeof(Datum));
	stats->exprnulls = palloc((sample->n + 1) * sizeof(bool));
	(void) cal_rowsample_walk(sample, expr, walk, collect, stats);
	ok = OidIsValid(typanalyze)
		? DatumGetBool(OidFunctionCall1(typanalyze, PointerGetDatum(stats)))
		: std_typanalyze(stats);
	if (ok && stats->compute_stats && stats->tupattnum > 0)
		stats->compute_stats(stats, fetch, stats->tupattnum, sample->total);
}

/* Numbers or values of one kind of statistics; null if there are none. */
static void
set_array(const VacAttrStats *stats, int slot, Datum *values, bool *nulls)
{
	int			n = stats->numnumbers[slot];
	Datum	   *numbers = palloc((n + 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		numbers[i] = Float4GetDatum(stats->stanumbers[slot][i]);
	values += slot;
	nulls += slot;
	nulls[Anum_pg_statistic_stanumbers1 - 1] = n == 0;
	if (n > 0)
		values[Anum_pg_statistic_stanumbers1 - 1] =
			PointerGetDatum(construct_array(numbers, n, FLOAT4OID,
											sizeof(float4), true,
											TYPALIGN_INT));
	nulls[Anum_pg_statistic_stavalues1 - 1] = stats->numvalues[slot] == 0;
	if (stats->numvalues[slot] > 0)
		values[Anum_pg_statistic_stavalues1 - 1] =
			PointerGetDatum(construct_array(stats->stavalues[slot],
											stats->numvalues[slot],
											stats->statypid[slot],
											stats->statyplen[slot],
											stats->statypbyval[slot],
											stats->statypalign[slot]));
}

/* A row as in pg_statistic. */
static HeapTuple
form_row(const VacAttrStats *stats, Oid oid)
{
	Relation	rel = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};
	HeapTuple	tuple;

	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(oid);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(1);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] =
		Float4GetDatum(stats->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] =
		Float4GetDatum(stats->stadistinct);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		values[Anum_pg_statistic_stakind1 - 1 + i] =
			Int16GetDatum(stats->stakind[i]);
		values[Anum_pg_statistic_staop1 - 1 + i] =
			ObjectIdGetDatum(stats->staop[i]);
		values[Anum_pg_statistic_stacoll1 - 1 + i] =
			ObjectIdGetDatum(stats->stacoll[i]);
		set_array(stats, i, values, nulls);
	}
	tuple = heap_form_tuple(RelationGetDescr(rel), values, nulls);
	table_close(rel, AccessShareLock);
	return tuple;
}

/* Whether values that are equal are always stored alike. */
static bool
equal_is_alike(Node *expr)
{
	TypeCacheEntry *type = lookup_type_cache(exprType(expr),
											 TYPECACHE_BTREE_OPFAMILY);
	Oid			proc = InvalidOid;

	if (OidIsValid(type->btree_opf))
		proc = get_opfamily_proc(type->btree_opf, type->btree_opintype,
								 type->btree_opintype, BTEQUALIMAGE_PROC);
	return OidIsValid(proc) &&
		DatumGetBool(OidFunctionCall1Coll(proc, exprCollation(expr),
										  ObjectIdGetDatum(type->btree_opintype)));
}

/* Different values, without null, in the whole table. */
static double
count_distinct(const CalRowSample *sample, const CalRowValues *values)
{
	CalRowPart	whole = {.n = sample->n,.total = sample->total};
	CalRowChoice choice = {&whole, values->step, NULL,
	values->hash, values->size};
	CalRecurrence recurrence;

	for (int i = 0; i < sample->nparts; i++)
	{
		whole.pages += sample->part[i].pages;
		whole.read += sample->part[i].read;
	}
	if (sample->scale > 1)
		whole.pages++;			/* there is more than was read */
	cal_rowvalues_recur(sample, &choice, &recurrence);
	return cal_rowvalues_distinct(&recurrence, sample->total) -
		(values->nulls > 0);
}

/* The number of different values as statistics have it. */
static void
set_distinct(VacAttrStats *stats, double distinct, double total)
{
	stats->stadistinct = distinct > 0.1 * total ? -distinct / total : distinct;
}

/* The step in which to take values: not too many, and not too much memory. */
static int
choose_step(const CalRowSample *sample, const CalRowValues *values)
{
	double		rows = Min(ROWS_WANTED, BYTES_WANTED / Max(values->width, 1));
	int			step = values->step;

	while (sample->n / step > rows)
		step *= 2;
	return step;
}

/* From rows of the sample. */
static void
measure(const CalTable *table, CalRowSample *sample, CalExpression *e)
{
	CalRowValues *values = cal_rowvalues_get(sample, e->expr);
	CalRowWalk	walk = {0, sample->n, choose_step(sample, values)};
	VacAttrStats *stats = new_stats(e->expr);

	if (stats == NULL || sample->n == 0)
		return;
	compute(stats, sample, e->expr, &walk);
	e->nulls = values->nulls;
	e->width = (int) (values->width + 0.5);
	if (equal_is_alike(e->expr))
		e->distinct = count_distinct(sample, values);
	else if (stats->stats_valid)
		e->distinct = stats->stadistinct >= 0 ? stats->stadistinct
			: -stats->stadistinct * sample->total;
	if (!stats->stats_valid)
		return;
	stats->stanullfrac = values->nulls;
	stats->stawidth = e->width;
	if (e->distinct > 0)
		set_distinct(stats, e->distinct, sample->total);
	e->stats = form_row(stats, e->oid);
}

/* From the column underneath, if there is only one. */
static void
guess(const CalTable *table, CalExpression *e)
{
	List	   *vars = pull_var_clause(e->expr, 0);
	Var		   *var = vars ? linitial_node(Var, vars) : NULL;
	VacAttrStats *stats = new_stats(e->expr);
	const CalTableColumn *c;
	ListCell   *lc;

	foreach(lc, vars)
	{
		if (!equal(lfirst(lc), var))
			return;
	}
	if (stats == NULL || var == NULL || var->varattno <= 0)
		return;
	c = &table->column[var->varattno];
	e->distinct = exprType(e->expr) == BOOLOID ? 2 : c->distinct;
	e->nulls = c->nulls;
	e->width = stats->attrtype->typlen > 0 ? stats->attrtype->typlen : c->width;
	stats->stanullfrac = c->nulls;
	stats->stawidth = e->width;
	if (e->distinct > 0)
		set_distinct(stats, e->distinct, Max(table->tuples, 1));
	e->stats = form_row(stats, e->oid);
}

/* A new one, worked out in a memory context that is gone afterwards. */
static CalExpression *
work_out(CalTable *table, CalRowSample *sample, Node *expr)
{
	MemoryContext keep = GetMemoryChunkContext(table);
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext,
											  "pg_caliper expression",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);
	CalExpression *e = MemoryContextAllocZero(keep, sizeof(CalExpression));

	e->oid = cal_hypothetical_oid();
	e->expr = expr;
	if (sample)
		measure(table, sample, e);
	else
		guess(table, e);
	MemoryContextSwitchTo(keep);
	e->expr = copyObject(expr);
	if (e->stats)
		e->stats = heap_copytuple(e->stats);
	table->expressions = lappend(table->expressions, e);
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(own);
	return e;
}

/* The expression, worked out the first time. */
CalExpression *
cal_exprstats_get(CalTable *table, Node *expr)
{
	CalExpression *e = cal_table_expression(table, expr);

	if (e)
		return e;
	if (contain_mutable_functions(expr))
		return NULL;
	return work_out(table, cal_rowsample_take(table), expr);
}
