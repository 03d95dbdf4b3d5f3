/*
 * size_btree.c
 *		How large a btree would be.
 *
 * Owns nothing.  Called by size.c, in the sandbox.  Lays entries out on pages
 * as a build does: rows of one key share an entry where the operator classes
 * allow it, and a page is left when its fill factor is passed.  Takes no lock
 * and reads no table.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "utils/lsyscache.h"

#include "advise/entries.h"
#include "advise/size_btree.h"

/* Bytes of an entry that holds many rows of one key, as a build makes it. */
#define POSTING_MAX \
	((int) (MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData)))

/* What a page has for items with their line pointers, as the build counts. */
#define PAGE_ROOM \
	((int) (BLCKSZ - SizeOfPageHeaderData - \
			MAXALIGN(sizeof(BTPageOpaqueData)) - 2 * sizeof(ItemIdData)))

#define KEEP_FREE(fillfactor) (BLCKSZ * (100 - (fillfactor)) / 100)

/* An entry that is larger is refused. */
#define ENTRY_MAX \
	((int) (MAXALIGN_DOWN((BLCKSZ - \
						   MAXALIGN(SizeOfPageHeaderData + \
									3 * sizeof(ItemIdData)) - \
						   MAXALIGN(sizeof(BTPageOpaqueData))) / 3) - \
			MAXALIGN(sizeof(ItemPointerData))))

#define CLUSTERED	1.5			/* rows of a key in the same block */
#define SPREAD_TO	8			/* rows per key, up to which chance matters */

/* Items on leaf pages, with their line pointers. */
typedef struct Items
{
	double		n;
	double		bytes;
	double		squares;
	double		row_lists;		/* bytes of lists of rows, by bytes of item */
} Items;

/* Add so many items of the same kind; the list of rows is part of the size. */
static void
add_items(Items *items, double n, double size, double row_list)
{
	size += sizeof(ItemIdData);
	items->n += n;
	items->bytes += n * size;
	items->squares += n * size * size;
	items->row_lists += n * size * row_list;
}

/* Add keys that have the same whole number of rows each. */
static void
add_alike(Items *items, double keys, double entry, double rows)
{
	int			room = MAXALIGN_DOWN(Max(0, (int) (POSTING_MAX - entry)));
	double		most = room / sizeof(ItemPointerData);
	double		full = floor(rows / most);
	double		rest = rows - full * most;

	if (most < 2)
	{
		add_items(items, keys * rows, entry, 0);
		return;
	}
	if (full > 0)
	{
		double		row_list = MAXALIGN((int) most * sizeof(ItemPointerData));

		add_items(items, keys * full, entry + row_list, row_list);
	}
	if (rest == 1)
		add_items(items, keys, entry, 0);
	else if (rest > 1)
	{
		double		row_list = MAXALIGN((int) rest * sizeof(ItemPointerData));

		add_items(items, keys, entry + row_list, row_list);
	}
}

/* Add keys that have so many rows on average, one more or less. */
static void
add_keys(Items *items, double keys, double entry, double rows)
{
	double		few = floor(rows);

	add_alike(items, keys * (few + 1 - rows), entry, few);
	if (rows > few)
		add_alike(items, keys * (rows - few), entry, few + 1);
}

/*
 * The mean of a Poisson distribution of which the values above zero have the
 * given mean.
 */
