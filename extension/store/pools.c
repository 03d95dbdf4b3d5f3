/*
 * pools.c
 *		Connections, told apart by who opened them and for what.
 *
 * Owns: its slice of shared memory: a fixed number of pools, of which the last
 * takes what finds no place, and for each process slot a share, in which the
 * backend there sums up its own finished transactions (pools_share.c).  Called
 * by capture (the backend's own connection), by readers and by those who reset.
 *
 * Locks: the directory's guards which pool lies where, exclusive to give a
 * place away.  Each pool has one of 17 others, which guards everything in it
 * but the number of busy connections, and which of the shares are in it.  They
 * are taken in that order, (other)'s last.  A share is written by its owner
 * alone and without a lock; it is folded into its pool, under the pool's lock,
 * when the connection leaves.  So who holds the lock sees each transaction
 * once.
 *
 * How many connections of a pool are busy needs no lock at all: see
 * pools_busy.c.  Never allocates, never reads the clock on behalf of a backend.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "utils/timestamp.h"

#include "platform/settings.h"
#include "store/pools.h"
#include "store/pools_layout.h"
#include "version_compat.h"

#define EVICT_PROBES	64

Pools	   *cal_pools;
LWLockPadded *cal_pools_locks;
char	   *cal_pools_base;
char	   *cal_pools_shares;

static CalPoolShare *mine;		/* while this backend's connection is open */
static Pool *my_pool;

static Size pools_size(void);
static void pools_init(void *base, LWLockPadded *padded);

const CalArea cal_pools_area = {
	"pools", pools_size, pools_init, PARTITIONS + 2
};

/* Where the pools begin. */
static Size
pools_offset(void)
{
	return CACHELINEALIGN(add_size(offsetof(Pools, hash),
								   mul_size(sizeof(uint32), cal_max_pools)));
}

/* Memory for the directory, the pools and the shares. */
static Size
pools_size(void)
{
	return add_size(pools_offset(),
					add_size(mul_size(POOL_STRIDE, cal_max_pools),
							 mul_size(SHARE_STRIDE, MaxBackends)));
}

/* A place becomes a pool. */
static void
start_pool(int place, const CalPoolKey *key, TimestampTz at)
{
	Pool	   *pool = pool_at(place);

	memset(&pool->facts, 0, sizeof(pool->facts));
	pool->facts.key = *key;
	pool->facts.since = at;
	cal_busy_start(&pool->busy, uptime(at));
}

/* The slice is there, and zero. */
static void
pools_init(void *base, LWLockPadded *padded)
{
	CalPoolKey	other;

	cal_pools = base;
	cal_pools_locks = padded;
	cal_pools_base = (char *) base + pools_offset();
	cal_pools_shares = cal_pools_base + cal_max_pools * POOL_STRIDE;
	cal_pools->limit = cal_max_pools;
	cal_pools->nshares = Min(MaxBackends, PG_UINT16_MAX);
	cal_pools->started = GetCurrentTimestamp();
	pg_atomic_init_u64(&cal_pools->torn, 0);
	for (int i = 0; i < cal_pools->limit; i++)
		cal_busy_init(&pool_at(i)->busy, 0);
	memset(&other, 0, sizeof(other));
	strlcpy(other.application, "(other)", NAMEDATALEN);
	start_pool(OTHER, &other, cal_pools->started);
	for (int i = 0; i < cal_pools->nshares; i++)
		share_at(i)->pool = -1;
}

/* Move the share's numbers to its pool; with the pool's lock held. */
static void
fold_share(void)
{
	if (mine->epoch == cal_pools->epoch)
	{
		cal_totals_add(&my_pool->facts.totals, &mine->totals);
		cal_hist_add16(&my_pool->facts.held, &mine->held);
	}
	cal_share_clear(mine, cal_pools->epoch);
}

/* One of the share's small counters is full. */
static void
empty_share(void)
{
	LWLock	   *lock = lock_of(partition_of(mine->pool));

	LWLockAcquire(lock, LW_EXCLUSIVE);
	fold_share();
	LWLockRelease(lock);
}

/* The gaps that the open transaction has had so far, for all to see. */
void
cal_pools_gap(uint64 usec)
{
	if (mine)
		mine->gap_usec = usec;
}

/* Whether the share is ready to count in a cell of its histogram. */
static inline bool
share_is_ready(int cell)
{
	return mine->epoch == cal_pools->epoch &&
		mine->held.cell[cell] < PG_UINT16_MAX;
}

/* Make it so. */
static void
prepare_share(void)
{
	if (mine->epoch != cal_pools->epoch)
		cal_share_clear(mine, cal_pools->epoch);
	else
		empty_share();
}

