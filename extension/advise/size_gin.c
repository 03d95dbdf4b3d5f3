/*
 * size_gin.c
 *		How large an inverted index would be.
 *
 * Owns nothing.  Called by size.c, in the sandbox.  Has the operator class take
 * values of the sample apart into keys, and works out how many keys there are
 * in the whole table and how long their lists of rows become.  Takes no lock;
 * fetches values that are stored out of line, so it looks at fewer rows than
 * others do.
 */
#include "postgres.h"

#include <math.h>

#include "access/gin.h"
#include "access/gin_private.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "access/tupmacs.h"
#include "catalog/pg_collation_d.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "advise/rowvalues.h"
#include "advise/size_gin.h"
#include "advise/size_other.h"
#include "version_compat.h"

#define KEYS_WANTED	200000		/* to be taken out of rows */
#define ROWS_LEAST	500			/* even if they take longer than this */
#define MSEC_WANTED	100

#define FILL_LATER	0.75		/* of entry pages, as more is added to them */
#define ENDLESS		0.75		/* how much of a tail of words has no end */
#define FEW_ROWS	10			/* from which chance is not told */
#define NEARLY_NONE	0.2
#define STEPS_MOST	16			/* in which a build is followed */
#define PAGE_ROOM \
	((int) (BLCKSZ - SizeOfPageHeaderData - MAXALIGN(sizeof(GinPageOpaqueData))))

#define SEGMENT		256			/* bytes of a posting tree that share a header */

/* What a build needs in memory: for a key, and at first for its rows. */
#define ACCUMULATOR	sizeof(GinEntryAccumulator)
#define DEF_NPTR	5
#define ALIGNING	4			/* bytes, on average, after a list of rows */

/* A key of the index, and in how many rows of the sample it is. */
typedef struct GinKey
{
	uint32		hash;
	char		status;
	uint16		size;			/* of its entry, without a list of rows */
	int			rows;
	int			blocks;			/* that these are in */
	int			last;			/* the row that was seen last to have it */
} GinKey;

#define SH_PREFIX		ginkeys
#define SH_ELEMENT_TYPE	GinKey
#define SH_KEY_TYPE		uint32
#define SH_KEY			hash
#define SH_HASH_KEY(t, key)	(murmurhash32(key))
#define SH_EQUAL(t, a, b)	((a) == (b))
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Taking values of one column apart. */
typedef struct Extraction
{
	const CalSizeJob *job;
	int			column;			/* of several, from 0 on */
	FmgrInfo	extract;
	Oid			collation;
	bool		byval;			/* of keys */
	int16		len;
	char		align;
	bool		packs;
	bool		is_document;	/* keys of several kinds */
	int			step;			/* in which rows are looked at */
	int			rows;			/* that were looked at, of those that count */
	int		   *in_row;			/* by row of the sample, its keys */
	ginkeys_hash *keys;
} Extraction;

/* Keys that are in equally many rows. */
typedef struct KeyGroup
{
	double		keys;
	double		rows;			/* that each of them is in */
	double		together;		/* of these, in the same block */
	double		size;			/* of an entry without a list of rows */
	double		key;			/* of which the key itself takes */
} KeyGroup;

/* What the index would consist of. */
typedef struct Layout
{
	double		heap;			/* pages of the table */
	int			ngroups;
	KeyGroup   *group;
} Layout;

/* The same in numbers, when some share of the table is in it. */
typedef struct Amount
{
	double		entries;
	double		bytes;			/* of them, with line pointers */
	double		key_bytes;		/* of which without lists of rows */
	double		data_pages;		/* pages with lists of rows only */
	double		memory;			/* that a build needs to collect all this */
} Amount;

/* Bytes of an entry without a list of rows. */
static int
key_size(const Extraction *x, Datum key, bool isnull)
{
	Size		size = x->job->index->nkeys > 1 ? sizeof(int16) : 0;

	if (isnull)
		return MAXALIGN(sizeof(IndexTupleData) + sizeof(IndexAttributeBitMapData) +
						size + sizeof(GinNullCategory));
	if (x->len == -1)
	{
		struct varlena *v = (struct varlena *) DatumGetPointer(key);

		if (x->packs && !VARATT_IS_EXTENDED(v) && VARATT_CAN_MAKE_SHORT(v))
			size += VARATT_CONVERTED_SHORT_SIZE(v);
		else if (VARATT_IS_SHORT(v))
			size += VARSIZE_SHORT(v);
		else
			size = att_align_nominal(size, x->align) + VARSIZE_ANY(v);
	}
	else if (x->len == -2)
		size += strlen(DatumGetCString(key)) + 1;
	else
		size = att_align_nominal(size, x->align) + x->len;
	return MAXALIGN(sizeof(IndexTupleData) + size);
}

