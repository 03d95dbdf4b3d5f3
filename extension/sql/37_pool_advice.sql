/*
 * How many connections an application needs, now and at a multiple of its load.
 * The formulas are in extension/base/queueing.c, with their sources; here is
 * what they are fed with, and what is said about the result.
 */

CREATE FUNCTION caliper.checked_raw(
    value double precision,
    name text,
    low double precision,
    high double precision
)
RETURNS double precision
AS 'MODULE_PATHNAME', 'caliper_checked_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.checked_raw(double precision, text, double precision, double precision) IS
'The value (any unit), or an error that names the argument and its range';

CREATE FUNCTION caliper.processors_raw()
RETURNS integer
AS 'MODULE_PATHNAME', 'caliper_processors_0_1'
LANGUAGE C STRICT STABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.processors_raw() IS
'Processors (count) that the operating system shows; limits of a container are not seen';

CREATE FUNCTION caliper.offered_load(
    users double precision,
    per_minute double precision,
    held interval
)
RETURNS double precision
AS 'MODULE_PATHNAME', 'caliper_offered_load_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.offered_load(double precision, double precision, interval) IS
'How many connections (mean number) are busy if so many users send so many requests per minute each, and each request holds a connection for so long: Little''s law. Says nothing of peaks: see caliper.pool_model()';

