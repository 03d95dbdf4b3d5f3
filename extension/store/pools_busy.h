/*
 * pools_busy.h
 *		How many connections of a pool are busy, and for how long how many.
 */
#ifndef CAL_POOLS_BUSY_H
#define CAL_POOLS_BUSY_H

#include "datatype/timestamp.h"
#include "port/atomics.h"

/* Cells of the distribution; see cal_busy_level. */
#define CAL_BUSY_LEVELS	65

/* In shared memory, on cache lines of its own.  Times are microseconds. */
typedef struct CalBusy
{
	pg_atomic_uint64 word;		/* how many, and since when */
	pg_atomic_uint64 peak;		/* the highest, and when it was reached */
	char		pad[PG_CACHE_LINE_SIZE - 2 * sizeof(pg_atomic_uint64)];
	pg_atomic_uint64 usec[CAL_BUSY_LEVELS]; /* spent at each level */
} CalBusy;

/* As a reader sees it. */
typedef struct CalBusyState
{
	uint32		now;
	uint32		peak;
	TimestampTz peak_at;		/* as the caller counts time */
	uint64		usec[CAL_BUSY_LEVELS];	/* the open interval included */
} CalBusyState;

extern void cal_busy_init(CalBusy *busy, uint64 at);
extern void cal_busy_start(CalBusy *busy, uint64 at);
extern void cal_busy_more(CalBusy *busy, uint64 at);
extern void cal_busy_less(CalBusy *busy, uint64 at);
extern void cal_busy_copy(CalBusy *busy, CalBusyState *to, uint64 at);
extern double cal_busy_level(int cell);

#endif							/* CAL_POOLS_BUSY_H */
