/*
 * counters.h
 *		What is counted for a statement; plain sums, so that they merge.
 */
#ifndef CAL_COUNTERS_H
#define CAL_COUNTERS_H

#include "base/histogram.h"
#include "datatype/timestamp.h"
#include "executor/instrument.h"
#include "store/statement_key.h"

/* Blocks in the order of core's BufferUsage, which begins with the same ten. */
#define CAL_NBLOCKS 10

typedef enum CalBlock
{
	CAL_SHARED_HIT, CAL_SHARED_READ, CAL_SHARED_DIRTIED, CAL_SHARED_WRITTEN,
	CAL_LOCAL_HIT, CAL_LOCAL_READ, CAL_LOCAL_DIRTIED, CAL_LOCAL_WRITTEN,
	CAL_TEMP_READ, CAL_TEMP_WRITTEN
} CalBlock;

/* What an execution, or part of one, used. */
typedef struct CalUsage
{
	int64		blocks[CAL_NBLOCKS];
	int64		read_usec;		/* shared blocks, with track_io_timing */
	int64		write_usec;
	int64		wal_records;
	int64		wal_fpi;
	uint64		wal_bytes;
} CalUsage;

typedef struct CalCounters
{
	uint64		calls;
	uint64		errors;
	uint64		rows;
	uint64		plans;
	uint64		exec_usec;
	uint64		plan_usec;
	uint64		min_usec;
	uint64		max_usec;
	double		sum_squares;	/* of exec_usec, for the deviation */
	CalUsage	usage;
	uint64		opened;			/* transactions whose first statement it was */
	uint64		gap_usec;		/* in these, without work for the server */
	uint64		held_usec;		/* by these, in all */
	uint64		longest_gap_usec;
	uint64		gap_after;		/* the statement before the longest */
	TimestampTz since;			/* first recorded; 0 if never */
	TimestampTz last;			/* last recorded */
} CalCounters;

extern void cal_counters_add(CalCounters *to, const CalCounters *from);
extern void cal_usage_add(CalUsage *to, const CalUsage *from);

#endif							/* CAL_COUNTERS_H */
