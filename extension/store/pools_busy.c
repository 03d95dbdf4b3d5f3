/*
 * pools_busy.c
 *		How many connections of a pool are busy, and for how long how many.
 *
 * Owns: nothing; works on a CalBusy that the store of pools keeps in shared
 * memory.  Needs no lock.  One word holds the number of busy connections and
 * the time of its last change; whoever changes it adds the time between to the
 * level that was.  So the intervals tile time, and a reader adds the open one.
 * Two atomic operations per change, never a wait.
 *
 * Times are microseconds from the start of the server and fit 48 bits for
 * nine years; a clock that is set back stands still until it has caught up.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "store/pools_busy.h"

#define ONE				(UINT64CONST(1) << 48)
#define TIME_OF(word)	((word) & (ONE - 1))
#define COUNT_OF(word)	((uint32) ((word) >> 48))
#define READ_TRIES		20

/* The cell of a number of busy connections. */
static inline int
cell_of(uint32 busy)
{
	uint32		n = busy - 1;
	int			octave;

	if (busy <= 16)
		return busy;
	octave = pg_leftmost_one_pos32(n);
	return Min(17 + (octave - 4) * 8 + ((n >> (octave - 3)) & 7),
			   CAL_BUSY_LEVELS - 1);
}

/*
 * The highest number that a cell stands for: up to 16 each has its own cell,
 * above there are eight to an octave, and the last (1,024) also holds what
 * exceeds it.
 */
double
cal_busy_level(int cell)
{
	int			octave = (cell - 17) / 8;

	return cell <= 16 ? cell : (9 + (cell - 17) % 8) << (octave + 1);
}

/* New shared memory. */
void
cal_busy_init(CalBusy *busy, uint64 at)
{
	pg_atomic_init_u64(&busy->word, at);
	pg_atomic_init_u64(&busy->peak, 0);
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		pg_atomic_init_u64(&busy->usec[i], 0);
}

/* Change the number, and give the time since its last change to its level. */
static inline uint64
shift(CalBusy *busy, uint64 by, uint64 at)
{
	uint64		old = pg_atomic_read_u64(&busy->word);
	uint64		last;
	uint64		new;

	do
	{
		last = TIME_OF(old);
		new = old - last + by + Max(last, at);
	} while (!pg_atomic_compare_exchange_u64(&busy->word, &old, new));

	if (at > last)
		pg_atomic_fetch_add_u64(&busy->usec[cell_of(COUNT_OF(old))],
								at - last);
	return new;
}

/* One more is busy; remember when there were never as many. */
void
cal_busy_more(CalBusy *busy, uint64 at)
{
	uint64		word = shift(busy, ONE, at);
	uint64		peak = pg_atomic_read_u64(&busy->peak);

	while (unlikely(COUNT_OF(peak) < COUNT_OF(word)) &&
		   !pg_atomic_compare_exchange_u64(&busy->peak, &peak, word))
		;
}

/* One less is busy. */
void
cal_busy_less(CalBusy *busy, uint64 at)
{
	shift(busy, -ONE, at);
}

/*
 * Count from now on.  Who changes the number at this very moment may still add
 * an interval that began before.
 */
void
cal_busy_start(CalBusy *busy, uint64 at)
{
	uint64		word = shift(busy, 0, at);

	pg_atomic_write_u64(&busy->peak, word);
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		pg_atomic_write_u64(&busy->usec[i], 0);
}

/* Copy for a reader, the interval still open included. */
void
cal_busy_copy(CalBusy *busy, CalBusyState *to, uint64 at)
{
	uint64		peak = pg_atomic_read_u64(&busy->peak);
	uint64		again = pg_atomic_read_u64(&busy->word);
	uint64		word;
	int			tries = 0;

	do
	{
		word = again;
		for (int i = 0; i < CAL_BUSY_LEVELS; i++)
			to->usec[i] = pg_atomic_read_u64(&busy->usec[i]);
		pg_read_barrier();
		again = pg_atomic_read_u64(&busy->word);
	} while (again != word && ++tries < READ_TRIES);

	if (at > TIME_OF(word))
		to->usec[cell_of(COUNT_OF(word))] += at - TIME_OF(word);
	to->now = COUNT_OF(word);
	to->peak = COUNT_OF(peak);
	to->peak_at = TIME_OF(peak);
}