CREATE FUNCTION caliper.erlang_b(servers double precision, load double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'caliper_erlang_b_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.erlang_b(double precision, double precision) IS
'Erlang''s first formula: the share (0 to 1) of requests that find all servers busy and are lost; load is the mean number of servers in use if there were enough. Servers need not be whole';

CREATE FUNCTION caliper.erlang_c(servers double precision, load double precision)
RETURNS double precision
AS 'MODULE_PATHNAME', 'caliper_erlang_c_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.erlang_c(double precision, double precision) IS
'Erlang''s second formula: the share (0 to 1) of requests that find all servers busy and wait; 1 if the load is no less than the servers. For requests that come one by one and take an exponentially distributed time; see caliper.pool_model() for bursts';

CREATE FUNCTION caliper.pool_model(
    load double precision,
    held_mean double precision,
    peakedness double precision DEFAULT 1,
    held_cv double precision DEFAULT 1,
    size integer DEFAULT 10000,
    wait double precision DEFAULT 1000,
    OUT utilization double precision,
    OUT wait_prob double precision,
    OUT wait_mean double precision,
    OUT wait_p95 double precision,
    OUT late double precision,
    OUT busy_mean double precision,
    OUT busy_p95 double precision,
    OUT busy_p99 double precision,
    OUT busy_p999 double precision
)
RETURNS record
AS 'MODULE_PATHNAME', 'caliper_pool_model_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.pool_model(double precision, double precision, double precision, double precision, integer, double precision) IS
'What a pool of a size does with a demand, in theory. load: mean number of connections in use; held_mean: mean time that a request holds one, ms; peakedness: variance divided by mean of the connections in use without a limit, 1 for requests that come one by one, about 1 + (n - 1) / 2 for bursts of n; held_cv: standard deviation of the time held divided by its mean; size: connections of the pool, by default as good as without limit. Gives utilization (ratio), wait_prob (ratio: who waits at all), wait_mean and wait_p95 (ms, of all requests; Infinity if more comes than the pool can serve), late (ratio: who waits for longer than wait, ms), and the mean and quantiles of busy connections over time';

CREATE FUNCTION caliper.pool_needed(
    load double precision,
    held_mean double precision,
    peakedness double precision DEFAULT 1,
    held_cv double precision DEFAULT 1,
    wait double precision DEFAULT 100,
    share double precision DEFAULT 0.95
)
RETURNS integer
AS 'MODULE_PATHNAME', 'caliper_pool_needed_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.pool_needed(double precision, double precision, double precision, double precision, double precision, double precision) IS
'The smallest pool (connections) in which a share of the requests waits no longer than wait (ms); null if it takes more than 10,000. The other arguments as for caliper.pool_model()';

CREATE FUNCTION caliper.pool_learn_raw(
    busy_mean double precision,
    held_mean double precision,
    peakedness double precision,
    held_cv double precision,
    size integer,
    xacts double precision,
    OUT peakedness_demand double precision,
    OUT load_error double precision,
    OUT peakedness_error double precision
)
RETURNS record
AS 'MODULE_PATHNAME', 'caliper_pool_learn_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.pool_learn_raw(double precision, double precision, double precision, double precision, integer, double precision) IS
'The peakedness (ratio) of the demand behind what a pool of a size was seen to do, and the standard errors (ratio) of load and peakedness, given the number of transactions; all null where there is nothing to learn from';

CREATE FUNCTION caliper.pool_forecast_raw(
    load double precision,
    held_mean double precision,
    peakedness double precision,
    held_cv double precision,
    load_error double precision,
    peakedness_error double precision,
    observed double precision,
    pools integer,
    size integer,
    factor double precision,
    wait_target double precision,
    pool_timeout double precision,
    OUT busy_mean double precision,
    OUT busy_p99 double precision,
    OUT wait_p95 double precision,
    OUT needed double precision,
    OUT busy_mean_low double precision,
    OUT busy_p99_low double precision,
    OUT wait_p95_low double precision,
    OUT needed_low double precision,
    OUT busy_mean_high double precision,
    OUT busy_p99_high double precision,
    OUT wait_p95_high double precision,
    OUT needed_high double precision,
    OUT wait_prob double precision,
    OUT wait_mean double precision,
    OUT timeouts double precision
)
RETURNS record
AS 'MODULE_PATHNAME', 'caliper_pool_forecast_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.pool_forecast_raw(double precision, double precision, double precision, double precision, double precision, double precision, double precision, integer, integer, double precision, double precision, double precision) IS
'The numbers of caliper.forecast(): a demand (load of all pools together), with the standard errors of load and peakedness (ratio) and the time it was observed for (ms), times a factor, on so many pools of a size; wait_target and pool_timeout in ms. The columns _low and _high are bounds for what will be measured, as caliper.forecast() has them';

CREATE FUNCTION caliper.pool_demand_raw(
    OUT application_name text,
    OUT pools integer,
    OUT instances bigint,
    OUT connections_now bigint,
    OUT connections_peak bigint,
    OUT size integer,
    OUT busy_p95 double precision,
    OUT busy_p99 double precision,
    OUT busy_peak bigint,
    OUT load double precision,
    OUT held_mean double precision,
    OUT peakedness double precision,
    OUT held_cv double precision,
    OUT load_error double precision,
    OUT peakedness_error double precision,
    OUT observed double precision,
    OUT xacts bigint,
    OUT xact_rate double precision,
    OUT full_share double precision,
    OUT gap_share double precision,
    OUT refusal text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL SAFE ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
WITH live AS (      /* what is left of an earlier deployment does not count */
    SELECT p.*, sum(p.connections) OVER (PARTITION BY p.application_name) = 0 AS all_gone
    FROM caliper.pools AS p
    WHERE p.application_name IS NOT NULL AND p.application_name <> '(other)'
      AND p.xacts > 0
), pool AS (
    SELECT p.*, l.*, greatest(p.connections_peak, p.busy_peak, 1) AS peak,
           CASE WHEN p.busy_p50 >= ceil(0.95 * p.connections_peak) THEN 0.5
                WHEN p.busy_p95 >= ceil(0.95 * p.connections_peak) THEN 0.05
                WHEN p.busy_p99 >= ceil(0.95 * p.connections_peak) THEN 0.01
                ELSE 0
           END AS full_at_least
    FROM live AS p, caliper.pool_learn_raw(
             p.busy_mean, p.held_mean, p.busy_stddev ^ 2 / NULLIF(p.busy_mean, 0),
             p.held_stddev / NULLIF(p.held_mean, 0),
             greatest(p.connections_peak, p.busy_peak, 1)::integer, p.xacts) AS l
    WHERE p.all_gone OR p.connections > 0
), demand AS (
    SELECT p.application_name,
           count(*)::integer AS pools,
           count(DISTINCT COALESCE(host(p.client_addr), '')) AS instances,
           sum(p.connections)::bigint AS connections_now,
           sum(p.connections_peak)::bigint AS connections_peak,
           least(ceil(avg(p.peak)), 10000)::integer AS size,
           CASE WHEN count(*) = 1 THEN max(p.busy_p95)
                ELSE sum(p.busy_mean) + sqrt(sum(greatest(p.busy_p95 - p.busy_mean, 0) ^ 2))
           END AS busy_p95,
           CASE WHEN count(*) = 1 THEN max(p.busy_p99)
                ELSE sum(p.busy_mean) + sqrt(sum(greatest(p.busy_p99 - p.busy_mean, 0) ^ 2))
           END AS busy_p99,
           sum(p.busy_peak)::bigint AS busy_peak,
           sum(p.busy_mean) AS load,
           sum(p.held_mean * p.xacts) / sum(p.xacts) AS held_mean,
           sum((p.held_mean ^ 2 + p.held_stddev ^ 2) * p.xacts) / sum(p.xacts) AS held_square,
           sum(p.busy_mean * COALESCE(p.peakedness_demand, 1)) AS variance,
           sqrt(sum((p.busy_mean * p.load_error) ^ 2)) AS load_spread,
           sqrt(sum((p.busy_mean * p.peakedness_demand * p.peakedness_error) ^ 2)) AS variance_spread,
           max(p.observed_time) AS observed,
           sum(p.xacts)::bigint AS xacts,
           sum(p.xact_rate) AS xact_rate,
           COALESCE(max(p.full_at_least) FILTER (WHERE p.busy_mean >= 0.1 * p.all_busy), 0)
               AS full_share,
           sum(p.gap_time) / NULLIF(sum(p.held_time), 0) AS gap_share
    FROM (SELECT q.*, sum(q.busy_mean) OVER (PARTITION BY q.application_name) AS all_busy
          FROM pool AS q) AS p
    GROUP BY p.application_name
), fact AS (
    SELECT d.*, least(d.variance / NULLIF(d.load, 0), 20000) AS peakedness,
           least(sqrt(greatest(d.held_square / NULLIF(d.held_mean, 0) ^ 2 - 1, 0)), 100) AS held_cv,
           d.load_spread / NULLIF(d.load, 0) AS load_error,
           d.variance_spread / NULLIF(d.variance, 0) AS peakedness_error
    FROM demand AS d
)
SELECT f.application_name, f.pools, f.instances, f.connections_now, f.connections_peak, f.size,
       f.busy_p95, f.busy_p99, f.busy_peak, f.load, f.held_mean, f.peakedness, f.held_cv,
       f.load_error, f.peakedness_error, f.observed, f.xacts, f.xact_rate, f.full_share,
       f.gap_share,
       CASE
           WHEN f.xacts < 100
           THEN format('%s too few: at least 100 are needed', CASE f.xacts
                       WHEN 1 THEN '1 transaction is' ELSE f.xacts || ' transactions are' END)
           WHEN f.observed < 20 * f.held_mean
           THEN format('observed for %s, which is less than 20 times as long as a transaction holds its connection (%s)',
                       caliper.diagnosis_time_raw(f.observed), caliper.diagnosis_time_raw(f.held_mean))
           WHEN f.load_error IS NULL OR f.peakedness_error IS NULL OR f.held_mean < 0.001
           THEN 'no time in which a connection was busy has been measured'
           WHEN f.load_error > 0.25
           THEN format('%s transactions are too few for bursts like these: the load is known to within %s %% only',
                       f.xacts, round(196 * f.load_error::numeric))
           WHEN f.load > 10000 THEN 'more than 10,000 connections are busy'
       END
FROM fact AS f
$$;

COMMENT ON FUNCTION caliper.pool_demand_raw() IS
'What caliper.pool_advice and caliper.forecast() go by: one row per application, over its pools that have connections now (over all if none has). Means and rates of the pools are added up, and variances as if the pools were independent of each other; quantiles of several pools by the same rule. size is the mean of their peaks; load in connections, held_mean and observed in ms, peakedness is that of the demand, errors are standard errors (ratio), full_share is the share of the time (at least 0.5, 0.05, 0.01) in which a pool had no free connection; gap_share (ratio) is the part of the time held in which the server waited for the client. refusal says why the data do not carry advice; null if they do';

CREATE FUNCTION caliper.pool_limits_raw(
    OUT application_name text,
    OUT ceiling double precision,
    OUT note text,
    OUT cpu double precision,
    OUT cpu_all double precision
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
WITH slot AS (      /* of five seconds or more, that edges weigh less */
    SELECT h.application_name, h.at, max(h.covered) AS covered, sum(h.busy_mean) AS busy,
           1000 * sum(h.xacts) / max(h.elapsed) AS rate, sum(h.xacts) AS xacts,
           sum(h.waits_cpu) AS cpu
    FROM caliper.history(step => '5 s') AS h
    WHERE h.scope = 'pool' AND h.application_name IS NOT NULL AND h.covered > 0
    GROUP BY h.application_name, h.at
), observed AS (
    SELECT sum(o.covered) AS covered
    FROM (SELECT s.at, max(s.covered) AS covered FROM slot AS s GROUP BY s.at) AS o
), level AS (       /* slots as busy as each other, to within a quarter */
    SELECT s.application_name, count(*) AS slots, avg(s.busy) AS busy, avg(s.rate) AS rate
    FROM slot AS s
    WHERE s.busy >= 0.5 AND s.xacts >= 10
    GROUP BY s.application_name, floor(ln(s.busy) / ln(1.25::double precision))
    HAVING count(*) >= 3
), knee AS (        /* the least busy level with nine tenths of the best throughput */
    SELECT DISTINCT ON (l.application_name) l.application_name, l.busy, l.rate
    FROM level AS l
    WHERE l.rate >= 0.9 * (SELECT max(b.rate) FROM level AS b
                           WHERE b.application_name = l.application_name)
    ORDER BY l.application_name, l.busy
), beyond AS (
    SELECT k.application_name, max(l.busy) AS busy,
           sum(l.slots) FILTER (WHERE l.busy >= 1.5 * k.busy) AS slots
    FROM knee AS k JOIN level AS l ON l.application_name = k.application_name
    GROUP BY k.application_name
)
SELECT a.application_name,
       CASE WHEN b.slots >= 4 THEN ceil(k.busy) END,
       CASE WHEN b.slots >= 4
            THEN format('with more than %s busy, throughput did not rise (%s per second), though up to %s were',
                        ceil(k.busy), round(k.rate::numeric, 1), round(b.busy::numeric, 1))
            WHEN k.busy IS NULL THEN 'ceiling not known: the history holds too few busy moments'
            ELSE format('no ceiling seen: throughput rose as long as more connections were busy, up to %s',
                        trim_scale(round(b.busy::numeric, 1)))
       END,
       a.cpu / NULLIF(o.covered, 0), sum(a.cpu) OVER () / NULLIF(o.covered, 0)
FROM (SELECT s.application_name, sum(s.cpu) AS cpu FROM slot AS s GROUP BY 1) AS a
CROSS JOIN observed AS o
LEFT JOIN knee AS k ON k.application_name = a.application_name
LEFT JOIN beyond AS b ON b.application_name = a.application_name
$$;

COMMENT ON FUNCTION caliper.pool_limits_raw() IS
'What caliper.history says of limits, one row per application. ceiling: busy connections beyond which its throughput did not rise though more were busy, null if that was not observed; note says it in words; cpu and cpu_all: how many server processes were found on a processor (sampled mean) for this application and for all, null if the worker took no samples. Transactions are booked when they end, so long ones blur it';

CREATE FUNCTION caliper.advise_pools(
    wait_target interval DEFAULT NULL,
    application text DEFAULT NULL,
    OUT application_name text,
    OUT pools integer,
    OUT instances_seen bigint,
    OUT connections_now bigint,
    OUT connections_peak bigint,
    OUT busy_mean double precision,
    OUT busy_p95 double precision,
    OUT busy_p99 double precision,
    OUT peakedness double precision,
    OUT needed_p95 double precision,
    OUT needed_p99 double precision,
    OUT needed_p999 double precision,
    OUT wait_target_ms double precision,
    OUT needed_for_target double precision,
    OUT recommended integer,
    OUT recommended_low integer,
    OUT recommended_high integer,
    OUT recommended_per_pool integer,
    OUT ceiling integer,
    OUT censored boolean,
    OUT reason text,
    OUT samples bigint,
    OUT confidence double precision
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp
AS $$
WITH asked AS (
    SELECT caliper.checked_raw(1000 * EXTRACT(epoch FROM advise_pools.wait_target)::double precision,
                               'wait_target (ms)', 0, 1e12) AS target
), demand AS MATERIALIZED (
    SELECT d.*, COALESCE(a.target, least(100, greatest(d.held_mean, 1))) AS target,
           d.full_share >= 0.05 AS cut_off,
           CASE WHEN d.refusal IS NULL THEN d.load END AS known
    FROM caliper.pool_demand_raw() AS d CROSS JOIN asked AS a
    WHERE advise_pools.application IS NULL
       OR d.application_name = advise_pools.application
), answer AS (
    SELECT d.*, f.needed, f.needed_low, f.needed_high, m.busy_p95 AS model_p95,
           m.busy_p99 AS model_p99, m.busy_p999 AS model_p999, l.ceiling AS limit_seen,
           COALESCE(l.note, 'ceiling not known: there is no history of it') AS limit_note,
           caliper.pool_needed(d.known, d.held_mean, d.peakedness, d.held_cv, d.target) AS shared,
           CASE WHEN f.needed > l.ceiling THEN greatest(l.ceiling, d.pools)
                ELSE f.needed END AS advised
    FROM demand AS d
    LEFT JOIN caliper.pool_limits_raw() AS l ON l.application_name = d.application_name
    CROSS JOIN LATERAL caliper.pool_forecast_raw(
        d.known, d.held_mean, d.peakedness, d.held_cv, d.load_error, d.peakedness_error,
        d.observed, d.pools, d.size, 1, d.target, 0) AS f
    CROSS JOIN LATERAL caliper.pool_model(
        d.known, d.held_mean, d.peakedness, d.held_cv) AS m
)
SELECT a.application_name, a.pools, a.instances, a.connections_now, a.connections_peak,
       round(a.load::numeric, 6)::double precision,
       round(a.busy_p95::numeric, 1)::double precision,
       round(a.busy_p99::numeric, 1)::double precision,
       round(a.peakedness::numeric, 3)::double precision,
       ceil(greatest(a.model_p95, a.busy_p95) + 0 * a.known),
       ceil(greatest(a.model_p99, a.busy_p99) + 0 * a.known),
       ceil(greatest(a.model_p999, a.busy_p99) + 0 * a.known),
       round(a.target::numeric, 3)::double precision, a.shared::double precision, ceil(a.advised)::integer,
       floor(a.needed_low)::integer, ceil(a.needed_high)::integer,
       ceil(a.advised / a.pools)::integer,
       a.limit_seen::integer, a.cut_off,
       COALESCE('not enough data: ' || a.refusal, concat_ws('; ',
           format('%s, each of which holds a connection for %s: %s%s',
                  caliper.diagnosis_rate_raw(a.xact_rate, 'transaction'),
                  caliper.diagnosis_time_raw(a.held_mean),
                  CASE WHEN a.load < 0.95
                       THEN format('one is busy during %s of the time',
                                   caliper.diagnosis_share_raw(a.load))
                       ELSE format('%s busy on average', trim_scale(round(a.load::numeric, 1))) END,
                  CASE WHEN a.peakedness >= 1.5
                       THEN format(', in bursts (variance %s times the mean)',
                                   round(a.peakedness::numeric, 1))
                       ELSE '' END),
           CASE WHEN a.needed IS NULL THEN 'no pool of up to 10,000 connections keeps the wait down'
                ELSE format('with %s%s 19 of 20 requests wait at most %s for one',
                            caliper.diagnosis_number_raw(ceil(a.needed / a.pools)::numeric,
                                                         'connection'),
                            CASE WHEN a.pools > 1 THEN format(' in each of %s pools', a.pools)
                                 ELSE '' END,
                            caliper.diagnosis_time_raw(a.target))
           END,
           CASE WHEN a.advised < a.needed
                THEN format('but more than %s would only queue in the server: shorter transactions would help',
                            ceil(a.advised)) END,
           CASE WHEN a.advised = a.needed AND a.advised < a.connections_peak
                THEN format('it had up to %s, which is %s more', a.connections_peak,
                            a.connections_peak - ceil(a.advised))
                ELSE format('it had %s at most', CASE a.connections_peak WHEN 1 THEN 'one'
                            ELSE a.connections_peak::text END)
           END,
           CASE WHEN a.gap_share >= 0.3
                THEN format('during %s of the time held the server waited for the client: transactions without such gaps need fewer',
                            caliper.diagnosis_share_raw(a.gap_share)) END,
           CASE WHEN a.pools > 1 AND a.shared < a.needed
                THEN format('one pool shared by all would do with %s', a.shared) END,
           CASE WHEN a.cut_off
                THEN format('for at least %s %% of the time no connection was free, so more may have been wanted than was seen: a lower bound',
                            round(100 * a.full_share::numeric)) END,
           CASE WHEN a.pools = 1 AND NOT a.cut_off AND a.busy_p99 > 1.25 * a.model_p99 + 1
                THEN format('the load comes and goes (p99 of busy %s, from even chance it would be %s): look at the busiest hours by themselves',
                            a.busy_p99, a.model_p99) END,
           a.limit_note)),
       a.xacts,
       round((CASE WHEN a.cut_off THEN 0.5 ELSE 1 END * CASE WHEN a.known IS NULL THEN 0
              ELSE COALESCE(a.needed / a.needed_high, 0) END)::numeric, 2)::double precision
FROM answer AS a
ORDER BY a.load DESC NULLS LAST, a.application_name
$$;

COMMENT ON FUNCTION caliper.advise_pools(interval, text) IS
'The rows of caliper.pool_advice for another wait target (95 of 100 requests shall wait no longer for a connection; by default as long as a transaction holds one, and 100 ms at most), or for one application';

CREATE VIEW caliper.pool_advice AS
SELECT
    a.application_name,
    a.pools,
    a.instances_seen,
    a.connections_now,
    a.connections_peak,
    a.busy_mean,
    a.busy_p95,
    a.busy_p99,
    a.peakedness,
    a.needed_p95,
    a.needed_p99,
    a.needed_p999,
    a.wait_target_ms AS wait_target,
    a.needed_for_target,
    a.recommended,
    a.recommended_low,
    a.recommended_high,
    a.recommended_per_pool,
    a.ceiling,
    a.censored,
    a.reason,
    a.samples,
    a.confidence
FROM caliper.advise_pools() AS a;

COMMENT ON VIEW caliper.pool_advice IS
'One row per application: how many connections its demand needs, and whether it has them. From counted transactions, times held and busy connections since stats_since, not from samples; by the queueing formulas of caliper.pool_model(). Requests are taken to come independently of each other, but for bursts; load that changes over the day counts as bursts, so the busiest hour is better looked at by itself (caliper.reset(''pools'') at its beginning). The server sees requests when they have a connection: what waits in the client is inferred. Applications of other users are not shown';
COMMENT ON COLUMN caliper.pool_advice.application_name IS 'Application, as in caliper.pools';
COMMENT ON COLUMN caliper.pool_advice.pools IS 'Its pools that have connections now (all it ever had, if none has): count of rows in caliper.pools';
COMMENT ON COLUMN caliper.pool_advice.instances_seen IS 'Client addresses among them; those behind one pooler or one proxy are one';
COMMENT ON COLUMN caliper.pool_advice.connections_now IS 'Connections now';
COMMENT ON COLUMN caliper.pool_advice.connections_peak IS 'Sum of the most connections that each of these pools had at the same time';
COMMENT ON COLUMN caliper.pool_advice.busy_mean IS 'Mean number of busy connections over time';
COMMENT ON COLUMN caliper.pool_advice.busy_p95 IS 'Busy connections that were seen not to be exceeded during 95 % of the time; of several pools, as if they were independent';
COMMENT ON COLUMN caliper.pool_advice.busy_p99 IS 'Busy connections that were seen not to be exceeded during 99 % of the time; see busy_p95';
COMMENT ON COLUMN caliper.pool_advice.peakedness IS 'How bursty demand is: variance divided by mean of the connections that would be busy if there were always a free one; 1 for requests that come one by one, about 1 + (n - 1) / 2 for bursts of n';
COMMENT ON COLUMN caliper.pool_advice.needed_p95 IS 'Connections that would be enough for 95 % of the time if nobody ever waited: the quantile of demand, not of what a pool of limited size let through; null if the data do not carry it';
COMMENT ON COLUMN caliper.pool_advice.needed_p99 IS 'The same for 99 % of the time';
COMMENT ON COLUMN caliper.pool_advice.needed_p999 IS 'The same for 99.9 % of the time';
COMMENT ON COLUMN caliper.pool_advice.wait_target IS 'How long 95 of 100 requests shall wait for a connection at most, ms; see caliper.advise_pools() for another';
COMMENT ON COLUMN caliper.pool_advice.needed_for_target IS 'Connections that one pool needs for this if all of the application''s requests share it';
COMMENT ON COLUMN caliper.pool_advice.recommended IS 'Connections advised for the application as a whole, as many pools as it has: pools do not lend each other connections, so several need more than one. Not above ceiling. Null if the data do not carry it, see reason';
COMMENT ON COLUMN caliper.pool_advice.recommended_low IS 'Lower bound: in at least nine of ten cases the right number lies between the two';
COMMENT ON COLUMN caliper.pool_advice.recommended_high IS 'Upper bound; null if there is none below 10,000 per pool';
COMMENT ON COLUMN caliper.pool_advice.recommended_per_pool IS 'Size to set in each of the pools, if the load is spread evenly over them';
COMMENT ON COLUMN caliper.pool_advice.ceiling IS 'Busy connections beyond which throughput was seen not to rise, though more were busy; null if that was not observed, see reason. From caliper.history';
COMMENT ON COLUMN caliper.pool_advice.censored IS 'True if for at least 5 % of the time no (or nearly no) connection of a pool was free: then demand may be greater than was seen, and the numbers are lower bounds';
COMMENT ON COLUMN caliper.pool_advice.reason IS 'The advice in words, or why there is none';
COMMENT ON COLUMN caliper.pool_advice.samples IS 'Transactions that it is founded on';
COMMENT ON COLUMN caliper.pool_advice.confidence IS 'Ratio, 0 to 1: what is needed, divided by its upper bound; half of that if censored; 0 if there is no advice';
