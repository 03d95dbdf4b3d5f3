/*
 * rowvalues.c
 *		How large the values of an expression are in the rows of a sample, and
 *		how often they recur.
 *
 * Owns nothing beyond the sample.  Called by the files that estimate sizes and
 * statistics, in the sandbox, since expressions are evaluated.  Takes no lock;
 * fetches nothing that is stored out of line, unless the expression does.
 */
#include "postgres.h"

#include <math.h>

#include "access/detoast.h"
#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "access/toast_internals.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "nodes/nodeFuncs.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "advise/rowvalues.h"
#include "version_compat.h"

#define MSEC_WANTED		50		/* for an expression in all rows */
#define ROWS_LEAST		1000	/* evaluated even if they take longer */
#define THRICE_DOUBT	5		/* keys seen three times that say little */
#define RATIO_MAX		1000	/* of them, to what is to be expected */
#define ENDLESS			0.5		/* how much of a tail has no end */
#define COMPRESSED		50		/* values that are compressed to see how far */

/* An index compresses values that are larger, as it forms an entry. */
#define COMPRESS_FROM	TOAST_INDEX_TARGET

/* What is being evaluated. */
typedef struct Measure
{
	CalRowValues *values;
	bool		byval;
	int16		len;
	bool		compresses;
	int			tried;			/* values that were compressed */
	double		before;			/* bytes of them */
	double		after;
	int			nulls;
	double		bytes;
} Measure;

/* Bytes of a large value after compression, going by the first ones. */
static double
compressed_size(Measure *m, Datum value, double size)
{
	if (m->tried < COMPRESSED)
	{
		Datum		smaller = toast_compress_datum(value, 0);

		m->tried++;
		m->before += size;
		m->after += DatumGetPointer(smaller) ? VARSIZE_ANY(smaller) : size;
	}
	return size * m->after / m->before;
}

/* Bytes that an index needs for a value of variable length. */
static double
varlena_size(Measure *m, Datum value)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_EXTERNAL_ONDISK(v))
	{
		struct varatt_external pointer;

		VARATT_EXTERNAL_GET_POINTER(pointer, v);
		return VARATT_EXTERNAL_GET_EXTSIZE(pointer) + VARHDRSZ;
	}
	if (VARATT_IS_EXTERNAL(v))
		return toast_raw_datum_size(value);
	if (VARATT_IS_SHORT(v))
		return VARSIZE_SHORT(v);
	if (m->compresses && !VARATT_IS_COMPRESSED(v) &&
		VARSIZE(v) > COMPRESS_FROM)
		return compressed_size(m, value, VARSIZE(v));
	if (m->values->packs && VARATT_CAN_MAKE_SHORT(v))
		return VARATT_CONVERTED_SHORT_SIZE(v);
	return VARSIZE(v);
}

/* A number for the value; of what is stored out of line, for where it is. */
static uint32
value_hash(const Measure *m, Datum value)
{
	if (m->len == -1)
	{
		const char *v = DatumGetPointer(value);

		if (VARATT_IS_EXTENDED(v) && !VARATT_IS_SHORT(v))
			return hash_bytes((const unsigned char *) v, VARSIZE_ANY(v));
		return hash_bytes((const unsigned char *) VARDATA_ANY(v),
						  VARSIZE_ANY_EXHDR(v));
	}
	return datum_image_hash(value, m->byval, m->len);
}

/* Note a value. */
static void
measure(void *arg, int i, Datum value, bool isnull)
{
	Measure    *m = arg;
	double		size = m->len;

	if (isnull)
	{
		m->values->hash[i] = 0;
		m->values->size[i] = 0;
		m->nulls++;
		return;
	}
	if (m->len == -1)
		size = varlena_size(m, value);
	else if (m->len == -2)
		size = strlen(DatumGetCString(value)) + 1;
	m->values->hash[i] = value_hash(m, value);
	m->values->size[i] = (uint16) Min(Max(size, 1), PG_UINT16_MAX);
	m->bytes += m->len == -1 ? VARSIZE_ANY(DatumGetPointer(value)) : size;
}

