/*
 * entries.c
 *		The entries that an index would have for the rows of a sample.
 *
 * Owns nothing.  Called by the files that estimate sizes, in the sandbox.
 * Combines what is known of each key into entries as index_form_tuple would
 * form them.  Takes no lock and reads no table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/relation.h"
#include "access/tupmacs.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic_ext_data.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "statistics/statistics.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "advise/entries.h"
#include "version_compat.h"

#define WIDTH_UNKNOWN	16
#define ALIKE		1.5			/* factor between estimates that agree */
#define CLUSTERED	0.8			/* places that keys are in, by rows */
#define COLUMNS_MAX	(CAL_INDEX_KEYS + CAL_INDEX_INCLUDES)

/* What is known of the columns of an index. */
typedef struct Columns
{
	int			n;
	int			nkeys;
	const CalRowValues *column[COLUMNS_MAX];
} Columns;

/* The i-th column, as an expression. */
static Node *
column_expr(const CalSizeJob *job, int i)
{
	const CalIndex *index = job->index;
	const CalTableColumn *c;
	AttrNumber	attno;

	if (i < index->nkeys)
		return index->key[i].expr;
	attno = index->include[i - index->nkeys];
	c = &job->table->column[attno];
	return (Node *) makeVar(1, attno, c->typid, c->typmod, c->collation, 0);
}

/* Look the columns up; the step is that of the one known in fewest rows. */
static int
read_columns(const CalSizeJob *job, Columns *columns)
{
	const CalIndex *index = job->index;
	int			step = job->step;

	columns->nkeys = index->nkeys;
	columns->n = 0;
	for (int i = 0; i < index->nkeys + index->nincludes; i++)
	{
		Node	   *expr = column_expr(job, i);
		const CalRowValues *values = cal_rowvalues_get(job->sample, expr);

		columns->column[columns->n++] = values;
		step = Max(step, values->step);
	}
	return step;
}

/* Bytes of an entry of which the first n columns are stored. */
static int
entry_size(const Columns *columns, int n, int row)
{
	Size		size = 0;
	bool		nulls = false;

	for (int i = 0; i < n; i++)
	{
		const CalRowValues *c = columns->column[i];
		int			value = c->size[row];

		nulls |= value == 0;
		if (value > 0 && !(c->packs && value <= VARATT_SHORT_MAX))
			size = att_align_nominal(size, c->align);
		size += value;
	}
	return MAXALIGN(IndexInfoFindDataOffset(nulls ? INDEX_NULL_MASK : 0) +
					size);
}

/* The hash of a row's keys. */
static uint32
entry_hash(const Columns *columns, int row)
{
	uint32		hash = columns->column[0]->hash[row];

	for (int i = 1; i < columns->nkeys; i++)
		hash = murmurhash32(hash_combine(hash, columns->column[i]->hash[row]));
	return hash;
}

/* Mean size of entries, from statistics. */
static void
guess_size(const CalSizeJob *job, CalEntries *entries)
{
	Size		size = sizeof(IndexTupleData);
	const CalIndex *index = job->index;

	for (int i = 0; i < index->nkeys + index->nincludes; i++)
	{
		Node	   *expr = column_expr(job, i);
		const CalExpression *e = cal_table_expression(job->table, expr);
		double		width = e ? e->width : WIDTH_UNKNOWN;

		if (IsA(expr, Var))
		{
			AttrNumber	attno = ((Var *) expr)->varattno;
			const CalTableColumn *c = &job->table->column[attno];

			if (c->fixed)
				size = att_align_nominal(size, c->align);
			width = c->width * (1 - c->nulls);
		}
		size += (Size) (width + 0.5);
		if (i == index->nkeys - 1)
			entries->key_mean = MAXALIGN(size);
	}
	entries->mean = entries->largest = MAXALIGN(size);
	entries->square = entries->mean * entries->mean;
	entries->step = 1;
}

/* The entries for the rows of the part. */
void
cal_entries_read(const CalSizeJob *job, CalEntries *entries)
{
	Columns		columns;
	double		keys = 0;

	memset(entries, 0, sizeof(*entries));
	guess_size(job, entries);
	if (job->sample == NULL || job->part->n == 0)
		return;
	entries->step = read_columns(job, &columns);
	entries->size = palloc(job->sample->n * sizeof(uint16));
	entries->hash = palloc(job->sample->n * sizeof(uint32));
	for (int i = job->part->first; i < job->part->first + job->part->n; i++)
	{
		int			size;

		if (i % entries->step != 0 || (job->counts && !job->counts[i]))
			continue;
		if (entries->n++ == 0)
			entries->mean = entries->square = entries->largest = 0;
		size = entry_size(&columns, columns.n, i);
		entries->size[i] = (uint16) Min(size, PG_UINT16_MAX);
		entries->hash[i] = entry_hash(&columns, i);
		entries->mean += size;
		entries->square += (double) size * size;
		entries->largest = Max(entries->largest, size);
		keys += columns.n == columns.nkeys ? size
			: entry_size(&columns, columns.nkeys, i);
	}
	if (entries->n == 0)
		return;
	entries->mean /= entries->n;
	entries->square /= entries->n;
	entries->key_mean = keys / entries->n;
}

