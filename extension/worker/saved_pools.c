/*
 * saved_pools.c
 *		Pools of connections in a save file.
 *
 * Owns: the layout of this kind of record.  The store copies all pools under
 * its locks into memory allocated before; nothing is written while they are
 * held.  Connections that are open when a pool is saved count as closed when
 * it is loaded.  Never raises.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "store/pools.h"
#include "worker/saved.h"

#define SLACK	16				/* pools that may come while we allocate */
#define SUM_MAX (PG_INT64_MAX / 4)

/* Put one pool into the file. */
static void
put_pool(CalSaver *saver, const CalPoolState *pool, uint8 other)
{
	const CalPoolFacts *facts = &pool->facts;

	cal_saver_put(saver, &other, sizeof(other));
	cal_saver_put(saver, &facts->key, sizeof(facts->key));
	cal_saver_put(saver, &facts->since, sizeof(facts->since));
	cal_saver_put(saver, &facts->opened, sizeof(facts->opened));
	cal_saver_put(saver, &facts->abandoned, sizeof(facts->abandoned));
	cal_saver_put(saver, &facts->connected_usec,
				  sizeof(facts->connected_usec));
	cal_saver_put(saver, &facts->connections_peak,
				  sizeof(facts->connections_peak));
	cal_saver_put(saver, &facts->connections_peak_at,
				  sizeof(facts->connections_peak_at));
	cal_saver_put(saver, &facts->totals, sizeof(facts->totals));
	cal_saver_put(saver, &pool->busy, sizeof(pool->busy));
	cal_saver_put_hist(saver, &facts->held);
	cal_saver_put_hist(saver, &facts->lifetimes);
	cal_saver_end(saver, &cal_saved_pools);
}

/* Save all pools; the store hands them out with (other) last. */
static void
save_pools(CalSaver *saver)
{
	int			room = cal_pools_count() + SLACK;
	CalPoolState *pools = cal_saver_alloc(saver, room * sizeof(CalPoolState));
	int			n;

	if (pools == NULL)
		return;
	n = cal_pools_read(pools, room);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_pool(saver, &pools[i], i == n - 1);
	}
	pfree(pools);
}

/* Take the parts of a pool off the record. */
static bool
take_pool(CalTaker *taker, CalPoolState *pool, uint8 *other)
{
	CalPoolFacts *facts = &pool->facts;

	memset(pool, 0, sizeof(*pool));
	return cal_taker_take(taker, other, sizeof(*other)) &&
		cal_taker_take(taker, &facts->key, sizeof(facts->key)) &&
		cal_taker_take(taker, &facts->since, sizeof(facts->since)) &&
		cal_taker_take(taker, &facts->opened, sizeof(facts->opened)) &&
		cal_taker_take(taker, &facts->abandoned,
					   sizeof(facts->abandoned)) &&
		cal_taker_take(taker, &facts->connected_usec,
					   sizeof(facts->connected_usec)) &&
		cal_taker_take(taker, &facts->connections_peak,
					   sizeof(facts->connections_peak)) &&
		cal_taker_take(taker, &facts->connections_peak_at,
					   sizeof(facts->connections_peak_at)) &&
		cal_taker_take(taker, &facts->totals, sizeof(facts->totals)) &&
		cal_taker_take(taker, &pool->busy, sizeof(pool->busy)) &&
		cal_taker_take_hist(taker, &facts->held) &&
		cal_taker_take_hist(taker, &facts->lifetimes) &&
		cal_taker_done(taker);
}

/* Whether this can be what makes a pool. */
bool
cal_saved_pool_key_ok(const CalPoolKey *key)
{
	return cal_saved_name_ok(key->application, key->encoding) &&
		cal_saved_name_ok(key->label, key->encoding) &&
		(key->family == 0 || key->family == 4 || key->family == 6);
}

/* Whether these can be sums. */
static bool
sums_ok(const CalPoolState *pool)
{
	const CalPoolTotals *t = &pool->facts.totals;

	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		if (pool->busy.usec[i] > SUM_MAX)
			return false;
	return pool->facts.opened <= SUM_MAX &&
		pool->facts.abandoned <= SUM_MAX &&
		pool->facts.connected_usec <= SUM_MAX &&
		t->errors <= SUM_MAX && t->xacts <= SUM_MAX &&
		t->setups <= SUM_MAX && t->estimated <= SUM_MAX &&
		t->held_usec <= SUM_MAX && t->gap_usec <= SUM_MAX &&
		t->commit_usec <= SUM_MAX;
}

/* Whether this can be a pool. */
static bool
pool_ok(const CalPoolState *pool)
{
	const CalPoolFacts *facts = &pool->facts;

	return cal_saved_pool_key_ok(&facts->key) &&
		facts->since != 0 && cal_saved_time_ok(facts->since) &&
		cal_saved_time_ok(facts->connections_peak_at) &&
		cal_saved_time_ok(pool->busy.peak_at) &&
		facts->connections_peak <= PG_UINT16_MAX &&
		pool->busy.peak <= PG_UINT16_MAX && sums_ok(pool);
}

/* Take one pool over. */
static bool
load_pool(CalTaker *taker)
{
	CalPoolState pool;
	uint8		other;

	if (!take_pool(taker, &pool, &other) || other > 1 || !pool_ok(&pool))
		return false;
	cal_pools_restore(&pool, other == 1);
	return true;
}

const CalSavedKind cal_saved_pools = {7, 2, save_pools, load_pool};