/* How an index stores values of a type; a name as a plain string. */
static void
note_type(Measure *m, Oid typid)
{
	TypeCacheEntry *type = lookup_type_cache(getBaseType(typid), 0);

	m->byval = type->typbyval;
	m->len = type->typlen;
	m->values->align = type->typalign;
	if (type->type_id == NAMEOID)
	{
		m->len = -2;
		m->values->align = TYPALIGN_CHAR;
	}
	m->values->packs = m->len == -1 && type->typstorage != TYPSTORAGE_PLAIN;
	m->compresses = m->len == -1 && (type->typstorage == TYPSTORAGE_EXTENDED ||
									 type->typstorage == TYPSTORAGE_MAIN);
}

/* Evaluate the expression in all rows, or if that is slow, in some. */
static void
evaluate(CalRowSample *sample, Measure *m)
{
	CalRowValues *values = m->values;
	CalRowWalk	walk = {0, sample->n, 1};
	int			done;

	if (!IsA(values->expr, Var))
		walk.step = cal_rowsample_step(sample, values->expr, measure, m,
									   ROWS_LEAST, MSEC_WANTED);
	m->nulls = 0;
	m->bytes = 0;
	values->step = walk.step;
	done = cal_rowsample_walk(sample, values->expr, &walk, measure, m);
	values->nulls = done > 0 ? (double) m->nulls / done : 0;
	values->width = done > m->nulls ? m->bytes / (done - m->nulls) : 0;
}

/* The values of an expression, as far as they are known. */
CalRowValues *
cal_rowvalues_get(CalRowSample *sample, Node *expr)
{
	Measure		m = {0};
	MemoryContext outer;
	ListCell   *lc;

	foreach(lc, sample->values)
	{
		CalRowValues *values = lfirst(lc);

		if (equal(values->expr, expr))
			return values;
	}
	outer = MemoryContextSwitchTo(sample->context);
	m.values = palloc0(sizeof(CalRowValues));
	m.values->expr = copyObject(expr);
	m.values->hash = palloc0((sample->n + 1) * sizeof(uint32));
	m.values->size = palloc0((sample->n + 1) * sizeof(uint16));
	MemoryContextSwitchTo(outer);
	note_type(&m, exprType(expr));
	evaluate(sample, &m);

	MemoryContextSwitchTo(sample->context);
	sample->values = lappend(sample->values, m.values);
	MemoryContextSwitchTo(outer);
	return m.values;
}

/* What is counted of a key; rows come in the order of blocks. */
typedef struct Key
{
	uint32		hash;
	int			rows;			/* 0: the place is free */
	int			blocks;
	BlockNumber last;
	double		bytes;
} Key;

/* Count a row. */
static void
count(Key *keys, uint32 mask, uint32 hash, int size, BlockNumber block)
{
	uint32		i = murmurhash32(hash) & mask;

	while (keys[i].rows > 0 && keys[i].hash != hash)
		i = (i + 1) & mask;
	if (keys[i].rows == 0 || keys[i].last != block)
		keys[i].blocks++;
	keys[i].hash = hash;
	keys[i].last = block;
	keys[i].rows++;
	keys[i].bytes += size;
}

/* Add the keys up. */
static void
sum_up(const Key *keys, uint32 nkeys, CalRecurrence *result)
{
	for (uint32 i = 0; i < nkeys; i++)
	{
		const Key  *k = &keys[i];

		if (k->rows == 0)
			continue;
		result->places += k->blocks;
		if (k->blocks < lengthof(result->in_blocks))
			result->in_blocks[k->blocks]++;
		if (k->blocks == 1)
			result->once_rows += k->rows;
		result->key_rows[result->nkeys] = k->rows;
		result->key_blocks[result->nkeys] = k->blocks;
		result->key_bytes[result->nkeys++] = k->bytes;
	}
}

