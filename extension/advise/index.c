/*
 * index.c
 *		An index that exists, or that might help.
 *
 * Owns: when one index makes another superfluous, how large a btree would be,
 * and how to ask for it in SQL.  Called by the advisor's files.  Pure
 * arithmetic but for the names in the SQL; takes no lock.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "access/tupmacs.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "advise/index.h"

/* Bytes of an entry that holds many rows of one key, as a build makes it. */
#define POSTING_MAX \
	((int) (MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData)))

/* What a page has for items, its high key among them. */
#define PAGE_ROOM \
	((int) (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(BTPageOpaqueData))))

/* Whether a column is among the first n of an index. */
static bool
among(const CalIndex *index, int n, AttrNumber attno)
{
	for (int i = 0; i < n; i++)
		if (index->column[i].attno == attno)
			return true;
	return false;
}

/*
 * Whether a contains b as a prefix.  Where b compares columns with values for
 * equality, their order and directions do not matter; a btree can be read
 * backwards, so the directions of the others matter only among themselves.
 */
bool
cal_index_covers(const CalIndex *a, const CalIndex *b)
{
	bool		same = true;
	bool		reverse = true;

	if (a->relid != b->relid || a->ncolumns < b->ncolumns)
		return false;
	for (int i = 0; i < b->nequal; i++)
		if (!among(a, b->nequal, b->column[i].attno))
			return false;
	for (int i = b->nequal; i < b->ncolumns; i++)
	{
		const CalIndexColumn *x = &a->column[i];
		const CalIndexColumn *y = &b->column[i];

		if (x->attno != y->attno)
			return false;
		same &= x->desc == y->desc && x->nulls_first == y->nulls_first;
		reverse &= x->desc != y->desc && x->nulls_first != y->nulls_first;
	}
	return same || reverse;
}

/* Whether the table has an index that makes this one superfluous. */
bool
cal_index_covered(const CalTable *table, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		if (cal_index_covers(lfirst(lc), index))
			return true;
	}
	return false;
}

/* Bytes of an entry with one row, without its line pointer. */
static int
entry_size(const CalTable *table, const CalIndex *index)
{
	Size		size = 0;

	for (int i = 0; i < index->ncolumns; i++)
	{
		const CalTableColumn *c = &table->column[index->column[i].attno];

		if (c->fixed || c->width > 127)
			size = att_align_nominal(size, c->align);
		size += c->width;
	}
	return MAXALIGN(sizeof(IndexTupleData) + size);
}

/* Rows that have the same key, on average; 1 if that is unknown. */
static double
rows_per_key(const CalTable *table, const CalIndex *index)
{
	double		keys = 1;

	for (int i = 0; i < index->ncolumns; i++)
	{
		const CalTableColumn *c = &table->column[index->column[i].attno];

		if (!c->deduplicates || c->distinct <= 0)
			return 1;
		keys *= c->distinct;
	}
	return Max(1, table->tuples / keys);
}

/* Bytes on leaf pages, with line pointers, that one key takes. */
static double
key_bytes(int entry, double rows, int *largest)
{
	double		per_posting = (POSTING_MAX - entry) / sizeof(ItemPointerData);
	double		full;
	double		rest;
	double		bytes;

	*largest = entry + sizeof(ItemIdData);
	if (rows < 1.5 || per_posting < 2)
		return rows * *largest;
	rows = rint(rows);
	full = floor(rows / per_posting);
	rest = rows - full * per_posting;
	bytes = full * MAXALIGN(entry + (int) per_posting * 6) +
		(rest >= 2 ? MAXALIGN(entry + (int) rest * 6) : rest * entry);
	*largest = MAXALIGN(entry + (int) Min(rows, per_posting) * 6) +
		sizeof(ItemIdData);
	return bytes + (full + (rest > 0)) * sizeof(ItemIdData);
}

/*
 * Bytes of items that a page holds, besides its high key: it is filled until
 * the factor is passed, so by one item more if that fits.
 */
static double
page_fill(int item, int high_key, int fillfactor)
{
	int			room = PAGE_ROOM - high_key;
	int			aim = room - BLCKSZ * (100 - fillfactor) / 100;
	int			n = aim / item;

	return Max(1, (n + 1) * item <= room ? n + 1 : n) * (double) item;
}

/* Estimate the size of the btree, as if it were built now. */
void
cal_index_estimate(const CalTable *table, CalIndex *index)
{
	int			entry = entry_size(table, index);
	int			plain = entry + sizeof(ItemIdData);
	double		same = rows_per_key(table, index);
	int			largest;
	double		bytes = key_bytes(entry, same, &largest);
	double		inner = page_fill(plain, plain, BTREE_NONLEAF_FILLFACTOR);
	double		level;
	double		pages;

	bytes *= Max(1, table->tuples) / same;
	level = ceil(bytes / page_fill(largest, plain, BTREE_DEFAULT_FILLFACTOR));
	pages = 1 + level;
	index->height = 0;
	while (level > 1)
	{
		level = ceil(level / Max(2, inner / plain));
		pages += level;
		index->height++;
	}
	index->pages = (BlockNumber) Min(pages, MaxBlockNumber);
}

/* The statement that creates it, quoted as the server wants it. */
char *
cal_index_ddl(const CalTable *table, const CalIndex *index)
{
	StringInfoData ddl;
	char	   *schema = get_namespace_name(get_rel_namespace(index->relid));
	char	   *name = get_rel_name(index->relid);

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "CREATE INDEX %sON %s (",
					 get_rel_relkind(index->relid) == RELKIND_PARTITIONED_TABLE
					 ? "" : "CONCURRENTLY ",
					 quote_qualified_identifier(schema, name));
	for (int i = 0; i < index->ncolumns; i++)
	{
		const CalIndexColumn *c = &index->column[i];

		appendStringInfo(&ddl, "%s%s%s", i > 0 ? ", " : "",
						 quote_identifier(get_attname(index->relid, c->attno,
													  false)),
						 c->desc ? " DESC" : "");
		if (c->nulls_first != c->desc)
			appendStringInfoString(&ddl, c->nulls_first ? " NULLS FIRST"
								   : " NULLS LAST");
	}
	appendStringInfoString(&ddl, ");");
	return ddl.data;
}
