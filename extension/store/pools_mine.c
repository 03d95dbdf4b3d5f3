/*
 * pools_mine.c
 *		The connection that this backend serves, in its pool.
 *
 * Owns: which share and which pool are this backend's.  Called by capture/.
 * What a backend counts it keeps in its share, alone and without a lock; it is
 * folded into its pool, under the pool's lock, when the connection leaves, or
 * when one of the share's small counters is full.  Before its first transaction
 * has ended, a share is in no epoch, so that the check for a reset, which every
 * transaction makes, finds the first one out as well.  A backend that serves no
 * connection counts for nobody, so that nothing on the way has to ask.  Never
 * allocates, raises, or reads the clock.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "platform/settings.h"
#include "store/pools_layout.h"
#include "store/pools_mine.h"
#include "version_compat.h"

static CAL_LARGE CalPoolShare nobody;
static CAL_LARGE CalBusy nobodys_busy;

CAL_HOT CalPoolShare *cal_pools_mine = &nobody;
CAL_HOT CalBusy *cal_pools_my_busy = &nobodys_busy;

#define mine cal_pools_mine

static CAL_HOT Pool *my_pool;

/* The share begins anew, and waits for its first transaction, if none was. */
static CAL_OFTEN void
clear_mine(void)
{
	uint32		epoch = cal_pools->head.epoch;

	cal_share_clear(mine, mine->used_at == 0 ? ~epoch : epoch);
}

/* Move the share's numbers to its pool; with the pool's lock held. */
static CAL_OFTEN void
fold_share(void)
{
	if (cal_share_has_totals(mine) &&
		cal_share_follows(mine, cal_pools->head.epoch))
	{
		cal_totals_add(&my_pool->facts.totals, &mine->totals);
		cal_hist_add16(&my_pool->facts.held, &mine->held);
	}
	cal_share_clear(mine, cal_pools->head.epoch);
}

/* It serves its first transaction: note that, and keep what went before. */
static CAL_OFTEN void
note_first(TimestampTz from)
{
	mine->used_at = Max(from, mine->opened_at);
	if (mine->epoch == ~cal_pools->head.epoch)
		mine->epoch = cal_pools->head.epoch;
	else
		cal_share_clear(mine, cal_pools->head.epoch);
}

/*
 * Make the share ready to count a transaction that began at a time: in the
 * present epoch, and with no cell of its histogram full.
 */
void
cal_pools_prepare(TimestampTz from)
{
	LWLock	   *lock;

	if (mine != &nobody && mine->used_at == 0)
	{
		note_first(from);
		return;
	}
	if (mine == &nobody || mine->epoch != cal_pools->head.epoch)
	{
		cal_share_clear(mine, cal_pools->head.epoch);
		return;
	}
	lock = lock_of(partition_of(mine->pool));
	LWLockAcquire(lock, LW_EXCLUSIVE);
	fold_share();
	LWLockRelease(lock);
}

/* As cal_pools_free_plain, and more. */
CAL_OFTEN void
cal_pools_free(TimestampTz at, uint64 held_usec, const CalPoolTotals *more)
{
	cal_pools_free_plain(at, held_usec);
	cal_share_begin(mine);
	cal_totals_add(&mine->totals, more);
	mine->gap_usec = 0;
	cal_share_end(mine);
}

/* It was not held for more than setup. */
CAL_OFTEN void
cal_pools_setup(void)
{
	if (!cal_share_follows(mine, cal_pools->head.epoch))
		clear_mine();
	cal_share_begin(mine);
	mine->totals.setups++;
	cal_share_end(mine);
}

/* The client gets to see an error; in the log hook, so no lock is taken. */
void
cal_pools_error(void)
{
	if (!cal_share_follows(mine, cal_pools->head.epoch))
		clear_mine();
	cal_share_begin(mine);
	mine->totals.errors++;
	cal_share_end(mine);
}

/* What the session wants to be reported is read in a share from now on. */
static CAL_OFTEN void
publish_thresholds(CalPoolShare *share)
{
	if (cal_alert_thresholds != share->thresholds_ms)
		memcpy(share->thresholds_ms, cal_alert_thresholds,
			   sizeof(share->thresholds_ms));
	cal_alert_thresholds = share->thresholds_ms;
}

/* Book the connection on a pool; with the directory's lock. */
static CAL_OFTEN void
book(int place, const CalPoolKey *key, TimestampTz at,
	 const CalPoolSession *opened)
{
	Pool	   *pool = pool_at(place);
	CalPoolFacts *facts = &pool->facts;
	LWLock	   *lock = lock_of(partition_of(place));

	LWLockAcquire(lock, LW_EXCLUSIVE);
	facts->opened += opened != NULL;
	cal_pools_connected(facts, at);
	if (++facts->connections > facts->connections_peak)
	{
		facts->connections_peak = facts->connections;
		facts->connections_peak_at = at;
	}
	my_pool = pool;
	cal_pools_my_busy = &pool->busy;
	mine->pool = place;
	mine->pid = MyProcPid;
	mine->userid = key->userid;
	mine->dbid = key->dbid;
	mine->gap_usec = mine->opener = 0;
	if (opened)
	{
		mine->opened_at = at;
		mine->used_at = 0;
		mine->session = *opened;
	}
	clear_mine();
	LWLockRelease(lock);
}

/*
 * This backend's connection joins the pool of the key: opened says who it is
 * when the client has just opened it, and is NULL when it comes from another
 * pool.
 */
CAL_OFTEN void
cal_pools_enter(const CalPoolKey *key, TimestampTz at,
				const CalPoolSession *opened)
{
	int			procno = CAL_MY_PROC_NUMBER();
	int			place = cal_pools_locate(key, at);

	if (procno >= 0 && procno < cal_pools->nshares)
	{
		mine = share_at(procno);
		publish_thresholds(mine);
		book(place, key, at, opened);
	}
	LWLockRelease(directory_lock());
}

/*
 * Where its pool keeps the number of the application's name, 0 until somebody
 * has put it there; NULL in (other), whose connections are of many.  All who
 * write it write the same.
 */
CAL_OFTEN uint16 *
cal_pools_name(void)
{
	return my_pool && mine->pool != OTHER ? &my_pool->name : NULL;
}

/* The connection ends; with the pool's lock. */
static CAL_OFTEN void
close_connection(CalPoolFacts *facts, TimestampTz at, bool abandoned)
{
	TimestampTz lived = at - mine->opened_at;

	facts->closed++;
	facts->abandoned += abandoned;
	facts->lifetimes.cell[cal_hist_cell(lived > 0 ? lived / 1000 : 0)]++;
}

/*
 * It leaves its pool, and is not busy there any more: close is true when the
 * connection ends, false when it goes on to another pool; abandoned is true if
 * the client did not say goodbye.
 */
CAL_OFTEN void
cal_pools_leave(TimestampTz at, bool close, bool abandoned)
{
	LWLock	   *lock;

	if (mine == &nobody)
		return;
	lock = lock_of(partition_of(mine->pool));
	LWLockAcquire(lock, LW_EXCLUSIVE);
	fold_share();
	cal_pools_connected(&my_pool->facts, at);
	my_pool->facts.connections--;
	if (close)
		close_connection(&my_pool->facts, at, abandoned);
	mine->pool = -1;
	mine->pid = 0;
	LWLockRelease(lock);
	if (!close)
		publish_thresholds(&nobody);
	mine = &nobody;
	my_pool = NULL;
	cal_pools_my_busy = &nobodys_busy;
}
