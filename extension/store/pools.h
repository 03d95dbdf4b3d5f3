/*
 * pools.h
 *		Connections, told apart by who opened them and for what.
 */
#ifndef CAL_POOLS_H
#define CAL_POOLS_H

#include "platform/info.h"
#include "platform/memory.h"
#include "store/pools_busy.h"
#include "store/pools_share.h"

/* What makes a pool; compared as bytes, so what is not in use is zero. */
typedef struct CalPoolKey
{
	char		application[NAMEDATALEN];
	char		label[NAMEDATALEN];
	Oid			userid;
	Oid			dbid;
	uint16		encoding;		/* of both names */
	uint16		family;			/* 4, 6, or 0 without an internet address */
	uint8		address[16];
} CalPoolKey;

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
	CalPoolTotals totals;
	CalHist32	held;
	uint32		busy_peak;		/* before the server started; see restore */
	TimestampTz busy_peak_at;
} CalPoolFacts;

/* A pool as a reader sees it. */
typedef struct CalPoolState
{
	CalPoolFacts facts;
	CalBusyState busy;			/* peak_at 0: it never was */
} CalPoolState;

/* A connection as a reader sees it. */
typedef struct CalPoolMember
{
	int			pid;
	uint64		gap_usec;		/* gaps of the open transaction that ended */
	CalPoolKey	pool;			/* in (other), user and database are its own */
} CalPoolMember;

extern const CalArea cal_pools_area;

/* This backend's connection; without one, these do nothing. */
extern void cal_pools_enter(const CalPoolKey *key, TimestampTz at, bool open);
extern void cal_pools_leave(bool close);
extern void cal_pools_busy(TimestampTz from);
extern void cal_pools_gap(uint64 usec);
extern void cal_pools_free(TimestampTz at, uint64 held_usec,
						   const CalPoolTotals *more);
extern void cal_pools_setup(void);

/* Readers. */
extern int	cal_pools_count(void);
extern int	cal_pools_read(CalPoolState *out, int room);
extern int	cal_pools_members(CalPoolMember *out, int room);
extern void cal_pools_restore(const CalPoolState *saved, bool other);
extern void cal_pools_reset(void);
extern void cal_pools_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_POOLS_H */
