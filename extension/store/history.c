/*
 * history.c
 *		What pools of connections were like in the past.
 *
 * Owns: its slice of shared memory: two logs of points of fixed size, each a
 * ring that overwrites its oldest, and a directory that says whose points they
 * are.  One log has a point for each tick of the worker, the other for each
 * minute; the server has a point in each of them, a pool only if it changed.
 * Within a tick or a minute the server's point comes first.  So the server's
 * points tell what the worker saw, and between two points of a pool nothing
 * changed, as long as the worker was there.
 *
 * An entry of the directory goes to another pool when it is the one that has
 * been without a pool and without points for longest.  Its generation grows
 * then, so that points which are older find that they have no owner any more.
 * There are twice as many entries as pools can be.
 *
 * Written by the worker alone, and by who resets; before there is a worker, by
 * the postmaster.  One lock guards everything; while it is held there is
 * copying and arithmetic.  Backends that serve clients never come here, but to
 * read; see history_read.c.  Never allocates, never reads the clock.
 */
#include "postgres.h"

#include "platform/settings.h"
#include "store/history.h"
#include "store/history_layout.h"
#include "store/history_marks.h"

History    *cal_history;
LWLock	   *cal_history_lock;
CalHistoryPoint *cal_history_points[CAL_HISTORY_LOGS];

/* Entries for the pools that are there, and for as many that were. */
static int
count_entries(void)
{
	return CAL_HISTORY_FIRST + 2 * cal_max_pools;
}

/* Where the points begin. */
static Size
points_offset(void)
{
	return MAXALIGN(add_size(offsetof(History, entry),
							 mul_size(sizeof(CalHistoryEntry),
									  count_entries())));
}

/*
 * Memory for the points: what the directory and the marks leave of the setting,
 * or half of it, if they leave less.
 */
static Size
points_size(void)
{
	Size		all = mul_size(1024, cal_history_memory);
	Size		rest = add_size(points_offset(), cal_history_marks_area.size());

	return MAXALIGN_DOWN(all - Min(rest, all / 2));
}

/* Memory for the directory and for the points. */
static Size
history_size(void)
{
	return add_size(points_offset(), points_size());
}

/*
 * How many points there are, and how many of them are minutes: in proportion
 * to how many of each a pool has that never rests.
 */
static void
share_points(void)
{
	uint64		all = points_size() / sizeof(CalHistoryPoint);
	double		fine = cal_history_fine * 1000.0 /
	Max(cal_history_interval, 100);
	double		coarse = cal_history_coarse / 60.0;
	uint64		share = (uint64) (all * (fine / (fine + coarse)));

	cal_history->log[CAL_HISTORY_FINE].size = Min(Max(share, 16), all - 16);
	cal_history->log[CAL_HISTORY_COARSE].size =
		all - cal_history->log[CAL_HISTORY_FINE].size;
}

/* The slice is there, and zero. */
static void
history_init(void *base, LWLockPadded *locks)
{
	CalHistoryPoint *points = (CalHistoryPoint *)
	((char *) base + points_offset());
	CalHistoryEntry *other;

	cal_history = base;
	cal_history_lock = &locks[0].lock;
	cal_history->nentries = count_entries();
	share_points();
	cal_history_points[CAL_HISTORY_FINE] = points;
	cal_history_points[CAL_HISTORY_COARSE] = points +
		cal_history->log[CAL_HISTORY_FINE].size;

	other = &cal_history->entry[CAL_HISTORY_OTHER];
	strlcpy(other->key.application, "(other)", NAMEDATALEN);
	other->generation = cal_history->entry[CAL_HISTORY_SERVER].generation = 1;
	other->live = cal_history->entry[CAL_HISTORY_SERVER].live = true;
}

const CalArea cal_history_area = {"history", history_size, history_init, 1};

/* Which reset the history follows. */
uint32
cal_history_epoch(void)
{
	uint32		epoch;

	LWLockAcquire(cal_history_lock, LW_SHARED);
	epoch = cal_history->epoch;
	LWLockRelease(cal_history_lock);
	return epoch;
}

