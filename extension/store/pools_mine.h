/*
 * pools_mine.h
 *		The connection that this backend serves, in its pool.
 */
#ifndef CAL_POOLS_MINE_H
#define CAL_POOLS_MINE_H

#include "platform/local.h"
#include "store/pools.h"

/* While it has none, these are nobody's, and what is counted is lost. */
CAL_LOCAL CalPoolShare *cal_pools_mine;
CAL_LOCAL CalBusy *cal_pools_my_busy;

extern void cal_pools_enter(const CalPoolKey *key, TimestampTz at, const CalPoolSession *opened);
extern uint16 *cal_pools_name(void);
extern void cal_pools_leave(TimestampTz at, bool close, bool abandoned);
extern void cal_pools_free(TimestampTz at, uint64 held_usec, const CalPoolTotals *more);
extern void cal_pools_setup(void);
extern void cal_pools_error(void);
extern void cal_pools_prepare(TimestampTz from);

/* This connection is held from now on. */
static inline void
cal_pools_busy(TimestampTz from)
{
	CalBusy    *busy = cal_pools_my_busy;
	uint64		word = cal_busy_shift(busy, 1, from - cal_pools_head->started);

	if (unlikely(CAL_BUSY_COUNT(word) >
				 CAL_BUSY_COUNT(pg_atomic_read_u64(&busy->peak))))
		cal_busy_raise_peak(busy, word);
}

/* It is free again: count a transaction that had no gap and wrote nothing. */
static inline void
cal_pools_free_plain(TimestampTz at, uint64 held_usec)
{
	CalPoolShare *share = cal_pools_mine;
	uint16	   *cell = &share->held.cell[cal_hist_cell(held_usec)];

	if (unlikely(share->epoch != cal_pools_head->epoch ||
				 *cell == PG_UINT16_MAX))
		cal_pools_prepare(at - (TimestampTz) held_usec);
	(void) cal_busy_shift(cal_pools_my_busy, -1, at - cal_pools_head->started);
	cal_share_begin(share);
	share->totals.xacts++;
	share->totals.held_usec += held_usec;
	(*cell)++;
	share->opener = 0;
	cal_share_end(share);
}

/* It stays held, with another transaction. */
static inline void
cal_pools_another(void)
{
	CalPoolShare *share = cal_pools_mine;

	cal_share_begin(share);
	share->totals.xacts++;
	cal_share_end(share);
}

/* For all to see: the gaps that the open transaction has had so far. */
static inline void
cal_pools_gap(uint64 usec)
{
	cal_pools_mine->gap_usec = usec;
}

/* For all to see: the statement that opened it, and whose it is. */
static inline void
cal_pools_opener(uint64 queryid, Oid userid)
{
	cal_pools_mine->opener = queryid;
	cal_pools_mine->opener_user = userid;
}

#endif							/* CAL_POOLS_MINE_H */
