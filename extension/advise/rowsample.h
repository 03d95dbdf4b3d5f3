/*
 * rowsample.h
 *		Some rows of a table, to measure what statistics do not say.
 */
#ifndef CAL_ROWSAMPLE_H
#define CAL_ROWSAMPLE_H

#include "access/htup.h"
#include "access/tupdesc.h"

#include "advise/table.h"

/* What came from one table with storage: the table itself, or a partition. */
typedef struct CalRowPart
{
	int			first;			/* its rows, which are side by side */
	int			n;
	double		total;			/* rows that it has */
	BlockNumber pages;			/* that it has */
	BlockNumber read;			/* of which so many were read, whole */
} CalRowPart;

/* Rows in the order on disk, as the table itself would give them. */
typedef struct CalRowSample
{
	MemoryContext context;		/* where all of it lives */
	TupleDesc	desc;
	int			n;
	HeapTuple  *row;			/* t_self tells where it was */
	double		total;			/* rows of the whole table */
	int			nparts;
	CalRowPart *part;
	double		scale;			/* pages that there are, over those of parts */
	List	   *values;			/* CalRowValues, as far as they were asked */
} CalRowSample;

/*
 * Read a sample into table->sample, or say in table->unsampled why not; does
 * nothing the second time.  It lives as long as the table.  In the sandbox
 * only, under an active snapshot: it reads what the current user may read.
 */
extern CalRowSample *cal_rowsample_take(CalTable *table);

/* Rows to look at, every so manieth of a range. */
typedef struct CalRowWalk
{
	int			first;
	int			end;
	int			step;
} CalRowWalk;

/* Called with the value of an expression in row number i. */
typedef void (*CalRowVisit) (void *arg, int i, Datum value, bool isnull);

/*
 * Evaluate an expression over relation number 1 in rows of a sample; returns
 * how many were visited.
 */
extern int	cal_rowsample_walk(const CalRowSample *sample, Node *expr,
							   const CalRowWalk *walk, CalRowVisit visit,
							   void *arg);

/*
 * The step, a power of two, in which that takes about so many milliseconds, or
 * visits as few rows as wanted; visits some rows to find out.
 */
extern int	cal_rowsample_step(const CalRowSample *sample, Node *expr,
							   CalRowVisit visit, void *arg, int least,
							   double msec);

#endif							/* CAL_ROWSAMPLE_H */
