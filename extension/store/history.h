/*
 * history.h
 *		What pools of connections were like in the past.
 */
#ifndef CAL_HISTORY_H
#define CAL_HISTORY_H

#include "datatype/timestamp.h"
#include "platform/memory.h"
#include "store/pool_key.h"

/* The two logs: a point for each tick of the worker, and for each minute. */
#define CAL_HISTORY_FINE	0
#define CAL_HISTORY_COARSE	1
#define CAL_HISTORY_LOGS	2

/* Entries of the directory that are always there. */
#define CAL_HISTORY_SERVER	0
#define CAL_HISTORY_OTHER	1
#define CAL_HISTORY_FIRST	2	/* of the pools */

#define CAL_HISTORY_WAITS	6	/* cpu, io, lock, lwlock, client, other */

/* A number of connections: at the two ends of a point, and in between. */
typedef struct CalHistoryLevel
{
	uint16		before;
	uint16		now;
	uint16		max;
} CalHistoryLevel;

/* What happened between two moments; all sums are differences. */
typedef struct CalHistoryPoint
{
	TimestampTz at;				/* the end, as the clock said then */
	uint64		tick;			/* its number, in a minute that of the last */
	uint64		xacts;
	uint64		held_usec;
	uint64		gap_usec;
	uint64		connected_usec; /* over all connections */
	uint64		busy_usec;		/* over all of them */
	uint32		generation;		/* of the entry */
	uint32		ticks;			/* how many; this and the next two ... */
	uint32		elapsed_ms;
	uint32		seen_ms;		/* ... in points of the server only */
	uint32		errors;
	uint32		opened;
	uint32		closed;
	uint32		refused;		/* server only */
	uint32		waits_ms[CAL_HISTORY_WAITS];
	uint16		entry;			/* of the directory: whose point it is */
	uint16		resumed;		/* before it, the worker was away */
	CalHistoryLevel connections;
	CalHistoryLevel busy;
} CalHistoryPoint;

/* One of those that points are about. */
typedef struct CalHistoryEntry
{
	CalPoolKey	key;
	uint32		generation;		/* 0: not in use */
	uint16		connections;	/* since its latest point */
	uint16		busy;
	bool		live;			/* the pool is there */
	uint64		touched;		/* tick of that point */
	uint64		clock_ms;		/* how far the open minute is accounted for */
	CalHistoryPoint open;		/* the minute under way; no ticks: nothing */
} CalHistoryEntry;

extern const CalArea cal_history_area;

/* The worker. */
extern uint32 cal_history_epoch(void);
extern bool cal_history_is(int entry, uint32 generation, const CalPoolKey *key);
extern int	cal_history_identify(const CalPoolKey *key, uint32 *generation);
extern void cal_history_release(int entry);
extern bool cal_history_write(CalHistoryPoint *points, int n, uint32 epoch);
extern void cal_history_reset(void);

#endif							/* CAL_HISTORY_H */