/* How often hashes recur among the chosen rows. */
void
cal_rowvalues_recur(const CalRowSample *sample, const CalRowChoice *choice,
					CalRecurrence *result)
{
	const CalRowPart *part = choice->part;
	uint32		room = pg_nextpower2_32(Max(2 * part->n, 16));
	Key		   *keys = palloc0(room * sizeof(Key));

	memset(result, 0, sizeof(*result));
	result->all = part->read == part->pages && choice->step == 1;
	for (int i = part->first; i < part->first + part->n; i++)
	{
		if (i % choice->step != 0 || (choice->counts && !choice->counts[i]))
			continue;
		count(keys, room - 1, choice->hash[i], choice->size[i],
			  ItemPointerGetBlockNumberNoCheck(&sample->row[i]->t_self));
		result->rows++;
	}
	result->key_rows = palloc((result->rows + 1) * sizeof(int));
	result->key_blocks = palloc((result->rows + 1) * sizeof(int));
	result->key_bytes = palloc((result->rows + 1) * sizeof(double));
	sum_up(keys, room, result);
	pfree(keys);
}

/*
 * Good and Toulmin's extrapolation, for keys whose frequencies are distributed
 * like a gamma variable (Fisher; Efron and Thisted, "Estimating the number of
 * unseen species", 1976).  Where all keys are as frequent the shape is
 * infinite; the more they differ, the smaller it is, down to -1 for a long
 * tail of rare keys that has no end.
 *
 * Few keys seen three times tell little, so as many are added as there would
 * be if all were as frequent.
 */
static double
unseen_endless(const int seen_in[4], double more)
{
	double		once = seen_in[1];
	double		twice = Max(seen_in[2], 0.5);
	double		even = twice * twice * 2 / (3 * once);
	double		thrice;
	double		ratio;
	double		shape;
	double		a;
	double		unseen;

	thrice = (seen_in[3] * (double) seen_in[3] + THRICE_DOUBT * even) /
		(seen_in[3] + THRICE_DOUBT);
	ratio = Min(Max(thrice / even, 1.0001), RATIO_MAX);
	shape = (2 - ratio) / (ratio - 1);
	a = 2 * twice / (once * (shape + 1));
	if (fabs(shape) < 1e-6)
		unseen = once * log1p(a * more) / a;
	else
		unseen = once * (1 - pow(1 + a * more, -shape)) / (a * shape);
	return Min(unseen, once * more);
}

/*
 * Keys that were not seen: between this, since a tail does have an end, and
 * as many as there are if all are as frequent (Chao).  The estimator that
 * ANALYZE uses finds a quarter too few of random keys, and a tenth of those
 * with a long tail.
 */
double
cal_rowvalues_unseen(const int seen_in[4], double growth, double endless)
{
	double		once = seen_in[1];
	double		more = Max(growth - 1, 0);
	double		rate = 2 * Max(seen_in[2], 0.5) / Max(once, 1);

	if (once == 0 || more == 0)
		return 0;
	return pow(unseen_endless(seen_in, more), endless) *
		pow(once / rate * -expm1(-rate * more), 1 - endless);
}

/*
 * Since whole blocks were read, a key that recurs within one counts there as
 * once, after Chaudhuri, Das and Srivastava, "Effective use of block-level
 * sampling in statistics estimation" (2004): so neighbours that are alike do
 * not make it look as if there were no other keys.
 */
double
cal_rowvalues_distinct(const CalRecurrence *recurrence, double total)
{
	double		growth;

	if (recurrence->all || recurrence->rows == 0)
		return recurrence->nkeys;
	growth = Max(total / recurrence->rows, 1);
	return Min(recurrence->nkeys +
			   cal_rowvalues_unseen(recurrence->in_blocks, growth, ENDLESS),
			   Max(total, recurrence->nkeys));
}

/* The estimator Duj1 of Haas and Stokes. */
double
cal_rowvalues_as_analyze(const CalRecurrence *recurrence, double total)
{
	double		n = recurrence->places;
	double		once = recurrence->in_blocks[1];
	double		all = Max(total * n / Max(recurrence->rows, 1), 1);

	return n * recurrence->nkeys / Max(n - once + once * n / all, 1);
}