/* The entry of a pool, else the one to take for it; with the lock. */
static CalHistoryEntry *
find_entry(const CalPoolKey *key)
{
	CalHistoryEntry *best = NULL;

	for (int i = CAL_HISTORY_FIRST; i < cal_history->nentries; i++)
	{
		CalHistoryEntry *entry = &cal_history->entry[i];

		if (entry->generation != 0 &&
			memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
		if (!entry->live && (best == NULL || entry->touched < best->touched))
			best = entry;
	}
	return best;
}

/* Add what one point says of a number of connections to another. */
static void
add_level(CalHistoryLevel *to, const CalHistoryLevel *from)
{
	to->now = from->now;
	to->max = Max(to->max, from->max);
}

/* Add a point to one that began earlier. */
static void
add_point(CalHistoryPoint *to, const CalHistoryPoint *from)
{
	to->at = from->at;
	to->tick = from->tick;
	to->xacts += from->xacts;
	to->held_usec += from->held_usec;
	to->gap_usec += from->gap_usec;
	to->connected_usec += from->connected_usec;
	to->busy_usec += from->busy_usec;
	to->ticks += from->ticks;
	to->elapsed_ms += from->elapsed_ms;
	to->seen_ms += from->seen_ms;
	to->errors += from->errors;
	to->opened += from->opened;
	to->closed += from->closed;
	to->refused += from->refused;
	for (int i = 0; i < CAL_HISTORY_WAITS; i++)
		to->waits_ms[i] += from->waits_ms[i];
	to->resumed |= from->resumed;
	add_level(&to->connections, &from->connections);
	add_level(&to->busy, &from->busy);
}

/*
 * Give an entry's minute under way to (other), as its earlier points, which
 * have no owner any more, will be; with the lock.
 */
static void
give_minute_away(CalHistoryEntry *from)
{
	CalHistoryEntry *other = &cal_history->entry[CAL_HISTORY_OTHER];
	CalHistoryPoint *to = &other->open;
	uint16		connections = Max(to->connections.max, other->connections);
	uint16		busy = Max(to->busy.max, other->busy);

	if (to->ticks == 0)
	{
		to->entry = CAL_HISTORY_OTHER;
		to->generation = other->generation;
		to->connections.before = other->connections;
		to->busy.before = other->busy;
	}
	add_point(to, &from->open);
	to->connections.now = other->connections;
	to->connections.max = connections;
	to->busy.now = other->busy;
	to->busy.max = busy;
}

/* Another pool takes an entry; with the lock. */
static void
take_entry(CalHistoryEntry *entry, const CalPoolKey *key)
{
	uint32		generation = entry->generation + 1;

	if (entry->open.ticks > 0)
		give_minute_away(entry);
	memset(entry, 0, sizeof(*entry));
	entry->key = *key;
	entry->generation = generation;
}

/* Whether an entry of some generation is about the pool of this key. */
bool
cal_history_is(int entry, uint32 generation, const CalPoolKey *key)
{
	const CalHistoryEntry *known = &cal_history->entry[entry];
	bool		is;

	LWLockAcquire(cal_history_lock, LW_SHARED);
	is = known->generation == generation &&
		memcmp(&known->key, key, sizeof(*key)) == 0;
	LWLockRelease(cal_history_lock);
	return is;
}

/* The pool of this key is there: which entry is it, of which generation? */
int
cal_history_identify(const CalPoolKey *key, uint32 *generation)
{
	CalHistoryEntry *entry;

	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	entry = find_entry(key);
	if (entry == NULL)			/* cannot be */
		entry = &cal_history->entry[CAL_HISTORY_OTHER];
	else if (entry->generation == 0 ||
			 memcmp(&entry->key, key, sizeof(*key)) != 0)
		take_entry(entry, key);
	entry->live = true;
	*generation = entry->generation;
	LWLockRelease(cal_history_lock);
	return (int) (entry - cal_history->entry);
}

/* The pool of this entry is not there any more. */
void
cal_history_release(int entry)
{
	if (entry < CAL_HISTORY_FIRST)
		return;
	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	cal_history->entry[entry].live = false;
	LWLockRelease(cal_history_lock);
}

/* The minute is over: its points go into the log of minutes. */
static void
close_minute(void)
{
	for (int i = 0; i < cal_history->nentries; i++)
	{
		CalHistoryEntry *entry = &cal_history->entry[i];

		if (entry->open.ticks == 0)
			continue;
		if (i != CAL_HISTORY_SERVER)
			add_still(entry, still_ms(entry, cal_history->clock_ms));
		entry->open.at = cal_history->at;
		entry->open.tick = cal_history->tick;
		append_point(CAL_HISTORY_COARSE, &entry->open);
		memset(&entry->open, 0, sizeof(entry->open));
	}
}

/* A new tick begins, maybe with a new minute. */
static void
begin_tick(const CalHistoryPoint *server)
{
	TimestampTz middle = server->at - server->seen_ms * INT64CONST(500);
	int64		minute = middle / USECS_PER_MINUTE;

	if (minute != cal_history->minute)
	{
		close_minute();
		cal_history->minute = minute;
		cal_history->minute_clock_ms = cal_history->clock_ms;
	}
	cal_history->holes += (cal_history->at != 0 && server->resumed);
	cal_history->tick = server->tick;
	cal_history->at = server->at;
}

/* Add a tick's point to its minute; seen_ms is the length of the tick. */
static void
add_to_minute(const CalHistoryPoint *point, uint32 seen_ms)
{
	CalHistoryEntry *entry = &cal_history->entry[point->entry];
	uint64		still = still_ms(entry, cal_history->clock_ms);

	if (point->generation != entry->generation)
		return;
	if (entry->open.ticks == 0)
		entry->open = *point;
	else
		add_point(&entry->open, point);
	if (point->entry != CAL_HISTORY_SERVER)
		add_still(entry, still);
	entry->connections = point->connections.now;
	entry->busy = point->busy.now;
	entry->touched = point->tick;
	entry->clock_ms = cal_history->clock_ms + seen_ms;
}

/*
 * Write a tick: the point of the server, then those of the pools that changed.
 * False, and nothing is written, if there was a reset meanwhile.
 */
bool
cal_history_write(CalHistoryPoint *points, int n, uint32 epoch)
{
	bool		ok;

	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	ok = cal_history->epoch == epoch;
	if (ok)
	{
		points[0].tick = cal_history->tick + 1;
		begin_tick(&points[0]);
		for (int i = 0; i < n; i++)
		{
			points[i].at = points[0].at;
			points[i].tick = points[0].tick;
			points[i].ticks = 1;
			append_point(CAL_HISTORY_FINE, &points[i]);
			add_to_minute(&points[i], points[0].seen_ms);
		}
		cal_history->clock_ms += points[0].seen_ms;
	}
	LWLockRelease(cal_history_lock);
	return ok;
}

/* Forget all points; who they were about is still known. */
void
cal_history_reset(void)
{
	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	cal_history->epoch++;
	cal_history->at = 0;
	cal_history->holes = 0;
	cal_history->minute_clock_ms = cal_history->clock_ms;
	for (int i = 0; i < CAL_HISTORY_LOGS; i++)
		cal_history->log[i].start = cal_history->log[i].count;
	for (int i = 0; i < cal_history->nentries; i++)
		memset(&cal_history->entry[i].open, 0, sizeof(CalHistoryPoint));
	LWLockRelease(cal_history_lock);
}
