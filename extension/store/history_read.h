/*
 * history_read.h
 *		Copies the history for readers, and takes a saved one over.
 */
#ifndef CAL_HISTORY_READ_H
#define CAL_HISTORY_READ_H

#include "store/history.h"

/*
 * What a reader has to go through, for each log from a point to another:
 * minutes first, then ticks; together they hold each tick once.
 */
typedef struct CalHistoryView
{
	uint64		next[CAL_HISTORY_LOGS];
	uint64		end[CAL_HISTORY_LOGS];
	bool		open;			/* the minute under way: see the entries */
	TimestampTz at;				/* of the latest tick; 0: there was none */
} CalHistoryView;

/* How far back a log reaches. */
typedef struct CalHistoryReach
{
	uint64		points;
	uint64		points_max;
	TimestampTz from;			/* 0: nothing is there */
	bool		overwritten;	/* what was older had to go */
} CalHistoryReach;

typedef struct CalHistoryStatus
{
	CalHistoryReach log[CAL_HISTORY_LOGS];
	uint64		holes;			/* how often the worker was away */
} CalHistoryStatus;

extern int	cal_history_entries(void);
extern void cal_history_look(CalHistoryView *view, TimestampTz fine_from,
							 CalHistoryEntry *entries);
extern void cal_history_all(CalHistoryView *view, CalHistoryEntry *entries);
extern int	cal_history_copy(int log, CalHistoryView *view,
							 CalHistoryPoint *out, int room);
extern void cal_history_status(CalHistoryStatus *out);

/* At server start. */
extern bool cal_history_restore_entry(int entry, uint32 generation,
									  const CalPoolKey *key);
extern bool cal_history_restore_point(int log, const CalHistoryPoint *point);

#endif							/* CAL_HISTORY_READ_H */
