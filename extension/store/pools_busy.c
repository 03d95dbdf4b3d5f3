/*
 * pools_busy.c
 *		How many connections of a pool are busy, and for how long how many.
 *
 * Owns: nothing; works on a CalBusy that the store of pools keeps in shared
 * memory.  Needs no lock.  One word holds the number of busy connections, below,
 * and the time of its last change, above; whoever changes it adds the time in
 * between to the level that was.  So the intervals tile time, and a reader adds
 * the open one.
 * Two atomic operations per change, never a wait.
 *
 * Times are microseconds from the start of the server.  When the clock is set
 * back, time stands still here until it has caught up: the numbers remain right,
 * and the time in between belongs to no level.  48 bits are enough for nine
 * years; a server that runs for longer, or whose clock was set forward by as
 * much, has wrong times of busy connections until it is started again.
 */
#include "postgres.h"

#include <math.h>

#include "platform/local.h"
#include "store/pools_busy.h"

#define READ_TRIES	20

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

/*
 * The mean number of busy connections over time, and its standard deviation,
 * where a level that stands for several numbers counts as their middle.
 * Returns the time, in microseconds; without any, both are NaN.
 */
double
cal_busy_moments(const CalBusyState *busy, double *mean, double *deviation)
{
	double		total = 0;
	double		sum = 0;
	double		squares = 0;

	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
	{
		double		low = i > 16 ? cal_busy_level(i - 1) + 1 : i;
		double		level = (low + cal_busy_level(i)) / 2;

		total += busy->usec[i];
		sum += level * busy->usec[i];
		squares += level * level * busy->usec[i];
	}
	*mean = sum / total;
	*deviation = sqrt(Max(squares / total - *mean * *mean, 0.0));
	return total;
}

/* New shared memory. */
void
cal_busy_init(CalBusy *busy, uint64 at)
{
	pg_atomic_init_u64(&busy->word, at << 16);
	pg_atomic_init_u64(&busy->peak, 0);
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		pg_atomic_init_u64(&busy->usec[i], 0);
}

/* There were never as many: remember that, and when. */
CAL_OFTEN void
cal_busy_raise_peak(CalBusy *busy, uint64 word)
{
	uint64		peak = pg_atomic_read_u64(&busy->peak);

	while (CAL_BUSY_COUNT(peak) < CAL_BUSY_COUNT(word) &&
		   !pg_atomic_compare_exchange_u64(&busy->peak, &peak, word))
		;
}

/*
 * Count from now on.  Who changes the number at this very moment may still add
 * an interval that began before.
 */
void
cal_busy_start(CalBusy *busy, int64 at)
{
	uint64		word = cal_busy_shift(busy, 0, at);

	pg_atomic_write_u64(&busy->peak, word);
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		pg_atomic_write_u64(&busy->usec[i], 0);
}

/* Add the time that was spent at each level before the server started. */
void
cal_busy_restore(CalBusy *busy, const CalBusyState *saved)
{
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		pg_atomic_fetch_add_u64(&busy->usec[i], saved->usec[i]);
}

/* Copy for a reader, the interval still open included. */
void
cal_busy_copy(CalBusy *busy, CalBusyState *to, uint64 at)
{
	uint64		again = pg_atomic_read_u64(&busy->word);
	uint64		word;
	uint64		peak;
	int			tries = 0;

	do
	{
		word = again;
		for (int i = 0; i < CAL_BUSY_LEVELS; i++)
			to->usec[i] = pg_atomic_read_u64(&busy->usec[i]);
		pg_read_barrier();
		again = pg_atomic_read_u64(&busy->word);
	} while (again != word && ++tries < READ_TRIES);

	if (at > CAL_BUSY_TIME(word))
		to->usec[cal_busy_cell(CAL_BUSY_COUNT(word))] += at - CAL_BUSY_TIME(word);
	peak = pg_atomic_read_u64(&busy->peak);
	if (CAL_BUSY_COUNT(peak) < CAL_BUSY_COUNT(word))
		peak = word;			/* whose owner is about to say so */
	to->now = CAL_BUSY_COUNT(word);
	to->peak = CAL_BUSY_COUNT(peak);
	to->peak_at = CAL_BUSY_TIME(peak);
}
