/*
 * events.c
 *		A ring of executions that were slow, or taken as a sample.
 *
 * Owns: its slice of shared memory, a fixed number of events of which a new
 * one overwrites the oldest.  Called by capture (add), by readers (copy) and
 * by those who reset.  One lock guards all of it: exclusive to add, shared to
 * copy, and what it is held for is a copy of one event or of a few.  The
 * account of lines in the server log lies here too: atomics, without a lock.
 *
 * Never allocates, and holds no pointers: what an event refers to (texts, a
 * plan, names) may be gone when it is read.
 */
#include "postgres.h"

#include "port/atomics.h"
#include "storage/lwlock.h"

#include "platform/settings.h"
#include "store/events.h"

typedef struct Ring
{
	pg_atomic_uint64 lines;		/* second, and lines admitted in it */
	pg_atomic_uint64 pending;	/* suppressed, and no line said so yet */
	pg_atomic_uint64 suppressed;	/* suppressed since server start */
	pg_atomic_uint64 failures;	/* parts of events that could not be had */
	uint64		last;			/* serial of the newest event; 0: none yet */
	uint64		reset_at;		/* what was the newest at the last reset */
	uint32		size;			/* events there is room for */
	CalEvent	event[FLEXIBLE_ARRAY_MEMBER];
} Ring;

static Ring *ring;
static LWLock *lock;

static Size ring_size(void);
static void ring_init(void *base, LWLockPadded *locks);

const CalArea cal_events_area = {"slow_events", ring_size, ring_init, 1};

/* Memory of the ring, as the setting says. */
static Size
ring_size(void)
{
	return add_size(offsetof(Ring, event),
					mul_size(sizeof(CalEvent), cal_slow_events));
}

/* The slice is there, and zero. */
static void
ring_init(void *base, LWLockPadded *locks)
{
	ring = base;
	lock = &locks[0].lock;
	ring->size = cal_slow_events;
	pg_atomic_init_u64(&ring->lines, 0);
	pg_atomic_init_u64(&ring->pending, 0);
	pg_atomic_init_u64(&ring->suppressed, 0);
	pg_atomic_init_u64(&ring->failures, 0);
}

/* All samples of a profile. */
static double
samples_of(const CalWaitProfile *waits)
{
	double		n = 0;

	for (int i = 0; i < CAL_WAIT_CLASSES; i++)
		n += waits->samples[i];
	return n;
}

/*
 * Divide an event's time by what it waited for.  Waiting for I/O is known as
 * measured, if core measures it; but core's figure leaves out what is neither
 * a shared nor a local block, so with temporary files the samples may say
 * more.  What is left is divided as the other samples are.
 */
void
cal_events_split(const CalEvent *event, CalSplit *out)
{
	const uint32 *n = event->waits.samples;
	const int64 *blocks = event->usage.blocks;
	double		all = samples_of(&event->waits);
	double		total = event->usec;
	double		measured = event->usage.read_usec + event->usage.write_usec;
	double		rest;

	memset(out, 0, sizeof(*out));
	out->known = all > 0;
	out->io_known = event->io_timed || out->known;
	if (!event->io_timed || blocks[CAL_TEMP_READ] + blocks[CAL_TEMP_WRITTEN] > 0)
		out->io = out->known ? total * n[CAL_WAIT_IO] / all : 0;
	if (event->io_timed)
		out->io = Min(total, Max(out->io, measured));

	rest = all - n[CAL_WAIT_IO];
	if (rest > 0)
	{
		out->lock = (total - out->io) * n[CAL_WAIT_LOCK] / rest;
		out->client = (total - out->io) * n[CAL_WAIT_CLIENT] / rest;
	}
	out->other = total - out->io - out->lock - out->client;
}

/* Put an event into the ring, in the place of the oldest. */
void
cal_events_add(CalEvent *event)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	event->serial = ++ring->last;
	ring->event[event->serial % ring->size] = *event;
	LWLockRelease(lock);
}

/* The newest event that is no longer to be seen; with the lock held. */
static uint64
newest_gone(void)
{
	uint64		kept = Min(ring->last, ring->size);

	return Max(ring->last - kept, ring->reset_at);
}

/*
 * Copy the events after a serial, the oldest first, as far as there is room,
 * and move the serial on; 0 when there are no more.
 */
int
cal_events_copy(uint64 *after, CalEvent *out, int room)
{
	int			n = 0;

	LWLockAcquire(lock, LW_SHARED);
	if (*after < newest_gone())
		*after = newest_gone();
	while (n < room && *after < ring->last)
		out[n++] = ring->event[++*after % ring->size];
	LWLockRelease(lock);
	return n;
}

/* Let nobody see the events that there are now. */
void
cal_events_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	ring->reset_at = ring->last;
	LWLockRelease(lock);
}

/* A plan, parameters or a line could not be made. */
void
cal_events_count_failure(void)
{
	pg_atomic_fetch_add_u64(&ring->failures, 1);
}

/* Whether one more line fits into this second. */
static bool
admit(uint32 second, uint32 limit)
{
	uint64		old = pg_atomic_read_u64(&ring->lines);
	uint64		new;

	do
	{
		int32		passed = (int32) (second - (uint32) (old >> 32));

		/* a second that is far ahead is from before the clock was set back */
		if (passed > 0 || passed < -1)
			new = (uint64) second << 32;
		else if ((uint32) old < limit)
			new = old;
		else
			return false;
		new++;
	} while (!pg_atomic_compare_exchange_u64(&ring->lines, &old, new));
	return true;
}

/*
 * Whether a line may go to the server log; if so, how many were suppressed
 * since the line before it.  A limit of 0 is none.
 */
bool
cal_events_admit_line(TimestampTz now, uint32 limit, uint64 *suppressed)
{
	if (limit > 0 && !admit(now / USECS_PER_SEC, limit))
	{
		pg_atomic_fetch_add_u64(&ring->pending, 1);
		pg_atomic_fetch_add_u64(&ring->suppressed, 1);
		return false;
	}
	*suppressed = 0;
	if (pg_atomic_read_u64(&ring->pending) > 0)
		*suppressed = pg_atomic_exchange_u64(&ring->pending, 0);
	return true;
}

/* All lines suppressed since server start. */
uint64
cal_events_suppressed(void)
{
	return pg_atomic_read_u64(&ring->suppressed);
}

/* The rows of caliper.info. */
void
cal_events_info(CalInfoEmit emit, void *arg)
{
	uint64		last;
	uint64		gone;
	uint64		overwritten;

	LWLockAcquire(lock, LW_SHARED);
	last = ring->last;
	gone = newest_gone();
	overwritten = last > ring->size ? last - ring->size : 0;
	LWLockRelease(lock);

	emit(arg, "slow_events", "entries", last - gone, "entries");
	emit(arg, "slow_events", "entries_max", ring->size, "entries");
	emit(arg, "slow_events", "recorded", last, "events");
	emit(arg, "slow_events", "overwritten", overwritten, "events");
	emit(arg, "slow_events", "parts_failed",
		 pg_atomic_read_u64(&ring->failures), "events");
	emit(arg, "slow_events", "log_lines_suppressed", cal_events_suppressed(),
		 "lines");
}
