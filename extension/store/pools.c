/*
 * pools.c
 *		Connections, told apart by who opened them and for what.
 *
 * Owns: its slice of shared memory: a fixed number of pools, of which the last
 * takes what finds no place, and for each process slot a share, in which the
 * backend there sums up its own finished transactions (pools_share.c).  Called
 * by pools_mine.c (the backend's own connection), by readers and by those who
 * reset.
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

#include "platform/local.h"
#include "platform/settings.h"
#include "store/pools.h"
#include "store/pools_layout.h"
#include "version_compat.h"

#define EVICT_PROBES	64

Pools	   *cal_pools;
char	   *cal_pools_base;
char	   *cal_pools_shares;

CAL_HOT CalPoolsHead *cal_pools_head;

static Size pools_size(void);
static void pools_init(void *base, LWLockPadded *locks);

const CalArea cal_pools_area = {"pools", pools_size, pools_init, 1};

/* Where the shares begin; the pools follow them. */
static Size
shares_offset(void)
{
	return CACHELINEALIGN(add_size(offsetof(Pools, hash),
								   mul_size(sizeof(uint32), cal_max_pools)));
}

/* Memory for the directory, the pools and the shares. */
static Size
pools_size(void)
{
	return add_size(shares_offset(),
					add_size(mul_size(POOL_STRIDE, cal_max_pools),
							 mul_size(SHARE_STRIDE, MaxBackends)));
}

/* A place becomes a pool. */
static void
start_pool(int place, const CalPoolKey *key, TimestampTz at)
{
	Pool	   *pool = pool_at(place);

	memset(&pool->facts, 0, sizeof(pool->facts));
	pool->name = 0;
	pool->facts.key = *key;
	pool->facts.since = pool->facts.connected_at = at;
	cal_busy_start(&pool->busy, uptime(at));
}

/*
 * The slice is there, and zero.  The locks lie in it, so that what a new
 * connection touches is on one page; the one we got says which tranche is ours.
 */
static void
pools_init(void *base, LWLockPadded *locks)
{
	CalPoolKey	other;

	cal_pools = base;
	cal_pools_head = &cal_pools->head;
	cal_pools_shares = (char *) base + shares_offset();
	cal_pools_base = cal_pools_shares + MaxBackends * SHARE_STRIDE;
	for (int i = 0; i < lengthof(cal_pools->lock); i++)
		LWLockInitialize(&cal_pools->lock[i], locks[0].lock.tranche);
	cal_pools->limit = cal_max_pools;
	cal_pools->nshares = Min(MaxBackends, PG_UINT16_MAX);
	cal_pools->head.started = GetCurrentTimestamp();
	pg_atomic_init_u64(&cal_pools->torn, 0);
	for (int i = 0; i < cal_pools->limit; i++)
		cal_busy_init(&pool_at(i)->busy, 0);
	memset(&other, 0, sizeof(other));
	strlcpy(other.application, "(other)", NAMEDATALEN);
	start_pool(OTHER, &other, cal_pools->head.started);
	for (int i = 0; i < cal_pools->nshares; i++)
		share_at(i)->pool = -1;
}

/*
 * The place of a pool that is there, or -1; with the directory's lock.  It is
 * marked before anything of it is read: a page that a new process writes to
 * first costs less than one it reads first, with which the kernel maps others.
 */
static CAL_OFTEN int
find_pool(const CalPoolKey *key, uint32 hash)
{
	for (int i = 0; i < cal_pools->used; i++)
	{
		CalPoolFacts *facts = &pool_at(i)->facts;

		if (cal_pools->hash[i] != hash)
			continue;
		*(volatile bool *) &facts->returned = true;
		if (memcmp(&facts->key, key, sizeof(CalPoolKey)) == 0)
			return i;
	}
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
	to->abandoned += from->abandoned;
	to->connected_usec += from->connected_usec;
	cal_hist_add32(&to->lifetimes, &from->lifetimes);
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

/*
 * Where the pool of a key is; it is made if it is not there.  Comes back with
 * the directory's lock, so that it stays there until somebody is booked on it.
 */
CAL_OFTEN int
cal_pools_locate(const CalPoolKey *key, TimestampTz at)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(*key));
	int			place;

	LWLockAcquire(directory_lock(), LW_SHARED);
	place = find_pool(key, hash);
	if (place >= 0)
		return place;
	LWLockRelease(directory_lock());
	LWLockAcquire(directory_lock(), LW_EXCLUSIVE);
	return make_pool(key, hash, at);
}

/* The number of connections is about to change; with the pool's lock. */
CAL_OFTEN void
cal_pools_connected(CalPoolFacts *facts, TimestampTz at)
{
	if (at > facts->connected_at)
	{
		facts->connected_usec += facts->connections *
			(uint64) (at - facts->connected_at);
		facts->connected_at = at;
	}
}

/* A pool begins anew with the connections it has; with its lock. */
static void
reset_pool(Pool *pool, TimestampTz at)
{
	CalPoolFacts *facts = &pool->facts;

	cal_busy_start(&pool->busy, uptime(at));
	facts->connections_peak = facts->connections;
	facts->connections_peak_at = facts->connections > 0 ? at : 0;
	facts->opened = facts->closed = facts->abandoned = 0;
	facts->connected_usec = 0;
	facts->connected_at = at;
	memset(&facts->lifetimes, 0, sizeof(facts->lifetimes));
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
	to->abandoned += from->abandoned;
	to->connected_usec += from->connected_usec;
	cal_hist_add32(&to->lifetimes, &from->lifetimes);
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
	cal_pools->head.epoch++;
	for (int i = 0; i < cal_pools->used; i++)
		reset_pool(pool_at(i), at);
	reset_pool(pool_at(OTHER), at);
	for (int p = PARTITIONS; p >= 0; p--)
		LWLockRelease(lock_of(p));
	LWLockRelease(directory_lock());
}