/* The block that a row of the sample was in. */
static BlockNumber
block_of(const Extraction *x, int row)
{
	return ItemPointerGetBlockNumberNoCheck(&x->job->sample->row[row]->t_self);
}

/* Note that a row has a key. */
static void
add_key(Extraction *x, int row, Datum key, bool isnull)
{
	uint32		hash = isnull ? 1 : datum_image_hash(key, x->byval, x->len);
	bool		found;
	GinKey	   *k = ginkeys_insert(x->keys, hash_combine(hash, x->column),
								   &found);

	if (!found)
	{
		k->size = (uint16) Min(key_size(x, key, isnull), PG_UINT16_MAX);
		k->rows = k->blocks = 0;
		k->last = -1;
	}
	if (k->last == row)
		return;
	k->blocks += k->last < 0 || block_of(x, k->last) != block_of(x, row);
	k->rows++;
	k->last = row;
	x->in_row[row]++;
}

/* Take the value in a row apart. */
static void
visit(void *arg, int row, Datum value, bool isnull)
{
	Extraction *x = arg;
	int32		n = 0;
	bool	   *nulls = NULL;
	Datum	   *keys;

	if (x->job->counts && !x->job->counts[row])
		return;
	x->rows++;
	if (isnull)
	{
		add_key(x, row, (Datum) 0, true);
		return;
	}
	keys = (Datum *) DatumGetPointer(FunctionCall3Coll(&x->extract,
													   x->collation, value,
													   PointerGetDatum(&n),
													   PointerGetDatum(&nulls)));
	if (keys == NULL || n <= 0)
		add_key(x, row, (Datum) 0, true);
	else
		for (int i = 0; i < n; i++)
			add_key(x, row, keys[i], nulls && nulls[i]);
}

/* The type of the keys that an operator class makes, as an index has it. */
static Oid
key_type(const CalIndexKey *key)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID,
										ObjectIdGetDatum(key->opclass));
	Oid			type = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		type = ((Form_pg_opclass) GETSTRUCT(tuple))->opckeytype;
		ReleaseSysCache(tuple);
	}
	if (type == ANYELEMENTOID)
		type = get_base_element_type(exprType(key->expr));
	return OidIsValid(type) ? type : exprType(key->expr);
}

/* Get ready to take a column apart. */
static bool
prepare(Extraction *x, const CalSizeJob *job, int column)
{
	const CalIndexKey *key = &job->index->key[column];
	Oid			proc = get_opfamily_proc(key->opfamily, key->opcintype,
										 key->opcintype,
										 GIN_EXTRACTVALUE_PROC);
	TypeCacheEntry *type = lookup_type_cache(key_type(key), 0);

	if (!OidIsValid(proc))
		return false;
	fmgr_info(proc, &x->extract);
	x->job = job;
	x->column = column;
	x->collation = OidIsValid(key->collation) ? key->collation
		: DEFAULT_COLLATION_OID;
	x->byval = type->typbyval;
	x->len = type->typlen;
	x->align = type->typalign;
	x->packs = type->typstorage != TYPSTORAGE_PLAIN;
	x->is_document = getBaseType(exprType(key->expr)) == JSONBOID;
	x->rows = 0;
	x->keys = ginkeys_create(CurrentMemoryContext, 1024, NULL);
	return true;
}

/*
 * Bytes of a list of rows, of which some are in the same block: these take one,
 * the others the more, the farther the blocks are apart.
 */
static double
list_bytes(double rows, double together, double heap)
{
	double		places = Max(rows / together, 1);
	double		gap = heap / places;

	return offsetof(GinPostingList, bytes) + rows - places +
		(places - 1) * (2 + exp(-8 / gap) + exp(-1024 / gap) +
						exp(-131072 / gap));
}

/* What the allocator makes of a request. */
static double
chunk(double size)
{
	return size > 8192 ? size : 16 + pg_nextpower2_32((uint32) size);
}

