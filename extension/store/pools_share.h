/*
 * pools_share.h
 *		What one backend has added to its pool and not yet handed over.
 */
#ifndef CAL_POOLS_SHARE_H
#define CAL_POOLS_SHARE_H

#include "base/histogram.h"
#include "datatype/timestamp.h"
#include "platform/settings.h"
#include "port/atomics.h"
#include "store/pool_session.h"
#include "store/pool_totals.h"

/* In shared memory; one for each process slot. */
typedef struct CalPoolShare
{
	uint32		change;			/* odd while the owner writes */
	uint32		epoch;			/* of the reset that the totals follow; all
								 * bits turned until the first transaction */
	int			pool;			/* -1: none; the pool's lock guards it */
	Oid			userid;			/* and these */
	Oid			dbid;
	int			pid;
	int			thresholds_ms[CAL_ALERT_KINDS]; /* -1: off */
	uint64		gap_usec;		/* gaps of the open transaction that ended */
	uint64		opener;			/* its first statement, 0 before */
	Oid			opener_user;	/* whose it is; SET ROLE may have changed it */
	TimestampTz opened_at;		/* the connection */
	TimestampTz used_at;		/* its first transaction, 0 before it ends */
	CalPoolTotals totals;
	CalPoolSession session;		/* the pool's lock guards it */
	CalHist16	held;			/* zero while there are no totals */
} CalPoolShare;

extern bool cal_share_has_totals(const CalPoolShare *share);
extern void cal_share_clear(CalPoolShare *share, uint32 epoch);
extern bool cal_share_copy(const CalPoolShare *share, CalPoolShare *to);

/* The owner brackets its writes, between which nothing may fail. */
static inline void
cal_share_begin(CalPoolShare *share)
{
	share->change++;
	pg_write_barrier();
}

/* The end of them. */
static inline void
cal_share_end(CalPoolShare *share)
{
	pg_write_barrier();
	share->change++;
}

/* Whether the totals follow the reset of an epoch. */
static inline bool
cal_share_follows(const CalPoolShare *share, uint32 epoch)
{
	return share->epoch == epoch || share->epoch == ~epoch;
}

#endif							/* CAL_POOLS_SHARE_H */
