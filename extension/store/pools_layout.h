/*
 * pools_layout.h
 *		How the pools lie in shared memory; for the files pools*.c only.
 */
#ifndef CAL_POOLS_LAYOUT_H
#define CAL_POOLS_LAYOUT_H

#include "platform/local.h"
#include "port/atomics.h"
#include "store/pools.h"

#define PARTITIONS		16
#define OTHER			(cal_pools->limit - 1)	/* the last pool */

typedef struct Pool
{
	CalBusy		busy;			/* needs no lock */
	uint16		name;			/* number of the application's; 0: not known */
	CalPoolFacts facts;
} Pool;

typedef struct Pools
{
	CalPoolsHead head;
	char		pad[PG_CACHE_LINE_SIZE - sizeof(CalPoolsHead)];
	LWLock		lock[PARTITIONS + 2];	/* the directory's, then the pools' */
	int			limit;
	int			used;			/* places given away, (other) not among them */
	int			hand;			/* where the last eviction stopped */
	int			nshares;
	uint64		evicted;
	pg_atomic_uint64 torn;		/* reads of a share that did not succeed */
	uint32		hash[FLEXIBLE_ARRAY_MEMBER];
} Pools;

CAL_LOCAL Pools *cal_pools;
CAL_LOCAL char *cal_pools_base;
CAL_LOCAL char *cal_pools_shares;

#define POOL_STRIDE		CACHELINEALIGN(sizeof(Pool))
#define SHARE_STRIDE	CACHELINEALIGN(sizeof(CalPoolShare))

/* A pool by its place. */
static inline Pool *
pool_at(int place)
{
	return (Pool *) (cal_pools_base + place * POOL_STRIDE);
}

/* A share by its process slot. */
static inline CalPoolShare *
share_at(int procno)
{
	return (CalPoolShare *) (cal_pools_shares + procno * SHARE_STRIDE);
}

/* Which of the pools' locks guards a place. */
static inline int
partition_of(int place)
{
	return place == OTHER ? PARTITIONS : place % PARTITIONS;
}

/* The lock of such a part. */
static inline LWLock *
lock_of(int partition)
{
	return &cal_pools->lock[1 + partition];
}

#define directory_lock() (&cal_pools->lock[0])

/* Find or make a pool; comes back with the directory's lock. */
extern int	cal_pools_locate(const CalPoolKey *key, TimestampTz at);
extern void cal_pools_connected(CalPoolFacts *facts, TimestampTz at);

/* Time as the numbers of busy connections know it; never before the start. */
#define uptime(at) ((uint64) Max((at) - cal_pools->head.started, INT64CONST(0)))

#endif							/* CAL_POOLS_LAYOUT_H */
