/*
 * history_marks.h
 *		How far the worker has got with each pool.
 */
#ifndef CAL_HISTORY_MARKS_H
#define CAL_HISTORY_MARKS_H

#include "datatype/timestamp.h"
#include "platform/memory.h"

#define CAL_MARK_LEVELS	65		/* those of a CalBusy */

/* A pool as it was at the latest tick: its place, and its counters then. */
typedef struct CalHistoryMark
{
	TimestampTz since;			/* the pool's; 0: there was none */
	uint64		xacts;
	uint64		errors;
	uint64		held_usec;
	uint64		gap_usec;
	uint64		connected_usec;
	uint64		opened;
	uint64		closed;
	uint64		busy_usec[CAL_MARK_LEVELS];
	uint32		generation;		/* of the entry */
	uint32		connections_peak;
	uint16		entry;			/* of the history's directory */
	uint16		connections;
	uint16		busy;
} CalHistoryMark;

/* The latest tick itself. */
typedef struct CalHistoryMarks
{
	uint64		clock_ms;		/* monotonic */
	uint64		refused;
	uint32		epoch;			/* of the history that it went into */
	bool		fresh;			/* there was none yet */
	CalHistoryMark mark[FLEXIBLE_ARRAY_MEMBER];
} CalHistoryMarks;

extern const CalArea cal_history_marks_area;

extern CalHistoryMarks *cal_history_marks(void);

#endif							/* CAL_HISTORY_MARKS_H */
