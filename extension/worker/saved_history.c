/*
 * saved_history.c
 *		The history of pools in a save file.
 *
 * Owns: the layout of two kinds of record: whose points there are, and points,
 * many to a record, the oldest first.  The minute under way is saved as one
 * that is over.  The file is bounded because the store is.  Loaded into a
 * smaller store, the oldest points make room for the others as they come.
 * Connections that were open are not in the history of the next server: its
 * first tick follows a hole.  Never raises.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "store/history_read.h"
#include "worker/saved.h"

#define BATCH	256				/* points to a record */
#define SUM_MAX	(PG_INT64_MAX / 4)

StaticAssertDecl(BATCH * sizeof(CalHistoryPoint) < CAL_RECORD_MAX - 16,
				 "a batch of points fits into a record");

/* Copy the directory, and say what there is; NULL without memory. */
static CalHistoryEntry *
copy_entries(CalSaver *saver, CalHistoryView *view)
{
	CalHistoryEntry *entries = cal_saver_alloc(saver, cal_history_entries() *
											   sizeof(CalHistoryEntry));

	if (entries)
		cal_history_all(view, entries);
	return entries;
}

/* Save whose points there are. */
static void
save_entries(CalSaver *saver)
{
	CalHistoryView view;
	CalHistoryEntry *entries = copy_entries(saver, &view);

	if (entries == NULL)
		return;
	for (int32 i = CAL_HISTORY_FIRST; i < cal_history_entries(); i++)
	{
		if (entries[i].generation == 0)
			continue;
		cal_saver_put(saver, &i, sizeof(i));
		cal_saver_put(saver, &entries[i].generation, sizeof(uint32));
		cal_saver_put(saver, &entries[i].key, sizeof(entries[i].key));
		cal_saver_end(saver, &cal_saved_history_pools);
	}
	pfree(entries);
}

/* Take one of those over. */
static bool
load_entry(CalTaker *taker)
{
	int32		i;
	uint32		generation;
	CalPoolKey	key;

	return cal_taker_take(taker, &i, sizeof(i)) &&
		cal_taker_take(taker, &generation, sizeof(generation)) &&
		cal_taker_take(taker, &key, sizeof(key)) && cal_taker_done(taker) &&
		cal_saved_pool_key_ok(&key) &&
		cal_history_restore_entry(i, generation, &key);
}

/* Put a record of points into the file. */
static void
put_points(CalSaver *saver, uint8 log, const CalHistoryPoint *points, int n)
{
	cal_saver_put(saver, &log, sizeof(log));
	cal_saver_put(saver, points, n * sizeof(CalHistoryPoint));
	cal_saver_end(saver, &cal_saved_history);
}

/* Save the minute under way. */
static void
save_open(CalSaver *saver, const CalHistoryEntry *entries,
		  CalHistoryPoint *points)
{
	int			n = 0;

	for (int i = 0; i < cal_history_entries(); i++)
	{
		if (entries[i].open.ticks > 0)
			points[n++] = entries[i].open;
		if (n == BATCH || (n > 0 && i == cal_history_entries() - 1))
		{
			put_points(saver, CAL_HISTORY_COARSE, points, n);
			n = 0;
		}
	}
}

/* Save all points. */
static void
save_points(CalSaver *saver)
{
	CalHistoryView view;
	CalHistoryEntry *entries = copy_entries(saver, &view);
	CalHistoryPoint *points = cal_saver_alloc(saver, BATCH *
											  sizeof(CalHistoryPoint));
	int			n;

	if (entries == NULL || points == NULL)
		return;
	for (int log = 0; log < CAL_HISTORY_LOGS; log++)
		while ((n = cal_history_copy(log, &view, points, BATCH)) > 0)
		{
			CHECK_FOR_INTERRUPTS();
			put_points(saver, log, points, n);
		}
	save_open(saver, entries, points);
	pfree(points);
	pfree(entries);
}

/* Whether these can be numbers of connections. */
static bool
level_ok(const CalHistoryLevel *level)
{
	return level->max >= level->before && level->max >= level->now;
}

/* Whether this can be a point. */
static bool
point_ok(const CalHistoryPoint *p)
{
	return p->at > 0 && cal_saved_time_ok(p->at) &&
		p->tick > 0 && p->tick <= SUM_MAX &&
		p->xacts <= SUM_MAX && p->held_usec <= SUM_MAX &&
		p->gap_usec <= SUM_MAX && p->connected_usec <= SUM_MAX &&
		p->busy_usec <= SUM_MAX && p->generation > 0 &&
		p->ticks > 0 && p->ticks <= p->tick &&
		p->seen_ms <= p->elapsed_ms && p->resumed <= 1 &&
		level_ok(&p->connections) && level_ok(&p->busy);
}

/* Take points over. */
static bool
load_points(CalTaker *taker)
{
	CalTaker	ahead;
	CalHistoryPoint point;
	uint8		log;

	if (!cal_taker_take(taker, &log, sizeof(log)) || log >= CAL_HISTORY_LOGS)
		return false;
	ahead = *taker;
	while (!cal_taker_done(&ahead))
		if (!cal_taker_take(&ahead, &point, sizeof(point)) || !point_ok(&point))
			return false;
	while (cal_taker_take(taker, &point, sizeof(point)))
		if (!cal_history_restore_point(log, &point))
			return false;
	return true;
}

const CalSavedKind cal_saved_history_pools = {20, 1, save_entries, load_entry};
const CalSavedKind cal_saved_history = {21, 1, save_points, load_points};