/* This connection is held from now on. */
void
cal_pools_busy(TimestampTz from)
{
	CalBusy    *busy;
	uint64		word;

	if (unlikely(mine == NULL))
		return;
	busy = &my_pool->busy;
	word = cal_busy_shift(busy, CAL_BUSY_ONE, uptime(from));
	if (unlikely(word - CAL_BUSY_TIME(word) > pg_atomic_read_u64(&busy->peak)))
		cal_busy_raise_peak(busy, word);
}

/* As cal_pools_free, when the share is not ready. */
static pg_noinline void
free_later(TimestampTz at, uint64 held_usec, const CalPoolTotals *more)
{
	prepare_share();
	cal_pools_free(at, held_usec, more);
}

/*
 * It is free again: count its transaction, how long it held the connection,
 * and more, if there is more to say.
 */
void
cal_pools_free(TimestampTz at, uint64 held_usec, const CalPoolTotals *more)
{
	int			cell = cal_hist_cell(held_usec);

	if (unlikely(mine == NULL))
		return;
	if (unlikely(!share_is_ready(cell)))
	{
		free_later(at, held_usec, more);
		return;
	}
	cal_busy_shift(&my_pool->busy, -CAL_BUSY_ONE, uptime(at));
	cal_share_begin(mine);
	mine->totals.xacts++;
	mine->totals.held_usec += held_usec;
	mine->held.cell[cell]++;
	if (unlikely(more != NULL))
	{
		cal_totals_add(&mine->totals, more);
		mine->gap_usec = 0;
	}
	cal_share_end(mine);
}

/* It was not held for more than setup. */
void
cal_pools_setup(void)
{
	if (mine == NULL)
		return;
	if (mine->epoch != cal_pools->epoch)
		cal_share_clear(mine, cal_pools->epoch);
	cal_share_begin(mine);
	mine->totals.setups++;
	cal_share_end(mine);
}

/* The place of a pool that is there, or -1; with the directory's lock. */
static int
find_pool(const CalPoolKey *key, uint32 hash)
{
	for (int i = 0; i < cal_pools->used; i++)
		if (cal_pools->hash[i] == hash &&
			memcmp(&pool_at(i)->facts.key, key, sizeof(CalPoolKey)) == 0)
			return i;
	return -1;
}

/* Give what a pool has counted to (other). */
static void
fold_into_other(int place)
{
	CalPoolFacts *from = &pool_at(place)->facts;
	CalPoolFacts *to = &pool_at(OTHER)->facts;

	LWLockAcquire(lock_of(partition_of(place)), LW_EXCLUSIVE);
	LWLockAcquire(lock_of(PARTITIONS), LW_EXCLUSIVE);
	to->opened += from->opened;
	to->closed += from->closed;
	cal_totals_add(&to->totals, &from->totals);
	cal_hist_add32(&to->held, &from->held);
	LWLockRelease(lock_of(PARTITIONS));
	LWLockRelease(lock_of(partition_of(place)));
}

/*
 * A place for a new pool: a free one, else that of a pool without connections
 * which nobody came back to lately, else (other).  With the directory's lock,
 * exclusive, so that nobody enters meanwhile.
 */
static int
free_place(void)
{
	if (cal_pools->used < OTHER)
		return cal_pools->used++;
	for (int i = 0; i < Min(EVICT_PROBES, OTHER); i++)
	{
		int			place = cal_pools->hand = (cal_pools->hand + 1) % OTHER;
		CalPoolFacts *facts = &pool_at(place)->facts;

		if (facts->connections > 0)
			continue;
		if (facts->returned)
		{
			facts->returned = false;
			continue;
		}
		fold_into_other(place);
		cal_pools->evicted++;
		return place;
	}
	return OTHER;
}

/* Find a pool's place or make one; with the directory's lock, exclusive. */
static int
make_pool(const CalPoolKey *key, uint32 hash, TimestampTz at)
{
	int			place = find_pool(key, hash);

	if (place >= 0)
		return place;
	place = free_place();
	if (place != OTHER)
	{
		LWLockAcquire(lock_of(partition_of(place)), LW_EXCLUSIVE);
		start_pool(place, key, at);
		cal_pools->hash[place] = hash;
		LWLockRelease(lock_of(partition_of(place)));
	}
	return place;
}