/* Add keys, of which each is in so many rows that were read so far. */
static void
add_group(const KeyGroup *group, double rows, double heap, Amount *amount)
{
	double		keys = group->keys * Min(rows, 1);
	double		list = DEF_NPTR * sizeof(ItemPointerData);
	double		bytes;
	double		entry;

	rows = Max(rows, 1);
	while (list < rows * sizeof(ItemPointerData))
		list *= 2;
	amount->memory += keys * (ACCUMULATOR + chunk(group->key) + chunk(list));
	bytes = list_bytes(rows, group->together, heap);
	entry = group->size + bytes + Min(rows - 1, 1) * ALIGNING;
	if (entry > GinMaxItemSize)
	{
		double		pages = bytes * (1 + (double) offsetof(GinPostingList, bytes) /
									 SEGMENT) / GinDataPageMaxDataSize;

		entry = group->size;
		amount->data_pages += keys * (pages <= 1 ? 1 : 1 + ceil(pages));
	}
	amount->entries += keys;
	amount->bytes += keys * (entry + sizeof(ItemIdData));
	amount->key_bytes += keys * (group->size + sizeof(ItemIdData));
}

/* What a share of the table amounts to. */
static void
add_up(const Layout *layout, double share, Amount *amount)
{
	memset(amount, 0, sizeof(*amount));
	for (int i = 0; i < layout->ngroups; i++)
		add_group(&layout->group[i], layout->group[i].rows * share,
				  layout->heap * share, amount);
}

/*
 * The share of the table that a build collects in memory before it turns to
 * the index.
 */
static double
share_in_memory(const Layout *layout)
{
	double		least = 0;
	double		most = 1;
	Amount		amount;

	add_up(layout, 1, &amount);
	if (amount.memory <= maintenance_work_mem * 1024.0)
		return 1;
	for (int i = 0; i < 12; i++)
	{
		double		middle = (least + most) / 2;

		add_up(layout, middle, &amount);
		if (amount.memory <= maintenance_work_mem * 1024.0)
			least = middle;
		else
			most = middle;
	}
	return most;
}

/*
 * Leaf pages of the tree of entries.  Entries that come in order leave pages
 * half empty behind them, and those that come later fill them up; lists of
 * rows that were moved to pages of their own leave theirs to nobody.
 */
static double
entry_pages(const Layout *layout)
{
	double		share = share_in_memory(layout);
	double		step = Max(share, 1.0 / STEPS_MOST);
	double		pages = 0;
	Amount		amount;

	for (double done = share; done < 1 + step; done += step)
	{
		double		fill = PAGE_ROOM * FILL_LATER;

		add_up(layout, Min(done, 1), &amount);
		if (amount.bytes <= PAGE_ROOM)
			fill = PAGE_ROOM;
		else if (pages == 0)
			fill = PAGE_ROOM / 2 + amount.bytes / amount.entries;
		pages = Max(pages, ceil(amount.bytes / fill));
	}
	return pages;
}

/*
 * Whether nearly all rows have a key that no other row has, although by chance
 * some would not.
 */
static bool
all_peculiar(const Extraction *x, int once)
{
	int			n = x->job->sample->n;
	bool	   *peculiar = palloc0(n * sizeof(bool));
	double		keys = 0;
	double		by_chance = 0;
	int			found = 0;
	ginkeys_iterator it;
	GinKey	   *k;

	ginkeys_start_iterate(x->keys, &it);
	while ((k = ginkeys_iterate(x->keys, &it)) != NULL)
	{
		keys += k->rows;
		if (k->rows == 1)
			peculiar[k->last] = true;
	}
	for (int i = 0; i < n; i++)
	{
		if (x->in_row[i] == 0)
			continue;
		by_chance += pow(1 - once / keys, x->in_row[i]);
		found += !peculiar[i];
	}
	pfree(peculiar);
	return by_chance >= FEW_ROWS && found < NEARLY_NONE * by_chance;
}

/*
 * How many of the keys that were seen once never recur: perhaps one in each
 * row.  Documents may hold such keys in some rows only; if their other keys
 * are of a limited number, those seen two and three times tell how many of
 * them were seen once.
 */
static double
count_unique(const Extraction *x, const int seen_in[4])
{
	double		once = seen_in[1];

	if (all_peculiar(x, seen_in[1]))
		return Min(x->rows, once);
	if (x->is_document && seen_in[3] > 0)
		return Max(0, once - 2.0 * seen_in[2] * seen_in[2] / (3.0 * seen_in[3]));
	return 0;
}

/* Keys of a column that were not seen. */
static double
unseen_keys(const Extraction *x, const int seen_in[4], double growth)
{
	int			unique = (int) count_unique(x, seen_in);
	int			others[4] = {0, seen_in[1] - unique, seen_in[2], seen_in[3]};

	return unique * (growth - 1) +
		cal_rowvalues_unseen(others, growth, ENDLESS);
}

