/*
 * recorder.c
 *		Writes the history of pools, tick by tick.
 *
 * Owns: how a point comes about.  Called by the background worker, and once by
 * the postmaster when saved pools were loaded.  Each tick copies the exact
 * counters of all pools and takes the differences to the marks, which the tick
 * before has left in shared memory; so nothing is missed while there is no
 * worker, it only comes later, in the first point after the hole.  Waits are
 * the exception: they are sampled between two ticks, in this process.
 *
 * What can be known of a maximum between two ticks: that of busy connections
 * is exact up to 16 and at most an eighth too high above, because the pool
 * knows how long there were how many.  Of all connections it is exact if the
 * pool's peak rose, or if none was closed; else it is that of the two ends.  Of
 * the server as a whole both are what is certain, and may have been more.
 *
 * Intervals are measured by the monotonic clock; counters that have fallen are
 * taken as not having moved.  Takes locks only through the stores.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "platform/settings.h"
#include "store/history.h"
#include "store/history_marks.h"
#include "store/pools.h"
#include "store/refusals.h"
#include "store/waits.h"
#include "worker/recorder.h"

/* Longer than so many intervals, and so many ms, and the worker was away. */
#define CLOCK_SLACK	100000		/* us by which two readings may differ */
#define HOLE_INTERVALS	3
#define HOLE_MS			3000

#define SLACK	16				/* pools that may come while we allocate */

StaticAssertDecl(CAL_MARK_LEVELS == CAL_BUSY_LEVELS,
				 "a mark has all levels of a pool");

/* What is waited for: microseconds by class, since the latest tick. */
typedef struct Waited
{
	uint64		usec[CAL_HISTORY_WAITS];
} Waited;

/* A tick under way. */
typedef struct Tick
{
	CalHistoryMarks *marks;
	CalHistoryPoint *points;
	int			n;				/* points so far, the server's first */
	bool		reset;			/* the pools were, since the tick before */
	bool		whole;			/* each pool with connections gets a point */
	CalHistoryMark gone;		/* what pools had that are in (other) now */
} Tick;

static Waited *waited;			/* by place of the pool */
static Waited waited_all;
static uint64 sampled_usec;		/* when, by the monotonic clock */

/* Where a class of waits is counted. */
static const uint8 wait_column[CAL_WAIT_CLASSES] = {
	[CAL_WAIT_NONE] = 0,
	[CAL_WAIT_IO] = 1,
	[CAL_WAIT_LOCK] = 2,
	[CAL_WAIT_LWLOCK] = 3,
	[CAL_WAIT_CLIENT] = 4,
	[CAL_WAIT_IPC] = 5,
	[CAL_WAIT_TIMEOUT] = 5,
	[CAL_WAIT_OTHER] = 5,
};

/* A clock that is never set. */
static uint64
monotonic_usec(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_MICROSEC(now);
}

/* How much a counter has grown since the mark, which follows. */
static uint64
grown(uint64 *mark, uint64 now)
{
	uint64		by = now > *mark ? now - *mark : 0;

	*mark += by;
	return by;
}

/* For a field of 32 bits. */
static uint32
small(uint64 n)
{
	return (uint32) Min(n, PG_UINT32_MAX);
}

/* The number of connections in the middle of a level of a CalBusy. */
static double
level_mean(int level)
{
	if (level <= 16)
		return level;
	return (cal_busy_level(level - 1) + 1 + cal_busy_level(level)) / 2;
}

/* A backend was seen at this, and it stands for the time since the last look. */
static void
count_wait(void *arg, int procno, CalWaitClass what)
{
	uint64		usec = *(uint64 *) arg;
	CalPoolMember member;

	if (!cal_pools_member(procno, &member))
		return;
	waited[member.place].usec[wait_column[what]] += usec;
	waited_all.usec[wait_column[what]] += usec;
}

/* Look at all backends. */
void
cal_recorder_sample(void)
{
	uint64		now = monotonic_usec();
	uint64		interval = cal_wait_sample_interval * UINT64CONST(1000);
	uint64		usec = sampled_usec == 0 ? interval :
	Min(now - sampled_usec, 2 * interval);

	if (waited == NULL)
		waited = MemoryContextAllocZero(TopMemoryContext,
										cal_max_pools * sizeof(Waited));
	sampled_usec = now;
	cal_waits_sample(count_wait, &usec);
}

