/*
 * slab_merge_sums.h
 *		What each statement of a database has cost, in a few numbers.
 */
#ifndef CAL_SLAB_MERGE_SUMS_H
#define CAL_SLAB_MERGE_SUMS_H

#include "datatype/timestamp.h"

/* One statement of one user, over all applications, at top level and nested. */
typedef struct CalSum
{
	uint64		calls;
	uint64		usec;
	double		squares;		/* sum of the squares of the times */
	uint64		origin;			/* as long as it is the same, nothing was lost */
} CalSum;

typedef struct CalSums CalSums;

/* Copy the counters of all statements of a database. */
extern CalSums *cal_sums_load(Oid dbid);

/*
 * Those of a statement; false if there are none.  The origin is that of what
 * began to be counted until then.
 */
extern bool cal_sums_of(const CalSums *sums, Oid userid, uint64 queryid,
						TimestampTz until, CalSum *out);
extern void cal_sums_free(CalSums *sums);

#endif							/* CAL_SLAB_MERGE_SUMS_H */