/* How often keys recur in the part. */
void
cal_entries_recur(const CalSizeJob *job, const CalEntries *entries,
				  CalRecurrence *result)
{
	CalRowChoice choice = {job->part, entries->step, job->counts,
	entries->hash, entries->size};

	cal_rowvalues_recur(job->sample, &choice, result);
}

/* Different values of one key, null among them, from statistics; or 0. */
static double
known_distinct(const CalSizeJob *job, const CalIndexKey *key)
{
	const CalTableColumn *c = &job->table->column[key->attno];
	const CalExpression *e;

	if (key->attno > 0)
		return c->distinct > 0 ? c->distinct + (c->nulls > 0) : 0;
	e = cal_table_expression(job->table, key->expr);
	return e && e->distinct > 0 ? e->distinct + (e->nulls > 0) : 0;
}

/* The number in extended statistics for exactly these columns, or 0. */
static double
find_item(const MVNDistinct *stats, const CalIndex *index)
{
	for (int i = 0; i < stats->nitems; i++)
	{
		const MVNDistinctItem *item = &stats->items[i];
		int			found = 0;

		if (item->nattributes != index->nkeys)
			continue;
		for (int j = 0; j < index->nkeys; j++)
			for (int k = 0; k < item->nattributes; k++)
				found += index->key[j].attno > 0 &&
					item->attributes[k] == index->key[j].attno;
		if (found == index->nkeys)
			return item->ndistinct;
	}
	return 0;
}

/* The same out of one object of extended statistics. */
static double
read_object(Oid object, bool inherit, const CalIndex *index)
{
	HeapTuple	tuple = SearchSysCache2(STATEXTDATASTXOID,
										ObjectIdGetDatum(object),
										BoolGetDatum(inherit));
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return 0;
	(void) SysCacheGetAttr(STATEXTDATASTXOID, tuple,
						   Anum_pg_statistic_ext_data_stxdndistinct, &isnull);
	ReleaseSysCache(tuple);
	return isnull ? 0 : find_item(statext_ndistinct_load(object, inherit),
								  index);
}

/* Different keys of several columns, from extended statistics; or 0. */
static double
known_combinations(const CalSizeJob *job)
{
	Relation	rel = try_relation_open(job->table->relid, AccessShareLock);
	double		found = 0;
	ListCell   *lc;

	if (rel == NULL)
		return 0;
	foreach(lc, RelationGetStatExtList(rel))
	{
		if (found == 0)
			found = read_object(lfirst_oid(lc),
								job->table->relkind == RELKIND_PARTITIONED_TABLE,
								job->index);
	}
	relation_close(rel, AccessShareLock);
	return found;
}

/*
 * What statistics say of the number of different keys in the whole table: at
 * least, and at most (0: nothing is known).
 */
static void
read_bounds(const CalSizeJob *job, double *least, double *most)
{
	*least = 0;
	*most = 1;
	for (int i = 0; i < job->index->nkeys; i++)
	{
		double		known = known_distinct(job, &job->index->key[i]);

		*least = Max(*least, known);
		*most *= known;
	}
	if (job->index->nkeys > 1)
	{
		double		known = known_combinations(job);

		if (known > 0)
			*least = *most = known;
	}
}

/*
 * Whether keys recur in some order that blocks do not show: if there are no
 * neighbours that are alike, and ANALYZE, which reads rows from more blocks,
 * finds another number than it would have found in ours.
 */
static bool
is_deceptive(const CalSizeJob *job, const CalRecurrence *r, double known)
{
	double		ours = cal_rowvalues_as_analyze(r, job->tuples);

	return r->places > CLUSTERED * r->rows &&
		(ours > known * ALIKE || known > ours * ALIKE);
}

/*
 * Different keys among the entries of the part.  Statistics on the whole table
 * say little about a part of it.
 */
double
cal_entries_distinct(const CalSizeJob *job, const CalRecurrence *recurrence)
{
	bool		whole = job->index->predicate == NIL;
	double		least;
	double		most;
	double		keys;

	if (recurrence && recurrence->all)
		return recurrence->nkeys;
	if (job->sample && job->sample->nparts > 1)
		whole = false;
	read_bounds(job, &least, &most);
	if (recurrence == NULL || recurrence->rows == 0)
		keys = most > 0 ? most : job->tuples;
	else
	{
		keys = cal_rowvalues_distinct(recurrence, job->tuples);
		if (whole && least > 0 && least == most &&
			is_deceptive(job, recurrence, least))
			keys = least;
		else if (whole && keys < least)
			keys = least;
		if (most > least && keys > most)
			keys = Max(most, recurrence->nkeys);
	}
	return Max(1, Min(keys, job->tuples));
}