/* Take over what was waited for since the tick before. */
static bool
take_waits(CalHistoryPoint *point, Waited *from)
{
	uint64		sum = 0;

	for (int i = 0; i < CAL_HISTORY_WAITS; i++)
	{
		point->waits_ms[i] = small(from->usec[i] / 1000);
		from->usec[i] %= 1000;
		sum += point->waits_ms[i];
	}
	return sum > 0;
}

/* The next point. */
static CalHistoryPoint *
new_point(Tick *tick, const CalHistoryMark *mark)
{
	CalHistoryPoint *point = &tick->points[tick->n];

	memset(point, 0, sizeof(*point));
	point->entry = mark->entry;
	point->generation = mark->generation;
	return point;
}

/* Forget how far we have got with a pool. */
static void
zero_counters(CalHistoryMark *mark)
{
	mark->xacts = mark->errors = mark->held_usec = mark->gap_usec = 0;
	mark->connected_usec = mark->opened = mark->closed = 0;
	memset(mark->busy_usec, 0, sizeof(mark->busy_usec));
	mark->connections_peak = 0;
}

/* What the pool of a mark had counted went to (other): that is no news. */
static void
pool_is_gone(Tick *tick, const CalHistoryMark *mark)
{
	CalHistoryMark *sum = &tick->gone;

	sum->xacts += mark->xacts;
	sum->errors += mark->errors;
	sum->held_usec += mark->held_usec;
	sum->gap_usec += mark->gap_usec;
	sum->connected_usec += mark->connected_usec;
	sum->opened += mark->opened;
	sum->closed += mark->closed;
}

/* Add a pool's point to the server's, whether it is written or not. */
static void
add_to_server(CalHistoryPoint *server, const CalHistoryPoint *point)
{
	server->xacts += point->xacts;
	server->held_usec += point->held_usec;
	server->gap_usec += point->gap_usec;
	server->connected_usec += point->connected_usec;
	server->busy_usec += point->busy_usec;
	server->errors += point->errors;
	server->opened += point->opened;
	server->closed += point->closed;
	server->connections.before += point->connections.before;
	server->connections.now += point->connections.now;
	server->connections.max = Max(server->connections.max,
								  point->connections.max);
	server->busy.before += point->busy.before;
	server->busy.now += point->busy.now;
	server->busy.max = Max(server->busy.max, point->busy.max);
}

/*
 * A pool that we know is not at its place any more.  Who comes back within a
 * tick may be at another place already, so these go first.
 */
static void
retire_mark(Tick *tick, CalHistoryMark *mark, const CalPoolState *pool)
{
	if (!tick->reset)
		pool_is_gone(tick, mark);
	zero_counters(mark);
	mark->since = 0;
	if (cal_history_is(mark->entry, mark->generation, &pool->facts.key))
		return;
	if (mark->connections > 0)
	{
		CalHistoryPoint *point = new_point(tick, mark);

		point->connections.before = point->connections.max = mark->connections;
		point->busy.before = point->busy.max = mark->busy;
		add_to_server(&tick->points[0], point);
		tick->n++;
	}
	cal_history_release(mark->entry);
	mark->connections = mark->busy = 0;
	if (waited)
		memset(&waited[pool->place], 0, sizeof(Waited));
}

/* How many connections there were, from the tick before to this one. */
static void
put_connections(CalHistoryPoint *point, CalHistoryMark *mark,
				const CalPoolFacts *facts)
{
	CalHistoryLevel *level = &point->connections;

	level->before = mark->connections;
	level->now = mark->connections = Min(facts->connections, PG_UINT16_MAX);
	level->max = Max(level->before, level->now);
	if (facts->connections_peak > mark->connections_peak)
		level->max = Max(level->max,
						 Min(facts->connections_peak, PG_UINT16_MAX));
	mark->connections_peak = facts->connections_peak;
}

/*
 * How many were busy: the time at each level says it.  Gives back how long the
 * pool says that it took.
 */