/* Book the connection on a pool; with the directory's lock. */
static void
book(int place, const CalPoolKey *key, TimestampTz at, bool open)
{
	Pool	   *pool = pool_at(place);
	CalPoolFacts *facts = &pool->facts;
	LWLock	   *lock = lock_of(partition_of(place));

	LWLockAcquire(lock, LW_EXCLUSIVE);
	facts->returned |= facts->opened > 0;
	facts->opened += open;
	if (++facts->connections > facts->connections_peak)
	{
		facts->connections_peak = facts->connections;
		facts->connections_peak_at = at;
	}
	my_pool = pool;
	mine->pool = place;
	mine->pid = MyProcPid;
	mine->userid = key->userid;
	mine->dbid = key->dbid;
	mine->gap_usec = 0;
	cal_share_clear(mine, cal_pools->epoch);
	LWLockRelease(lock);
}

/*
 * This backend's connection joins the pool of the key: open is true when the
 * client has just opened it, false when it comes from another pool.
 */
void
cal_pools_enter(const CalPoolKey *key, TimestampTz at, bool open)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(*key));
	int			procno = CAL_MY_PROC_NUMBER();
	int			place;

	if (procno < 0 || procno >= cal_pools->nshares)
		return;
	mine = share_at(procno);
	LWLockAcquire(directory_lock(), LW_SHARED);
	place = find_pool(key, hash);
	if (place < 0)
	{
		LWLockRelease(directory_lock());
		LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
		place = make_pool(key, hash, at);
	}
	book(place, key, at, open);
	LWLockRelease(directory_lock());
}

/*
 * It leaves its pool, and is not busy there any more: close is true when the
 * connection ends, false when it goes on to another pool.
 */
void
cal_pools_leave(bool close)
{
	LWLock	   *lock;

	if (mine == NULL)
		return;
	lock = lock_of(partition_of(mine->pool));
	LWLockAcquire(lock, LW_EXCLUSIVE);
	fold_share();
	my_pool->facts.connections--;
	my_pool->facts.closed += close;
	mine->pool = -1;
	mine->pid = 0;
	LWLockRelease(lock);
	mine = NULL;
	my_pool = NULL;
}

/* A pool begins anew with the connections it has; with its lock. */
static void
reset_pool(Pool *pool, TimestampTz at)
{
	CalPoolFacts *facts = &pool->facts;

	cal_busy_start(&pool->busy, uptime(at));
	facts->connections_peak = facts->connections;
	facts->connections_peak_at = facts->connections > 0 ? at : 0;
	facts->opened = facts->closed = 0;
	facts->busy_peak = 0;
	memset(&facts->totals, 0, sizeof(facts->totals));
	memset(&facts->held, 0, sizeof(facts->held));
	facts->since = at;
}

/*
 * At server start, before there are connections: add what a pool had when it
 * was saved.  The connections that it had then are closed.
 */
void
cal_pools_restore(const CalPoolState *saved, bool other)
{
	const CalPoolFacts *from = &saved->facts;
	uint32		hash = hash_bytes((const unsigned char *) &from->key,
								  sizeof(from->key));
	int			place = OTHER;
	CalPoolFacts *to;

	LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
	if (!other)
		place = make_pool(&from->key, hash, from->since);
	LWLockAcquire(lock_of(partition_of(place)), LW_EXCLUSIVE);
	to = &pool_at(place)->facts;
	to->since = Min(to->since, from->since);
	to->opened += from->opened;
	to->closed += from->opened;
	cal_totals_add(&to->totals, &from->totals);
	cal_hist_add32(&to->held, &from->held);
	if (from->connections_peak > to->connections_peak)
	{
		to->connections_peak = from->connections_peak;
		to->connections_peak_at = from->connections_peak_at;
	}
	if (saved->busy.peak > to->busy_peak)
	{
		to->busy_peak = saved->busy.peak;
		to->busy_peak_at = saved->busy.peak_at;
	}
	cal_busy_restore(&pool_at(place)->busy, &saved->busy);
	LWLockRelease(lock_of(partition_of(place)));
	LWLockRelease(directory_lock());
}

/*
 * Forget what was counted.  Nobody writes another's share: the new epoch says
 * that what they hold is from before.
 */
void
cal_pools_reset(void)
{
	TimestampTz at = GetCurrentTimestamp();

	LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
	for (int p = 0; p <= PARTITIONS; p++)
		LWLockAcquire(lock_of(p), LW_EXCLUSIVE);
	cal_pools->epoch++;
	for (int i = 0; i < cal_pools->used; i++)
		reset_pool(pool_at(i), at);
	reset_pool(pool_at(OTHER), at);
	for (int p = PARTITIONS; p >= 0; p--)
		LWLockRelease(lock_of(p));
	LWLockRelease(directory_lock());
}
