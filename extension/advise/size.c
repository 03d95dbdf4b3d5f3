/*
 * size.c
 *		How large an index would be.
 *
 * Owns nothing.  Called by the advisor's files, in the sandbox.  Takes an index
 * apart into parts of the table, has the file of its access method estimate
 * each, and adds them up.  Memory goes back when it returns, but for what is
 * known of columns, which stays with the sample.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_am_d.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "advise/rowvalues.h"
#include "advise/size.h"
#include "advise/size_btree.h"
#include "advise/size_gin.h"
#include "advise/size_other.h"

#define FEW_ROWS		10		/* of a sample: too few to say how many in all */
#define SHARE_UNKNOWN	0.5

/* Estimate one part. */
static void
estimate_part(const CalSizeJob *job, CalSize *size)
{
	switch (job->index->am)
	{
		case BTREE_AM_OID:
			cal_size_btree(job, size);
			break;
		case HASH_AM_OID:
			cal_size_hash(job, size);
			break;
		case GIN_AM_OID:
			cal_size_gin(job, size);
			break;
		case BRIN_AM_OID:
			cal_size_brin(job, size);
			break;
		default:
			cal_size_any(job, size);
			break;
	}
}

/* What share of rows an index's predicate might select, without a sample. */
static double
guess_share(const CalTable *table, const CalIndex *index)
{
	double		share = 1;
	ListCell   *lc;

	if (index->share > 0 && index->share < 1)
		return index->share;
	foreach(lc, index->predicate)
	{
		NullTest   *test = lfirst(lc);
		Var		   *var = IsA(test, NullTest) ? (Var *) test->arg : NULL;

		if (var && IsA(var, Var) && var->varattno > 0)
			share *= test->nulltesttype == IS_NULL
				? table->column[var->varattno].nulls
				: 1 - table->column[var->varattno].nulls;
		else
			share *= SHARE_UNKNOWN;
	}
	return share;
}

/* Which rows of the sample fulfil the predicate; in some step. */
static const bool *
find_rows(CalSizeJob *job)
{
	List	   *predicate = job->index->predicate;
	const CalRowValues *values;
	uint32		yes = datum_image_hash(BoolGetDatum(true), true, sizeof(bool));
	bool	   *counts;

	if (predicate == NIL)
		return NULL;
	values = cal_rowvalues_get(job->sample,
							   (Node *) make_ands_explicit(predicate));
	counts = palloc(job->sample->n * sizeof(bool));
	for (int i = 0; i < job->sample->n; i++)
		counts[i] = values->size[i] > 0 && values->hash[i] == yes;
	job->step = values->step;
	return counts;
}

/* The share of a range of rows that count. */
static double
share_of(const CalSizeJob *job, int first, int n)
{
	int			rows = 0;
	int			found = 0;

	if (job->counts == NULL || n == 0)
		return 1;
	for (int i = first; i < first + n; i++)
	{
		if (i % job->step != 0)
			continue;
		rows++;
		found += job->counts[i];
	}
	return rows > 0 ? (double) found / rows : 0;
}

/*
 * The share of the table's rows that the index holds.  Where next to nothing
 * was found in the sample, what is known otherwise may go first.
 */
static double
whole_share(const CalSizeJob *job)
{
	double		share = share_of(job, 0, job->sample->n);
	double		found = share * job->sample->n / job->step;
	double		guess;

	if (job->counts == NULL || found >= FEW_ROWS ||
		job->sample->n >= job->sample->total)
		return share;
	guess = guess_share(job->table, job->index);
	return Max(Min(guess, (found + 3) * job->step / job->sample->n),
			   share / 3);
}

/* Estimate from statistics alone. */
static void
estimate_blindly(CalSizeJob *job, CalIndex *index, CalSize *size)
{
	index->share = guess_share(job->table, index);
	job->tuples = index->tuples = index->share * Max(0, job->table->tuples);
	job->heap = job->table->pages;
	estimate_part(job, size);
}

/* Estimate each part of the sample, and add up. */
static void
estimate_parts(CalSizeJob *job, CalIndex *index, CalSize *size)
{
	const CalRowSample *sample = job->sample;
	double		share;

	job->counts = find_rows(job);
	share = share_of(job, 0, sample->n);
	index->share = whole_share(job);
	index->tuples = index->share * sample->total;
	size->fits = true;
	for (int i = 0; i < sample->nparts; i++)
	{
		const CalRowPart *part = &sample->part[i];
		CalSize		one;

		job->part = part;
		job->heap = part->pages;
		job->tuples = part->total * share_of(job, part->first, part->n);
		if (share > 0)
			job->tuples *= index->share / share;
		else
			job->tuples = part->total * index->share;
		estimate_part(job, &one);
		size->pages += one.pages;
		size->height = Max(size->height, one.height);
		size->fits &= one.fits;
	}
	size->pages *= sample->scale;
}

/* Fill in share, tuples, pages and height. */
bool
cal_size_estimate(CalTable *table, CalIndex *index)
{
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext,
											  "pg_caliper size",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);
	CalSizeJob	job = {.table = table,.index = index,.step = 1};
	CalSize		size = {0};

	job.sample = cal_rowsample_take(table);
	if (job.sample)
		estimate_parts(&job, index, &size);
	else
		estimate_blindly(&job, index, &size);
	index->pages = (BlockNumber) Min(ceil(size.pages), MaxBlockNumber);
	index->height = size.height;
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(own);
	return size.fits;
}