static uint64
put_busy(CalHistoryPoint *point, CalHistoryMark *mark,
		 const CalBusyState *busy)
{
	uint64		all = 0;
	double		sum = 0;
	int			top = 0;

	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
	{
		uint64		usec = grown(&mark->busy_usec[i], busy->usec[i]);

		all += usec;
		sum += usec * level_mean(i);
		if (usec > 0)
			top = i;
	}
	point->busy_usec = (uint64) sum;
	point->busy.before = mark->busy;
	point->busy.now = mark->busy = Min(busy->now, PG_UINT16_MAX);
	point->busy.max = Min(cal_busy_level(top), busy->peak);
	point->busy.max = Max(point->busy.max,
						  Max(point->busy.before, point->busy.now));
	return all;
}

/*
 * After the clock was set back, time stands still for the pools until it has
 * caught up, and when it is set forward it leaps; then the two ends have to say
 * what was in between.
 */
static void
mind_clock(CalHistoryPoint *point, const CalPoolState *pool, uint64 passed,
		   uint32 elapsed_ms)
{
	int64		age = pool->at - pool->facts.since;
	uint64		elapsed = elapsed_ms * UINT64CONST(1000);

	if (age >= 0 && passed >= Min(age, elapsed) / 2 &&
		passed <= elapsed * 2 + CLOCK_SLACK)
		return;
	point->connected_usec = elapsed *
		(point->connections.before + point->connections.now) / 2;
	point->busy_usec = elapsed * (point->busy.before + point->busy.now) / 2;
}

/* What was counted; true if it was anything. */
static bool
put_counters(CalHistoryPoint *point, CalHistoryMark *mark,
			 const CalPoolFacts *facts)
{
	const CalPoolTotals *totals = &facts->totals;

	point->xacts = grown(&mark->xacts, totals->xacts);
	point->held_usec = grown(&mark->held_usec, totals->held_usec);
	point->gap_usec = grown(&mark->gap_usec, totals->gap_usec);
	point->errors = small(grown(&mark->errors, totals->errors));
	point->opened = small(grown(&mark->opened, facts->opened));
	point->closed = small(grown(&mark->closed, facts->closed));
	point->connected_usec = grown(&mark->connected_usec,
								  facts->connected_usec);
	return point->xacts > 0 || point->held_usec > 0 || point->errors > 0 ||
		point->opened > 0 || point->closed > 0;
}

/* Whether a number of connections was anything but constant. */
static bool
has_moved(const CalHistoryLevel *level)
{
	return level->before != level->now || level->max != level->now;
}

/* A pool's point, if anything has changed. */
static void
put_pool(Tick *tick, CalHistoryMark *mark, const CalPoolState *pool)
{
	CalHistoryPoint *point = new_point(tick, mark);
	bool		changed = put_counters(point, mark, &pool->facts);

	put_connections(point, mark, &pool->facts);
	mind_clock(point, pool, put_busy(point, mark, &pool->busy),
			   tick->points[0].elapsed_ms);
	if (waited)
		changed |= take_waits(point, &waited[pool->place]);
	changed |= has_moved(&point->connections) || has_moved(&point->busy);
	add_to_server(&tick->points[0], point);
	if (changed || (tick->whole && point->connections.now > 0))
		tick->n++;
}

/* What went to (other) from pools that we knew is in its counters, too. */
static void
settle_other(Tick *tick, CalHistoryMark *other)
{
	const CalHistoryMark *gone = &tick->gone;

	other->xacts += gone->xacts;
	other->errors += gone->errors;
	other->held_usec += gone->held_usec;
	other->gap_usec += gone->gap_usec;
	other->connected_usec += gone->connected_usec;
	other->opened += gone->opened;
	other->closed += gone->closed;
}

/* A pool's mark; those that are new, or were reset, start from zero. */
static CalHistoryMark *
mark_of(Tick *tick, const CalPoolState *pool)
{
	CalHistoryMark *mark = &tick->marks->mark[pool->place];
	uint32		generation;

	if (mark->since == 0)
	{
		mark->entry = cal_history_identify(&pool->facts.key, &generation);
		mark->generation = generation;
		mark->since = pool->facts.since;
	}
	return mark;
}

