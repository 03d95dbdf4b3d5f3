/*
 * counters.h
 *		What is counted for a statement; plain sums, so that they merge.
 */
#ifndef CAL_COUNTERS_H
#define CAL_COUNTERS_H

#include "base/histogram.h"
#include "datatype/timestamp.h"
#include "executor/instrument.h"

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
	TimestampTz since;			/* first recorded; 0 if never */
	TimestampTz last;			/* last recorded */
} CalCounters;

/* Whose statement it is; compared as bytes, so the padding is zero. */
typedef struct CalStatementKey
{
	uint64		queryid;		/* 0: failed before it had an id */
	Oid			userid;
	Oid			dbid;
	uint16		application;	/* see names.h */
	uint16		toplevel;		/* 1 or 0 */
	uint32		zero;
} CalStatementKey;

extern void cal_counters_add(CalCounters *to, const CalCounters *from);
extern void cal_usage_add(CalUsage *to, const CalUsage *from);

/* Spread the key over partitions and buckets; a handful of instructions. */
static inline uint32
cal_statement_hash(const CalStatementKey *key)
{
	uint64		h = key->queryid;

	h ^= ((uint64) key->userid << 32) | key->dbid;
	h ^= ((uint64) key->application << 17) | key->toplevel;
	h *= UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (h >> 32);
}

StaticAssertDecl(sizeof(CalStatementKey) == 3 * sizeof(uint64),
				 "keys are compared word by word");

static inline bool
cal_statement_key_equal(const CalStatementKey *a, const CalStatementKey *b)
{
	const uint64 *x = (const uint64 *) a;
	const uint64 *y = (const uint64 *) b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

#endif							/* CAL_COUNTERS_H */