static double
poisson_mean(double mean)
{
	double		low = 0;
	double		high = mean;

	for (int i = 0; i < 30; i++)
	{
		double		middle = (low + high) / 2;

		if (middle / -expm1(-middle) < mean)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* Add keys that have so many rows on average, scattered by chance. */
static void
add_scattered(Items *items, double keys, double entry, double rows)
{
	double		mean;
	double		share;			/* of keys that have so many rows */

	if (rows >= SPREAD_TO)
	{
		add_keys(items, keys, entry, rows);
		return;
	}
	if (rows <= 1)
	{
		add_keys(items, keys * rows, entry, 1);
		return;
	}
	mean = poisson_mean(rows);
	share = mean / expm1(mean);
	for (int i = 1; i <= 4 * SPREAD_TO; i++)
	{
		add_keys(items, keys * share, entry, i);
		share *= mean / (i + 1);
	}
}

/*
 * Add the keys that were seen in one block only, and those that were not seen.
 * If there were several rows of them in that block, this is how they are
 * clustered everywhere, else it is a matter of chance.
 */
static void
add_rare(const CalRecurrence *r, double keys, double rows, Items *items)
{
	int			once = r->in_blocks[1];
	double		bytes = 0;
	double		places;

	if (once == 0)
		return;
	keys = Min(Max(keys, once), rows);
	for (int i = 0; i < r->nkeys; i++)
		if (r->key_blocks[i] == 1)
			bytes += r->key_bytes[i];
	if (r->once_rows < CLUSTERED * once)
	{
		add_scattered(items, keys, bytes / r->once_rows, rows / keys);
		return;
	}
	places = rows * once / (r->once_rows * keys);
	for (int i = 0; i < r->nkeys; i++)
		if (r->key_blocks[i] == 1)
			add_keys(items, keys / once, r->key_bytes[i] / r->key_rows[i],
					 r->key_rows[i] * places);
}

/* Add the keys of the part, going by how often they recur in the sample. */
static void
add_recurring(const CalSizeJob *job, const CalEntries *entries, Items *items)
{
	CalRecurrence r;
	double		growth;
	double		keys;

	cal_entries_recur(job, entries, &r);
	growth = job->tuples / r.rows;
	for (int i = 0; i < r.nkeys; i++)
		if (r.all || r.key_blocks[i] > 1)
			add_keys(items, 1, r.key_bytes[i] / r.key_rows[i],
					 r.key_rows[i] * (r.all ? 1 : growth));
	keys = cal_entries_distinct(job, &r) - (r.nkeys - r.in_blocks[1]);
	if (!r.all)
		add_rare(&r, keys, r.once_rows * growth, items);
}

/* Whether rows of the same key may share an entry. */
static bool
deduplicates(const CalIndex *index)
{
	if (index->nincludes > 0)
		return false;
	for (int i = 0; i < index->nkeys; i++)
	{
		const CalIndexKey *key = &index->key[i];
		Oid			proc = get_opfamily_proc(key->opfamily, key->opcintype,
											 key->opcintype,
											 BTEQUALIMAGE_PROC);

		if (!OidIsValid(proc) ||
			!DatumGetBool(OidFunctionCall1Coll(proc, key->collation,
											   ObjectIdGetDatum(key->opcintype))))
			return false;
	}
	return true;
}

/*
 * Bytes of items that a leaf page holds.  A build adds items until one passes
 * the limit, of which its list of rows does not count; that one begins the
 * next page.  If items are all alike, all pages end in the same way, else on
 * average in the middle of one.
 */
static double
leaf_fill(const Items *items)
{
	double		limit = PAGE_ROOM - KEEP_FREE(BTREE_DEFAULT_FILLFACTOR);
	double		size = items->bytes / items->n;
	double		weighted = items->squares / items->bytes;
	double		variation;
	double		alike;

	limit += items->row_lists / items->bytes;
	limit = Min(limit, PAGE_ROOM - weighted - sizeof(ItemPointerData));
	alike = Max(floor(limit / weighted), 1) * weighted;
	variation = sqrt(Max(weighted / size - 1, 0) * limit / weighted);
	variation = Min(2 * variation, 1);
	return (1 - variation) * alike +
		variation * Max(limit - weighted / 2, weighted);
}

/* Add the levels above the leaves. */
static void
add_levels(CalSize *size, double leaves, double key)
{
	int			room = PAGE_ROOM - KEEP_FREE(BTREE_NONLEAF_FILLFACTOR);
	double		fan_out = Max(floor(room / (key + sizeof(ItemIdData))), 2);

	size->pages = 1 + leaves;
	size->height = 0;
	while (leaves > 1)
	{
		leaves = ceil(leaves / fan_out);
		size->pages += leaves;
		size->height++;
	}
}

/* The size of the btree, as if it were built now. */
void
cal_size_btree(const CalSizeJob *job, CalSize *size)
{
	CalEntries	entries;
	Items		items = {0};

	cal_entries_read(job, &entries);
	size->fits = entries.largest <= ENTRY_MAX;
	if (!deduplicates(job->index))
	{
		double		spread = entries.square / (entries.mean * entries.mean);

		add_items(&items, job->tuples, entries.mean, 0);
		items.squares *= spread;
	}
	else if (entries.n > 0)
		add_recurring(job, &entries, &items);
	else
	{
		double		keys = cal_entries_distinct(job, NULL);

		add_scattered(&items, keys, entries.mean, job->tuples / keys);
	}
	add_levels(size, items.n > 0 ? ceil(items.bytes / leaf_fill(&items)) : 0,
			   entries.key_mean);
}