/* The mark of (other), which is last: others may have gone into it. */
static CalHistoryMark *
mark_of_other(Tick *tick, const CalPoolState *pool)
{
	CalHistoryMark *mark = &tick->marks->mark[pool->place];

	if (tick->reset)
		zero_counters(mark);
	mark->since = pool->facts.since;
	mark->entry = CAL_HISTORY_OTHER;
	mark->generation = 1;
	settle_other(tick, mark);
	return mark;
}

/* Points of all pools. */
static void
put_pools(Tick *tick, const CalPoolState *pools, int n)
{
	const CalPoolState *other = &pools[n - 1];
	CalHistoryMark *mark = &tick->marks->mark[other->place];

	tick->reset = mark->since != 0 && mark->since != other->facts.since;
	for (int i = 0; i < n - 1; i++)
	{
		mark = &tick->marks->mark[pools[i].place];
		if (mark->since != 0 && mark->since != pools[i].facts.since)
			retire_mark(tick, mark, &pools[i]);
	}
	for (int i = 0; i < n - 1; i++)
		put_pool(tick, mark_of(tick, &pools[i]), &pools[i]);
	put_pool(tick, mark_of_other(tick, other), other);
}

/* How long it was since the tick before, and whether we were there. */
static void
put_time(CalHistoryPoint *server, CalHistoryMarks *marks)
{
	uint64		now = monotonic_usec() / 1000;
	uint64		elapsed = now > marks->clock_ms ? now - marks->clock_ms : 0;
	uint64		longest = Max(HOLE_MS,
							  HOLE_INTERVALS * (uint64) cal_history_interval);

	server->at = GetCurrentTimestamp();
	server->elapsed_ms = server->seen_ms = small(elapsed);
	server->resumed = elapsed > longest || marks->fresh;
	if (elapsed > longest)
		server->seen_ms = small(Min(elapsed, cal_history_interval));
	marks->clock_ms = now;
}

/* What only the server as a whole has; after the pools. */
static void
put_rest(CalHistoryPoint *server, CalHistoryMarks *marks)
{
	TimestampTz last_at;
	uint64		refused = cal_refusals_total(&last_at);

	if (refused < marks->refused)
		marks->refused = 0;
	server->refused = small(grown(&marks->refused, refused));
	server->connections.max = Max(server->connections.max,
								  Max(server->connections.before,
									  server->connections.now));
	server->busy.max = Max(server->busy.max,
						   Max(server->busy.before, server->busy.now));
	(void) take_waits(server, &waited_all);
}

/* All that a tick does, but for writing it down. */
static bool
make_tick(Tick *tick)
{
	CalHistoryMark server = {.entry = CAL_HISTORY_SERVER,.generation = 1};
	int			room = cal_pools_count() + SLACK;
	CalPoolState *pools = palloc_extended(room * sizeof(CalPoolState),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	uint32		epoch = cal_history_epoch();
	int			n;

	tick->marks = cal_history_marks();
	tick->points = palloc_extended((2 * room + 1) * sizeof(CalHistoryPoint),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (pools == NULL || tick->points == NULL)
		return false;
	(void) new_point(tick, &server);
	tick->n = 1;
	put_time(&tick->points[0], tick->marks);
	tick->whole = tick->points[0].resumed || tick->marks->epoch != epoch;
	tick->marks->epoch = epoch;
	n = cal_pools_read(pools, room);
	put_pools(tick, pools, n);
	put_rest(&tick->points[0], tick->marks);
	pfree(pools);
	return true;
}

/*
 * The worker's tick.  If the history was reset meanwhile, it happened before,
 * and is not written.
 */
void
cal_recorder_tick(void)
{
	Tick		tick = {0};

	if (!make_tick(&tick))
		return;
	tick.marks->fresh = false;
	(void) cal_history_write(tick.points, tick.n, tick.marks->epoch);
	pfree(tick.points);
}

/*
 * Saved pools have been loaded: they are not what happened since the server
 * started.
 */
void
cal_recorder_startup(void)
{
	Tick		tick = {0};

	if (make_tick(&tick))
		pfree(tick.points);
}

/* When the next tick is due: at whole intervals. */
TimestampTz
cal_recorder_next(TimestampTz now)
{
	int64		interval = cal_history_interval * INT64CONST(1000);

	return interval == 0 ? 0 : now - now % interval + interval;
}
