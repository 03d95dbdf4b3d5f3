/*
 * pools.h
 *		Connections, told apart by who opened them and for what.
 */
#ifndef CAL_POOLS_H
#define CAL_POOLS_H

#include "platform/info.h"
#include "platform/local.h"
#include "platform/memory.h"
#include "store/pool_key.h"
#include "store/pools_busy.h"
#include "store/pools_share.h"

/* A pool, as far as its lock guards it. */
typedef struct CalPoolFacts
{
	CalPoolKey	key;
	bool		returned;		/* a connection came back to it */
	uint32		connections;
	uint32		connections_peak;
	TimestampTz connections_peak_at;
	TimestampTz since;
	uint64		opened;
	uint64		closed;
	uint64		abandoned;		/* of those, without a goodbye */
	uint64		connected_usec; /* sum over all connections, as of ... */
	TimestampTz connected_at;	/* ... this moment */
	CalPoolTotals totals;
	CalHist32	lifetimes;		/* of closed connections, in ms */
	CalHist32	held;
	uint32		busy_peak;		/* before the server started; see restore */
	TimestampTz busy_peak_at;
} CalPoolFacts;

/* A pool as a reader sees it. */
typedef struct CalPoolState
{
	CalPoolFacts facts;
	CalBusyState busy;			/* peak_at 0: it never was */
	int			place;
	TimestampTz at;				/* of this look */
} CalPoolState;

/* A connection as a reader sees it. */
typedef struct CalPoolMember
{
	int			pid;
	int			place;			/* of its pool */
	int			thresholds_ms[CAL_ALERT_KINDS];
	uint64		gap_usec;		/* gaps of the open transaction that ended */
	uint64		opener;			/* its first statement, or 0 */
	TimestampTz opened_at;		/* the connection */
	TimestampTz used_at;		/* its first transaction, or 0 */
	Oid			opener_user;
	CalPoolKey	pool;			/* in (other), user and database are its own */
} CalPoolMember;

/* What everybody looks at all the time. */
typedef struct CalPoolsHead
{
	TimestampTz started;		/* of the server */
	uint32		epoch;			/* grows with each reset */
} CalPoolsHead;

CAL_LOCAL CalPoolsHead *cal_pools_head;

extern const CalArea cal_pools_area;

/* Readers. */
extern int	cal_pools_count(void);
extern int	cal_pools_read(CalPoolState *out, int room);
extern int	cal_pools_members(CalPoolMember *out, int room);
extern bool cal_pools_member(int procno, CalPoolMember *out);
extern bool cal_pools_session(int procno, int pid, CalPoolSession *out);
extern void cal_pools_restore(const CalPoolState *saved, bool other);
extern void cal_pools_reset(void);
extern void cal_pools_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_POOLS_H */
