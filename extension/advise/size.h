/*
 * size.h
 *		How large an index would be.
 */
#ifndef CAL_SIZE_H
#define CAL_SIZE_H

#include "advise/rowsample.h"

/*
 * Fill in share, tuples, pages and height, as if the index were built now; of
 * a partitioned table, of all partitions together.  From a sample of rows,
 * which is taken if it was not before, else from statistics.  False if it
 * could not be built, since an entry would not fit in a page.  In the sandbox
 * only.
 */
extern bool cal_size_estimate(CalTable *table, CalIndex *index);

/* For the files of single access methods: an index on one part of a table. */
typedef struct CalSizeJob
{
	CalTable   *table;
	const CalIndex *index;
	CalRowSample *sample;		/* NULL: there are statistics only */
	const CalRowPart *part;
	int			step;			/* every so manieth row is known */
	const bool *counts;			/* by row, those in the index; NULL: all */
	double		tuples;			/* entries: rows of the part in the index */
	BlockNumber heap;			/* pages of the part */
} CalSizeJob;

typedef struct CalSize
{
	double		pages;
	int			height;
	bool		fits;
} CalSize;

#endif							/* CAL_SIZE_H */
