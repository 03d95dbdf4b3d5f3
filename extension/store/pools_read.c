/*
 * pools_read.c
 *		Copies the pools for readers.
 *
 * Owns: nothing; it belongs to pools.c, whose head explains the locks.  Called
 * by the functions behind the views, and by the saver.  Copies under the
 * directory's lock and each part's in turn, into memory that was there before;
 * never allocates, never raises.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "store/pools_layout.h"

/* How many pools there are; more may come at any time. */
int
cal_pools_count(void)
{
	return cal_pools->used + 1;
}

/* Add a share to what its pool is seen as; with the pool's lock. */
static void
add_share(const CalPoolShare *share, CalPoolFacts *to)
{
	CalPoolShare copy;

	if (!cal_share_copy(share, &copy))
		pg_atomic_fetch_add_u64(&cal_pools->torn, 1);
	if (!cal_share_follows(&copy, cal_pools->head.epoch))
		return;
	cal_totals_add(&to->totals, &copy.totals);
	cal_hist_add16(&to->held, &copy.held);
}

/* Copy a pool, but for the shares; with its lock. */
static void
copy_pool(int place, CalPoolState *to, TimestampTz at)
{
	Pool	   *pool = pool_at(place);

	to->facts = pool->facts;
	cal_busy_copy(&pool->busy, &to->busy, uptime(at));
	to->place = place;
	to->at = at;
	cal_pools_connected(&to->facts, at);
	to->busy.peak_at = to->busy.peak == 0 ? 0 :
		cal_pools->head.started + to->busy.peak_at;
	if (to->facts.busy_peak > 0 && to->facts.busy_peak >= to->busy.peak)
	{
		to->busy.peak = to->facts.busy_peak;
		to->busy.peak_at = to->facts.busy_peak_at;
	}
}

/* Where the copy of a place goes, or -1 if it has come up only now. */
static int
slot_of(int place, int used)
{
	if (place == OTHER)
		return used;
	return place >= 0 && place < used ? place : -1;
}

/*
 * Copy all pools, (other) last, as far as there is room.  The directory's
 * lock is held throughout, so none of them moves to (other) in between.
 */
int
cal_pools_read(CalPoolState *out, int room)
{
	TimestampTz at = GetCurrentTimestamp();
	int			used;

	LWLockAcquire(directory_lock(), LW_SHARED);
	used = Min(cal_pools->used, room - 1);
	for (int p = 0; p <= PARTITIONS; p++)
	{
		LWLockAcquire(lock_of(p), LW_SHARED);
		for (int i = p; i < used && p < PARTITIONS; i += PARTITIONS)
			copy_pool(i, &out[i], at);
		if (p == PARTITIONS)
			copy_pool(OTHER, &out[used], at);
		for (int i = 0; i < cal_pools->nshares; i++)
		{
			int			place = share_at(i)->pool;

			if (slot_of(place, used) >= 0 && partition_of(place) == p)
				add_share(share_at(i), &out[slot_of(place, used)].facts);
		}
		LWLockRelease(lock_of(p));
	}
	LWLockRelease(directory_lock());
	return used + 1;
}

/* Copy what is known of a connection; with its pool's lock. */
static void
copy_member(const CalPoolShare *share, CalPoolMember *to)
{
	to->pid = share->pid;
	to->place = share->pool;
	memcpy(to->thresholds_ms, share->thresholds_ms,
		   sizeof(to->thresholds_ms));
	to->gap_usec = share->gap_usec;
	to->opener = share->opener;
	to->opener_user = share->opener_user;
	to->opened_at = share->opened_at;
	to->used_at = share->used_at;
	to->pool = pool_at(share->pool)->facts.key;
	to->pool.userid = share->userid;
	to->pool.dbid = share->dbid;
}

/* The share of a process slot, with its pool's lock; NULL if it has none. */
static CalPoolShare *
lock_share(int procno, LWLock **lock)
{
	CalPoolShare *share;
	int			place;

	if (procno < 0 || procno >= cal_pools->nshares)
		return NULL;
	share = share_at(procno);
	while ((place = *(volatile int *) &share->pool) >= 0)
	{
		*lock = lock_of(partition_of(place));
		LWLockAcquire(*lock, LW_SHARED);
		if (share->pool == place)
			return share;
		LWLockRelease(*lock);
	}
	return NULL;
}

/* Copy the connection of a process slot; false if it has none. */
bool
cal_pools_member(int procno, CalPoolMember *out)
{
	LWLock	   *lock;
	CalPoolShare *share = lock_share(procno, &lock);

	if (share == NULL)
		return false;
	copy_member(share, out);
	LWLockRelease(lock);
	return true;
}

/* Copy who is connected there; false if it is not the process meant. */
bool
cal_pools_session(int procno, int pid, CalPoolSession *out)
{
	LWLock	   *lock;
	CalPoolShare *share = lock_share(procno, &lock);
	bool		found;

	if (share == NULL)
		return false;
	found = share->pid == pid;
	if (found)
		*out = share->session;
	LWLockRelease(lock);
	return found;
}

/* Copy all connections, as far as there is room. */
int
cal_pools_members(CalPoolMember *out, int room)
{
	int			n = 0;

	LWLockAcquire(directory_lock(), LW_SHARED);
	for (int p = 0; p <= PARTITIONS; p++)
	{
		LWLockAcquire(lock_of(p), LW_SHARED);
		for (int i = 0; i < cal_pools->nshares && n < room; i++)
		{
			CalPoolShare *share = share_at(i);

			if (share->pool < 0 || partition_of(share->pool) != p)
				continue;
			copy_member(share, &out[n++]);
		}
		LWLockRelease(lock_of(p));
	}
	LWLockRelease(directory_lock());
	return n;
}

/* For caliper.info. */
void
cal_pools_info(CalInfoEmit emit, void *arg)
{
	emit(arg, "pools", "entries", cal_pools->used, "entries");
	emit(arg, "pools", "entries_max", OTHER, "entries");
	emit(arg, "pools", "evicted", (double) cal_pools->evicted, "entries");
	emit(arg, "pools", "torn_reads",
		 (double) pg_atomic_read_u64(&cal_pools->torn), "events");
}
