/*
 * pools_server.h
 *		All pools together, looked at without a lock.
 */
#ifndef CAL_POOLS_SERVER_H
#define CAL_POOLS_SERVER_H

#include "datatype/timestamp.h"
#include "platform/memory.h"
#include "store/holders.h"

/* The server as one pool; a time of 0 means never. */
typedef struct CalServerState
{
	uint32		connections;
	uint32		connections_peak;
	TimestampTz connections_peak_at;
	uint32		busy;
	uint32		busy_peak;		/* as far as somebody looked */
	TimestampTz busy_peak_at;
} CalServerState;

extern const CalArea cal_server_area;

/* A client's connection is admitted, and closed. */
extern void cal_server_open(TimestampTz at);
extern void cal_server_close(TimestampTz at);

/* Everybody, at any time, even without a process slot. */
extern void cal_server_look(TimestampTz at);
extern void cal_server_holders(CalHolders *out);

extern void cal_server_read(CalServerState *out);
extern void cal_server_reset(void);

#endif							/* CAL_POOLS_SERVER_H */
