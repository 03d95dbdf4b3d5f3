/*
 * history_layout.h
 *		How the history lies in shared memory; for the files history*.c only.
 */
#ifndef CAL_HISTORY_LAYOUT_H
#define CAL_HISTORY_LAYOUT_H

#include "platform/local.h"
#include "store/history.h"

/* A log: points are numbered, and lie where their number leads. */
typedef struct HistoryLog
{
	uint64		start;			/* the first one since the latest reset */
	uint64		count;			/* the next one */
	uint64		size;			/* so many are kept */
} HistoryLog;

typedef struct History
{
	uint32		epoch;			/* grows with each reset */
	int			nentries;
	uint64		tick;			/* the latest */
	TimestampTz at;				/* when it was; 0: there was none */
	int64		minute;			/* under way: its number */
	uint64		clock_ms;		/* time seen by the worker, from anywhere ... */
	uint64		minute_clock_ms;	/* ... to the start of that minute */
	uint64		holes;
	HistoryLog	log[CAL_HISTORY_LOGS];
	CalHistoryEntry entry[FLEXIBLE_ARRAY_MEMBER];
} History;

CAL_LOCAL History *cal_history;
CAL_LOCAL LWLock *cal_history_lock;
CAL_LOCAL CalHistoryPoint *cal_history_points[CAL_HISTORY_LOGS];

/* Where a point is, if it still is. */
static inline CalHistoryPoint *
point_at(int log, uint64 n)
{
	return &cal_history_points[log][n % cal_history->log[log].size];
}

/* The oldest one that is still there; count, if there is none. */
static inline uint64
oldest_of(const HistoryLog *log)
{
	return log->count - log->start <= log->size ? log->start :
		log->count - log->size;
}

/* Put a point into a log, in place of its oldest. */
static inline void
append_point(int log, const CalHistoryPoint *point)
{
	*point_at(log, cal_history->log[log].count++) = *point;
}

/* Time of which an entry had no point, and nothing changed, in the minute. */
static inline uint64
still_ms(const CalHistoryEntry *entry, uint64 until_ms)
{
	uint64		from = Max(entry->clock_ms, cal_history->minute_clock_ms);

	return until_ms > from ? until_ms - from : 0;
}

/* Add such time to the entry's minute. */
static inline void
add_still(CalHistoryEntry *entry, uint64 ms)
{
	entry->open.connected_usec += ms * 1000 * entry->connections;
	entry->open.busy_usec += ms * 1000 * entry->busy;
}

#endif							/* CAL_HISTORY_LAYOUT_H */
