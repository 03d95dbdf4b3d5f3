/*
 * pools_share.c
 *		What one backend has added to its pool and not yet handed over.
 *
 * Owns: nothing; works on a CalPoolShare that the store of pools keeps in
 * shared memory.  Only its owner writes it, without a lock, between two steps
 * of its change count; whoever reads it tries until it has not changed
 * meanwhile.  Nobody else resets it: an epoch says which reset its numbers
 * follow.
 */
#include "postgres.h"

#include "platform/local.h"
#include "store/pools_share.h"

#define READ_TRIES	100

/* Whether it has counted anything; else the rest of it need not be touched. */
CAL_OFTEN bool
cal_share_has_totals(const CalPoolShare *share)
{
	return (share->totals.xacts | share->totals.setups |
			share->totals.errors) != 0;
}

/* The owner begins anew; where nothing was counted, nothing is touched. */
CAL_OFTEN void
cal_share_clear(CalPoolShare *share, uint32 epoch)
{
	cal_share_begin(share);
	if (cal_share_has_totals(share))
	{
		memset(&share->totals, 0, sizeof(share->totals));
		memset(&share->held, 0, sizeof(share->held));
	}
	share->epoch = epoch;
	cal_share_end(share);
}

/* Copy for a reader; false if the owner wrote whenever we looked. */
bool
cal_share_copy(const CalPoolShare *share, CalPoolShare *to)
{
	const volatile uint32 *change = &share->change;

	for (int i = 0; i < READ_TRIES; i++)
	{
		uint32		before = *change;

		pg_read_barrier();
		memcpy(to, share, sizeof(*to));
		pg_read_barrier();
		if (before % 2 == 0 && *change == before)
			return true;
	}
	return false;
}
