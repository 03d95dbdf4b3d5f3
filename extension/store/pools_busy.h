/*
 * pools_busy.h
 *		How many connections of a pool are busy, and for how long how many.
 */
#ifndef CAL_POOLS_BUSY_H
#define CAL_POOLS_BUSY_H

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "port/pg_bitutils.h"

#define CAL_BUSY_LEVELS	65		/* cells; see cal_busy_level */

/* In shared memory, on cache lines of its own.  Times are microseconds. */
typedef struct CalBusy
{
	pg_atomic_uint64 word;		/* how many (16 bits), and since when (48) */
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

/* The parts of the word and of the peak. */
#define CAL_BUSY_TIME(word)		((word) >> 16)
#define CAL_BUSY_COUNT(word)	((uint16) (word))

extern void cal_busy_init(CalBusy *busy, uint64 at);
extern void cal_busy_start(CalBusy *busy, int64 at);
extern void cal_busy_raise_peak(CalBusy *busy, uint64 word);
extern void cal_busy_copy(CalBusy *busy, CalBusyState *to, uint64 at);
extern void cal_busy_restore(CalBusy *busy, const CalBusyState *saved);
extern double cal_busy_level(int cell);
extern double cal_busy_moments(const CalBusyState *busy, double *mean,
							   double *deviation);

/* The cell of a number of busy connections. */
static inline int
cal_busy_cell(uint32 busy)
{
	uint32		n = busy - 1;
	int			octave;

	if (likely(busy <= 16))
		return busy;
	octave = pg_leftmost_one_pos32(n);
	return Min(17 + (octave - 4) * 8 + ((n >> (octave - 3)) & 7),
			   CAL_BUSY_LEVELS - 1);
}

/* Change the number; the time since its last change goes to its old level. */
static inline uint64
cal_busy_shift(CalBusy *busy, int by, int64 at)
{
	uint64		old = pg_atomic_read_u64(&busy->word);
	int64		passed;
	uint64		new;

	do
	{
		passed = at - (int64) CAL_BUSY_TIME(old);
		passed = Max(passed, 0);	/* the clock may be set back */
		new = old + by + ((uint64) passed << 16);
	} while (!pg_atomic_compare_exchange_u64(&busy->word, &old, new));

	if (likely(passed > 0))
		pg_atomic_fetch_add_u64(&busy->usec[cal_busy_cell(CAL_BUSY_COUNT(old))],
								passed);
	return new;
}

#endif							/* CAL_POOLS_BUSY_H */
