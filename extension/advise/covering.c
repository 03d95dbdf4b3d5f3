/*
 * covering.c
 *		Indexes that have all that a scan reads.
 *
 * Owns: how wide an index may become so that the table need not be read.
 * Called where candidates are made and merged.  A btree with columns beside its
 * keys stores every row by itself; where many rows have the same values, more
 * keys make a smaller index.  Values without a known limit of width are left
 * out: a single one beyond a third of a page would be refused when it is
 * written.  Touches nothing else.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/sysattr.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_type_d.h"
#include "optimizer/optimizer.h"

#include "advise/covering.h"
#include "advise/roles.h"

#define INCLUDES_WIDTH	100		/* bytes of all columns beside the keys */
#define UNLIMITED_WIDTH 40		/* on average, of a column without a limit */
#define LIMITED_WIDTH	400		/* of one that has a limit */
#define SAME_ROWS		1.5		/* rows of a key that is stored but once */
#define NARROW			3		/* times smaller than the table */
#define NARROW_PAGES	1280	/* of such a table at least: 10 MB */

/* Whether no value of a column can be too wide, as far as is known. */
static bool
is_bounded(const CalTableColumn *column)
{
	if (column->fixed || column->width <= UNLIMITED_WIDTH)
		return true;
	return (column->typid == VARCHAROID || column->typid == BPCHAROID) &&
		column->typmod > 0 && column->typmod <= LIMITED_WIDTH;
}

/* Append a column beside the keys, if it is not there; false if it must not. */
bool
cal_covering_add(const CalTable *table, CalIndex *index, AttrNumber attno)
{
	int			width;

	if (cal_index_gives(index, attno))
		return true;
	if (attno <= 0 || attno > table->natts ||
		index->nincludes == CAL_INDEX_INCLUDES ||
		!is_bounded(&table->column[attno]))
		return false;
	width = table->column[attno].width;
	for (int i = 0; i < index->nincludes; i++)
		width += table->column[index->include[i]].width;
	if (width > INCLUDES_WIDTH)
		return false;
	index->include[index->nincludes++] = attno;
	return true;
}

/*
 * The columns that an index must give so that it is enough.  What its condition
 * says of every entry is not looked at again.
 */
static Bitmapset *
needed(const CalWant *want, const CalIndex *index)
{
	Bitmapset  *attrs = NULL;
	Bitmapset  *columns = bms_copy(want->output);
	ListCell   *lc;
	int			i = -1;

	if (index->predicate == NIL)
		return want->columns;
	foreach(lc, want->clauses)
	{
		const CalClause *c = lfirst(lc);

		if (c->clause && !list_member(index->predicate, c->clause))
			pull_varattnos(c->clause, 1, &attrs);
	}
	while ((i = bms_next_member(attrs, i)) >= 0)
		columns = bms_add_member(columns,
								 i + FirstLowInvalidHeapAttributeNumber);
	return columns;
}

/* The index with what the want reads beside the keys. */
bool
cal_covering_includes(const CalTable *table, const CalWant *want,
					  const CalIndex *index, CalIndex *covering)
{
	Bitmapset  *columns = needed(want, index);
	int			attno = -1;

	if (want->whole)
		return false;
	*covering = *index;
	while ((attno = bms_next_member(columns, attno)) >= 0)
		if (!cal_covering_add(table, covering, attno))
			return false;
	return covering->nincludes > index->nincludes;
}

/* The key for a column; false if it cannot be one that is stored once. */
static bool
make_key(const CalTable *table, AttrNumber attno, CalIndexKey *key)
{
	const CalTableColumn *column = &table->column[attno];

	return column->deduplicates && is_bounded(column) &&
		cal_roles_column_key(table, attno, key);
}

/* The same with keys, if there are many rows of each. */
bool
cal_covering_keys(const CalTable *table, const CalWant *want,
				  const CalIndex *index, CalIndex *covering)
{
	Bitmapset  *columns = needed(want, index);
	int			attno = -1;
	double		distinct = 1;

	if (want->whole)
		return false;
	*covering = *index;
	while ((attno = bms_next_member(columns, attno)) >= 0)
	{
		if (cal_index_gives(covering, attno))
			continue;
		if (attno == 0 || attno > table->natts ||
			covering->nkeys == CAL_INDEX_KEYS ||
			!make_key(table, attno, &covering->key[covering->nkeys]))
			return false;
		covering->nkeys++;
	}
	for (int i = 0; i < covering->nkeys; i++)
		distinct *= cal_roles_distinct(table, &covering->key[i]);
	return covering->nkeys > index->nkeys &&
		distinct * SAME_ROWS < table->tuples * index->share;
}

/* The column with the fewest values as the first key, or 0. */
static AttrNumber
first_key(const CalTable *table, const CalWant *want)
{
	AttrNumber	best = 0;
	int			attno = -1;

	while ((attno = bms_next_member(want->columns, attno)) >= 0)
		if (attno > 0 && attno <= table->natts &&
			OidIsValid(table->column[attno].opfamily) &&
			(best == 0 || table->column[attno].distinct <
			 table->column[best].distinct))
			best = attno;
	return best;
}

/* What is read instead of the whole table, if it is much smaller. */
bool
cal_covering_narrow(const CalTable *table, const CalWant *want,
					CalIndex *covering)
{
	CalIndex	index = {.relid = table->relid,.am = BTREE_AM_OID,.share = 1};
	AttrNumber	first = first_key(table, want);
	Size		entry = sizeof(IndexTupleData) + sizeof(ItemIdData);
	int			attno = -1;

	if (want->whole || table->pages < NARROW_PAGES || first == 0)
		return false;
	while ((attno = bms_next_member(want->columns, attno)) >= 0)
		entry += attno <= table->natts ? table->column[attno].width : BLCKSZ;
	if (entry * table->tuples * NARROW > (double) table->pages * BLCKSZ ||
		!is_bounded(&table->column[first]) ||
		!cal_roles_column_key(table, first, &index.key[0]))
		return false;
	index.nkeys = 1;
	*covering = index;
	return cal_covering_keys(table, want, &index, covering) ||
		cal_covering_includes(table, want, &index, covering) ||
		bms_num_members(want->columns) == 1;
}
