/*
 * read_pools.c
 *		The numbers behind caliper.pools.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies all pools, which the
 * store does under its locks, into memory allocated before; rows are made
 * afterwards.
 */
#include "postgres.h"

#include <math.h>

#include "utils/memutils.h"

#include "base/histogram.h"
#include "platform/privilege.h"
#include "read/read_pools.h"
#include "read/result.h"
#include "store/pools.h"

#define COLUMNS	35
#define SLACK	64				/* what may come in while we allocate */

CAL_FUNCTION(caliper_pools_0_1);

/* A name that a client gave. */
static void
put_name(CalRow *row, const char *name, const CalPoolKey *key)
{
	cal_row_foreign_text(row, name, strlen(name), key->encoding);
}

/* Application, label and address of a pool. */
void
cal_read_pool(CalRow *row, const CalPoolKey *key)
{
	put_name(row, key->application, key);
	if (key->label[0] == '\0')
		cal_row_null(row);
	else
		put_name(row, key->label, key);
	cal_row_address(row, key->family, key->address);
}

/*
 * How many connections were busy at most during a share q of the time; where
 * a level stands for several numbers, the highest of them.
 */
static double
busy_quantile(const CalBusyState *busy, double q)
{
	double		total = 0;
	double		seen = 0;

	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
		total += busy->usec[i];
	if (total == 0)
		return NAN;
	for (int i = 0; i < CAL_BUSY_LEVELS; i++)
	{
		seen += busy->usec[i];
		if (seen >= q * total)
			return Min(cal_busy_level(i), busy->peak);
	}
	return busy->peak;
}

/* Connections, and how many of them were busy. */
static void
put_connections(CalRow *row, const CalPoolState *pool)
{
	const CalPoolFacts *facts = &pool->facts;
	double		mean;
	double		deviation;
	double		usec = cal_busy_moments(&pool->busy, &mean, &deviation);

	cal_row_int(row, facts->connections);
	cal_row_int(row, facts->connections_peak);
	cal_row_time(row, facts->connections_peak_at);
	cal_row_int(row, pool->busy.now);
	cal_row_int(row, pool->busy.peak);
	cal_row_time(row, pool->busy.peak_at);
	cal_row_float(row, busy_quantile(&pool->busy, 0.5));
	cal_row_float(row, busy_quantile(&pool->busy, 0.95));
	cal_row_float(row, busy_quantile(&pool->busy, 0.99));
	cal_row_float(row, rint(mean * 1e6) / 1e6);
	cal_row_float(row, rint(deviation * 1e6) / 1e6);
	cal_row_ms(row, usec);
	cal_row_ms(row, facts->connected_usec);
}

/* How connections came and went. */
static void
put_lives(CalRow *row, const CalPoolFacts *facts)
{
	static const double half[] = {0.5};
	double		ms;

	cal_hist_quantiles(&facts->lifetimes, half, 1, &ms);
	cal_row_int(row, facts->opened);
	cal_row_int(row, facts->closed);
	cal_row_int(row, facts->abandoned);
	cal_row_float(row, rint(ms));
}

/* What the transactions amount to. */
static void
put_totals(CalRow *row, const CalPoolFacts *facts)
{
	static const double q[] = {0.5, 0.95, 0.99};
	const CalPoolTotals *t = &facts->totals;
	double		usec[3];

	cal_hist_quantiles(&facts->held, q, 3, usec);
	cal_row_ms(row, t->held_usec);
	cal_row_ms(row, t->gap_usec);
	cal_row_ms(row, t->commit_usec);
	cal_row_ms(row, t->xacts > 0 ? rint((double) t->held_usec / t->xacts) : NAN);
	cal_row_ms(row, rint(cal_hist_deviation(&facts->held)));
	for (int i = 0; i < lengthof(q); i++)
		cal_row_ms(row, rint(usec[i]));
	cal_row_int(row, t->xacts);
	cal_row_int(row, t->setups);
	cal_row_int(row, t->estimated);
	cal_row_int(row, t->errors);
}

/* Whether there is anything to say about a pool. */
static bool
is_empty(const CalPoolFacts *facts)
{
	return facts->connections == 0 && facts->opened == 0 &&
		facts->closed == 0 && facts->totals.xacts == 0 &&
		facts->totals.setups == 0 && facts->totals.errors == 0;
}

/* One pool, as far as the caller may see it; (other) belongs to nobody. */
static void
put_pool(CalRow *row, const CalPoolState *pool)
{
	const CalPoolFacts *facts = &pool->facts;
	bool		visible = cal_privilege_sees(facts->key.userid);

	if (is_empty(facts) || (!OidIsValid(facts->key.userid) && !visible))
		return;
	cal_row_oid(row, facts->key.userid);
	cal_row_oid(row, facts->key.dbid);
	if (visible)
	{
		cal_read_pool(row, &facts->key);
		put_connections(row, pool);
		put_totals(row, facts);
		put_lives(row, facts);
		cal_row_time(row, facts->since);
	}
	else
		cal_row_nulls_to(row, COLUMNS);
	cal_row_end(row);
}

/* caliper.pools_raw(): a row per pool. */
Datum
caliper_pools_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalPoolState *pools;
	int			room;
	int			n;

	cal_result_begin(fcinfo, &row, COLUMNS);
	room = cal_pools_count() + SLACK;
	pools = palloc_extended(room * sizeof(CalPoolState), MCXT_ALLOC_HUGE);
	n = cal_pools_read(pools, room);
	for (int i = 0; i < n; i++)
		put_pool(&row, &pools[i]);
	pfree(pools);
	return (Datum) 0;
}
