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

/* What finished transactions amount to; work is held less gap. */
typedef struct CalPoolTotals
{
	uint64		xacts;
	uint64		setups;			/* nothing but SET, SHOW ...; not in xacts */
	uint64		estimated;		/* xacts whose gap core did not measure */
	uint64		errors;			/* that the client got to see */
	uint64		held_usec;
	uint64		gap_usec;
	uint64		commit_usec;
} CalPoolTotals;

/* In shared memory; one for each process slot. */
typedef struct CalPoolShare
{
	uint32		change;			/* odd while the owner writes */
	uint32		epoch;			/* of the reset that the totals follow */
	int			pool;			/* -1: none; the pool's lock guards it */
	int			pid;			/* and these */
	Oid			userid;
	Oid			dbid;
	int			thresholds_ms[CAL_ALERT_KINDS]; /* -1: off */
	uint64		gap_usec;		/* gaps of the open transaction that ended */
	uint64		opener;			/* its first statement, 0 before */
	Oid			opener_user;	/* whose it is; SET ROLE may have changed it */
	TimestampTz opened_at;		/* the connection */
	CalPoolTotals totals;
	CalHist16	held;
} CalPoolShare;

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

/* Add to totals. */
static inline void
cal_totals_add(CalPoolTotals *to, const CalPoolTotals *from)
{
	to->xacts += from->xacts;
	to->setups += from->setups;
	to->estimated += from->estimated;
	to->errors += from->errors;
	to->held_usec += from->held_usec;
	to->gap_usec += from->gap_usec;
	to->commit_usec += from->commit_usec;
}

#endif							/* CAL_POOLS_SHARE_H */
