/*
 * history_read.c
 *		Copies the history for readers, and takes a saved one over.
 *
 * Owns: nothing; it belongs to history.c, whose head explains what is where.
 * Called by the function behind caliper.history(), by caliper.info and by the
 * saver.  A reader first looks which points he needs, then copies them, a few
 * at a time, into memory allocated before.  What is overwritten meanwhile is
 * the oldest.  Never allocates, never raises.
 */
#include "postgres.h"

#include "store/history_layout.h"
#include "store/history_read.h"

/* Sizes of the directory, fixed at server start. */
int
cal_history_entries(void)
{
	return cal_history->nentries;
}

/* Whether a point begins a tick or a minute. */
static inline bool
is_server(const CalHistoryPoint *point)
{
	return point->entry == CAL_HISTORY_SERVER;
}

/* The first tick in a server's point. */
static inline uint64
first_tick(const CalHistoryPoint *server)
{
	return server->tick - server->ticks + 1;
}

/* The oldest point of a log that begins a tick, or its end. */
static uint64
oldest_whole(int log)
{
	uint64		n = oldest_of(&cal_history->log[log]);

	while (n < cal_history->log[log].count && !is_server(point_at(log, n)))
		n++;
	return n;
}

/* The first point of a log from some tick on. */
static uint64
find_tick(int log, uint64 tick)
{
	uint64		low = oldest_of(&cal_history->log[log]);
	uint64		high = cal_history->log[log].count;

	while (low < high)
	{
		uint64		middle = low + (high - low) / 2;

		if (point_at(log, middle)->tick < tick)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * From where on the ticks are read one by one: from the start of a minute all
 * of which is there, and which is not too long ago.  Sets where the minutes
 * before it end.  0: not even the minute under way is.
 */
static uint64
find_border(TimestampTz fine_from, uint64 *coarse_end)
{
	const CalHistoryPoint *open =
	&cal_history->entry[CAL_HISTORY_SERVER].open;
	uint64		oldest = oldest_whole(CAL_HISTORY_FINE);
	uint64		n = cal_history->log[CAL_HISTORY_COARSE].count;
	uint64		border = open->ticks > 0 ? first_tick(open) :
	cal_history->tick + 1;
	uint64		there;

	*coarse_end = n;
	if (oldest == cal_history->log[CAL_HISTORY_FINE].count)
		return open->ticks > 0 ? 0 : border;
	there = point_at(CAL_HISTORY_FINE, oldest)->tick;
	if (there > border)
		return 0;
	while (n-- > oldest_of(&cal_history->log[CAL_HISTORY_COARSE]))
	{
		const CalHistoryPoint *point = point_at(CAL_HISTORY_COARSE, n);

		if (!is_server(point))
			continue;
		if (point->at < fine_from || first_tick(point) < there)
			return border;
		border = first_tick(point);
		*coarse_end = n;
	}
	return there;
}

/* Copy the directory; the minutes under way as if they ended now. */
static void
copy_entries(CalHistoryEntry *entries)
{
	memcpy(entries, cal_history->entry,
		   cal_history->nentries * sizeof(CalHistoryEntry));
	for (int i = 0; i < cal_history->nentries; i++)
		if (entries[i].open.ticks > 0 && i != CAL_HISTORY_SERVER)
		{
			add_still(&entries[i], still_ms(&entries[i],
											cal_history->clock_ms));
			entries[i].open.at = cal_history->at;
			entries[i].open.tick = cal_history->tick;
		}
}

/*
 * What a reader has to go through who wants single ticks from some time on and
 * minutes before; and the directory.
 */
void
cal_history_look(CalHistoryView *view, TimestampTz fine_from,
				 CalHistoryEntry *entries)
{
	uint64		border;

	LWLockAcquire(cal_history_lock, LW_SHARED);
	border = find_border(fine_from, &view->end[CAL_HISTORY_COARSE]);
	view->open = border == 0;
	view->next[CAL_HISTORY_COARSE] = oldest_whole(CAL_HISTORY_COARSE);
	view->end[CAL_HISTORY_FINE] = cal_history->log[CAL_HISTORY_FINE].count;
	view->next[CAL_HISTORY_FINE] = view->end[CAL_HISTORY_FINE];
	if (border > 0)
		view->next[CAL_HISTORY_FINE] = find_tick(CAL_HISTORY_FINE, border);
	view->at = cal_history->at;
	copy_entries(entries);
	LWLockRelease(cal_history_lock);
}

/* For the saver: all that there is. */
void
cal_history_all(CalHistoryView *view, CalHistoryEntry *entries)
{
	LWLockAcquire(cal_history_lock, LW_SHARED);
	view->open = true;
	for (int i = 0; i < CAL_HISTORY_LOGS; i++)
	{
		view->next[i] = oldest_whole(i);
		view->end[i] = cal_history->log[i].count;
	}
	view->at = cal_history->at;
	copy_entries(entries);
	LWLockRelease(cal_history_lock);
}

/* Copy the next points, as far as there is room; 0: that was all. */
int
cal_history_copy(int log, CalHistoryView *view, CalHistoryPoint *out,
				 int room)
{
	int			n = 0;

	LWLockAcquire(cal_history_lock, LW_SHARED);
	view->next[log] = Max(view->next[log],
						  oldest_of(&cal_history->log[log]));
	while (n < room && view->next[log] < view->end[log])
		out[n++] = *point_at(log, view->next[log]++);
	LWLockRelease(cal_history_lock);
	return n;
}

/* How far back a log reaches; with the lock. */
static void
measure(int log, CalHistoryReach *out)
{
	const HistoryLog *from = &cal_history->log[log];
	uint64		oldest = oldest_whole(log);

	out->points = from->count - oldest_of(from);
	out->points_max = from->size;
	out->overwritten = from->count - from->start > from->size;
	out->from = 0;
	if (oldest < from->count)
		out->from = point_at(log, oldest)->at -
			point_at(log, oldest)->seen_ms * INT64CONST(1000);
}

/* For caliper.info. */
void
cal_history_status(CalHistoryStatus *out)
{
	LWLockAcquire(cal_history_lock, LW_SHARED);
	for (int i = 0; i < CAL_HISTORY_LOGS; i++)
		measure(i, &out->log[i]);
	out->holes = cal_history->holes;
	LWLockRelease(cal_history_lock);
}

/* Take an entry over; false if it does not fit in. */
bool
cal_history_restore_entry(int entry, uint32 generation, const CalPoolKey *key)
{
	CalHistoryEntry *to;

	if (entry < CAL_HISTORY_FIRST || entry >= cal_history->nentries ||
		generation == 0)
		return false;
	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	to = &cal_history->entry[entry];
	to->key = *key;
	to->generation = generation;
	LWLockRelease(cal_history_lock);
	return true;
}

/* Take a point over; points come in order, false if this one does not. */
bool
cal_history_restore_point(int log, const CalHistoryPoint *point)
{
	HistoryLog *to = &cal_history->log[log];
	bool		ok;

	LWLockAcquire(cal_history_lock, LW_EXCLUSIVE);
	ok = to->count == 0 || point_at(log, to->count - 1)->tick <= point->tick;
	if (ok)
	{
		append_point(log, point);
		cal_history->tick = Max(cal_history->tick, point->tick);
		cal_history->at = Max(cal_history->at, point->at);
		if (point->entry < cal_history->nentries)
			cal_history->entry[point->entry].touched = point->tick;
	}
	LWLockRelease(cal_history_lock);
	return ok;
}
