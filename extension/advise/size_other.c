/*
 * size_other.c
 *		How large a hash index would be, or one on ranges of blocks.
 *
 * Owns nothing.  Called by size.c, in the sandbox.  Takes no lock and reads no
 * table.
 */
#include "postgres.h"

#include <math.h>

#include "access/brin.h"
#include "access/brin_page.h"
#include "access/brin_tuple.h"
#include "access/hash.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "port/pg_bitutils.h"

#include "advise/entries.h"
#include "advise/size_other.h"

/* An item of a hash index, with its line pointer. */
#define HASH_ITEM \
	((int) (MAXALIGN(sizeof(IndexTupleData)) + MAXALIGN(sizeof(uint32)) + \
			sizeof(ItemIdData)))
#define HASH_PER_PAGE \
	((int) ((BLCKSZ - SizeOfPageHeaderData - \
			 MAXALIGN(sizeof(HashPageOpaqueData))) / HASH_ITEM))

#define BRIN_ROOM \
	((int) (BLCKSZ - SizeOfPageHeaderData - \
			MAXALIGN(sizeof(BrinSpecialSpace))))

#define PAGES_MANY	4			/* that a key needs in order to count alone */
#define KEYS_MANY	700

#define ANY_FILL	0.7			/* of pages, of methods that insert one by one */

/*
 * Pages beyond the first of buckets that have so many keys on average, of so
 * many rows each.
 */
static double
overflow_pages(double buckets, double keys, double rows)
{
	double		pages = 0;
	double		p = exp(-keys);
	int			last = (int) (keys + 10 * sqrt(keys) + 10);

	if (keys > KEYS_MANY)		/* p would be zero: nearly all are alike */
		return buckets * Max(keys * rows / HASH_PER_PAGE - 0.5, 0);
	for (int i = 0; i < last; i++)
	{
		pages += p * Max(ceil(i * rows / HASH_PER_PAGE) - 1, 0);
		p *= keys / (i + 1);
	}
	return buckets * pages;
}

/*
 * Overflow pages of all buckets.  While their number is not a power of two,
 * the first ones hold what would be in those that are still missing.
 */
static double
all_overflow_pages(double buckets, double keys, double rows)
{
	double		power = pg_nextpower2_32((uint32) buckets);
	double		twofold = power - buckets;

	if (keys < 1)
		return 0;
	return overflow_pages(twofold, 2 * keys / power, rows / keys) +
		overflow_pages(buckets - twofold, keys / power, rows / keys);
}

/* Buckets that a build makes for so many rows. */
static double
hash_buckets(double rows)
{
	int			per_bucket = BLCKSZ * HASH_DEFAULT_FILLFACTOR / 100 / HASH_ITEM;
	double		wanted = rows / per_bucket;

	if (wanted <= 2)
		return 2;
	return _hash_get_totalbuckets(_hash_spareindex((uint32) Min(wanted, 1 << 30)));
}

/*
 * A hash index.  Keys that fill several pages are taken one by one, the others
 * are spread over all buckets by chance.
 */
void
cal_size_hash(const CalSizeJob *job, CalSize *size)
{
	double		buckets = hash_buckets(job->tuples);
	double		rest = job->tuples;
	double		keys = rest;
	double		pages = 0;
	CalEntries	entries;
	CalRecurrence r;

	cal_entries_read(job, &entries);
	if (entries.n > 0)
	{
		cal_entries_recur(job, &entries, &r);
		keys = cal_entries_distinct(job, &r);
		for (int i = 0; i < r.nkeys; i++)
		{
			double		rows = r.key_rows[i] * job->tuples / r.rows;

			if (r.key_blocks[i] == 1 || rows < PAGES_MANY * HASH_PER_PAGE)
				continue;
			pages += rows / HASH_PER_PAGE;
			rest -= rows;
			keys--;
		}
	}
	pages += all_overflow_pages(buckets, keys, Max(rest, 0));
	size->pages = 2 + buckets + ceil(pages);
	size->height = 0;
	size->fits = true;
}

/* An index on ranges of blocks: for each the least and the greatest value. */
void
cal_size_brin(const CalSizeJob *job, CalSize *size)
{
	double		ranges = ceil((double) job->heap / BRIN_DEFAULT_PAGES_PER_RANGE);
	double		room = BRIN_ROOM;
	double		values;
	double		entry;
	CalEntries	entries;

	cal_entries_read(job, &entries);
	values = 2 * (entries.mean - sizeof(IndexTupleData));
	entry = MAXALIGN((int) (MAXALIGN(SizeOfBrinTuple) + values)) +
		sizeof(ItemIdData);
	size->pages = 1 + Max(1, ceil(ranges / REVMAP_PAGE_MAXITEMS)) +
		Max(1, ceil(ranges / floor(room / entry)));
	size->height = 0;
	size->fits = entry <= room;
}

/* An access method that we know nothing of: entries as of a btree. */
void
cal_size_any(const CalSizeJob *job, CalSize *size)
{
	CalEntries	entries;

	cal_entries_read(job, &entries);
	size->pages = 1 + ceil(job->tuples * (entries.mean + sizeof(ItemIdData)) /
						   (BLCKSZ * ANY_FILL));
	size->height = 0;
	size->fits = entries.largest <= BLCKSZ / 2;
}
