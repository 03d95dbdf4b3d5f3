/*
 * heartbeat.h
 *		What the background worker and the save files are up to.
 */
#ifndef CAL_HEARTBEAT_H
#define CAL_HEARTBEAT_H

#include "datatype/timestamp.h"
#include "platform/memory.h"

/* What became of a save file at server start. */
typedef struct CalLoaded
{
	const char *file;			/* constant; NULL: nothing was loaded */
	TimestampTz saved_at;
	uint64		records;		/* taken over */
	uint64		left_out;		/* of an unknown kind, or implausible */
	int			set_aside;		/* damaged files renamed */
} CalLoaded;

/* What became of the latest snapshots. */
typedef struct CalSaved
{
	TimestampTz at;				/* of the latest one that succeeded */
	uint64		bytes;
	uint64		left_out;		/* records for which there was no room */
	uint64		saves;
	uint64		failures;
} CalSaved;

typedef struct CalHeartbeat
{
	int			pid;			/* of the worker; 0: it does not run */
	TimestampTz started;
	TimestampTz beat;
	CalLoaded	loaded;
	CalSaved	saved;
} CalHeartbeat;

extern const CalArea cal_heartbeat_area;

/* The worker. */
extern void cal_heartbeat_begin(void);
extern void cal_heartbeat_beat(TimestampTz now);
extern void cal_heartbeat_end(void);
extern uint64 cal_heartbeat_requests(void);

/* Who saves or loads. */
extern void cal_heartbeat_saved(bool ok, uint64 bytes, uint64 left_out);
extern void cal_heartbeat_loaded(const CalLoaded *loaded);

/* Everybody. */
extern void cal_heartbeat_request_save(void);
extern void cal_heartbeat_read(CalHeartbeat *out);

#endif							/* CAL_HEARTBEAT_H */