/* The keys that were seen, by the number of rows that have them. */
static KeyGroup *
collect_groups(const Extraction *x)
{
	KeyGroup   *group = palloc0((x->rows + 1) * sizeof(KeyGroup));
	ginkeys_iterator it;
	GinKey	   *k;

	ginkeys_start_iterate(x->keys, &it);
	while ((k = ginkeys_iterate(x->keys, &it)) != NULL)
	{
		group[k->rows].keys++;
		group[k->rows].size += k->size;
		group[k->rows].together += k->blocks;
	}
	for (int i = 1; i <= x->rows; i++)
	{
		KeyGroup   *g = &group[i];

		if (g->keys == 0)
			continue;
		g->together = 1 + (i * g->keys / g->together - 1) * x->step;
		g->size /= g->keys;
		g->key = g->size - sizeof(IndexTupleData);
	}
	return group;
}

/* Add the keys of a column, which has so many times the rows looked at. */
static void
add_column(const Extraction *x, Layout *layout)
{
	double		growth = Max(x->job->tuples / x->rows, 1);
	KeyGroup   *seen = collect_groups(x);
	int			seen_in[4];

	for (int i = 0; i < lengthof(seen_in); i++)
		seen_in[i] = i <= x->rows ? (int) seen[i].keys : 0;
	layout->group = repalloc(layout->group, sizeof(KeyGroup) *
							 (layout->ngroups + x->rows));
	for (int i = 1; i <= x->rows; i++)
	{
		KeyGroup   *group = &layout->group[layout->ngroups];

		if (seen[i].keys == 0)
			continue;
		*group = seen[i];
		if (i == 1)
			group->keys += unseen_keys(x, seen_in, growth);
		group->rows = i * growth * seen[i].keys / group->keys;
		layout->ngroups++;
	}
}

/* All pages. */
static void
add_pages(const Layout *layout, CalSize *size)
{
	double		level = Max(entry_pages(layout), 1);
	Amount		amount;
	double		fan_out;

	add_up(layout, 1, &amount);
	fan_out = PAGE_ROOM / 2 / (amount.key_bytes / Max(amount.entries, 1) + 1);
	size->pages = 1 + level + amount.data_pages;
	while (level > 1)
	{
		level = ceil(level / Max(2, fan_out));
		size->pages += level;
		size->height++;
	}
}

/*
 * How many rows to leave out: so that not too many keys are left to look at,
 * and that it does not take too long.
 */
static int
choose_step(const CalSizeJob *job, Node *expr, Extraction *x)
{
	int			n = job->sample->n;
	int			step = cal_rowsample_step(job->sample, expr, visit, x,
										  ROWS_LEAST, MSEC_WANTED);
	double		keys = 0;

	for (int i = 0; i < n; i++)
		keys += x->in_row[i];
	keys *= n / Max(x->rows, 1);
	while (keys / step > KEYS_WANTED && n / step >= 2 * ROWS_LEAST)
		step *= 2;
	return Max(step, job->step);
}

/* Take a column of the part apart, and add its keys. */
static void
read_column(const CalSizeJob *job, int column, Layout *layout)
{
	const CalRowPart *part = job->part;
	Node	   *expr = job->index->key[column].expr;
	CalRowWalk	walk = {part->first, part->first + part->n, 1};
	Extraction	x;

	if (!prepare(&x, job, column))
		return;
	x.in_row = palloc0(job->sample->n * sizeof(int));
	walk.step = choose_step(job, expr, &x);
	walk.first = TYPEALIGN(walk.step, walk.first);
	memset(x.in_row, 0, job->sample->n * sizeof(int));
	x.step = walk.step;
	x.rows = 0;
	ginkeys_reset(x.keys);
	(void) cal_rowsample_walk(job->sample, expr, &walk, visit, &x);
	if (x.rows > 0)
		add_column(&x, layout);
	ginkeys_destroy(x.keys);
	pfree(x.in_row);
}

/* The size of the index, as if it were built now. */
void
cal_size_gin(const CalSizeJob *job, CalSize *size)
{
	Layout		layout = {.heap = Max(job->heap, 1)};

	if (job->sample == NULL)
	{
		cal_size_any(job, size);
		return;
	}
	layout.group = palloc(sizeof(KeyGroup));
	memset(size, 0, sizeof(*size));
	size->fits = true;
	for (int i = 0; i < job->index->nkeys; i++)
		if (job->part->n > 0)
			read_column(job, i, &layout);
	add_pages(&layout, size);
}
