/*
 * entries.h
 *		The entries that an index would have for the rows of a sample.
 */
#ifndef CAL_ENTRIES_H
#define CAL_ENTRIES_H

#include "advise/rowvalues.h"
#include "advise/size.h"

/* Sizes are without line pointers. */
typedef struct CalEntries
{
	int			step;
	uint16	   *size;			/* by row of the sample */
	uint32	   *hash;			/* by row, of the key columns */
	int			n;				/* rows of the part that are in the index */
	double		mean;			/* of their sizes; also without a sample */
	double		square;			/* mean of the squares */
	int			largest;
	double		key_mean;		/* mean without the columns that are no key */
} CalEntries;

extern void cal_entries_read(const CalSizeJob *job, CalEntries *entries);

/* How often keys recur; not without a sample. */
extern void cal_entries_recur(const CalSizeJob *job, const CalEntries *entries,
							  CalRecurrence *result);

/* Different keys in the part; the recurrence is NULL without a sample. */
extern double cal_entries_distinct(const CalSizeJob *job,
								   const CalRecurrence *recurrence);

#endif							/* CAL_ENTRIES_H */
