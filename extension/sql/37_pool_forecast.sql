/*
 * What comes with more load, and whether a plan of pools fits the server; on
 * what 37_pool_advice.sql learns.
 */

CREATE FUNCTION caliper.forecast(
    factors double precision[] DEFAULT '{1,2,5,10}',
    users_now double precision DEFAULT NULL,
    wait_target interval DEFAULT NULL,
    pool_timeout interval DEFAULT '10 seconds',
    application text DEFAULT NULL,
    pool_size integer DEFAULT NULL,
    force boolean DEFAULT false,
    OUT application_name text,
    OUT factor double precision,
    OUT users double precision,
    OUT xact_rate double precision,
    OUT busy_mean double precision,
    OUT busy_mean_low double precision,
    OUT busy_mean_high double precision,
    OUT busy_p99 double precision,
    OUT busy_p99_low double precision,
    OUT busy_p99_high double precision,
    OUT wait_prob double precision,
    OUT wait_mean double precision,
    OUT wait_p95 double precision,
    OUT wait_p95_low double precision,
    OUT wait_p95_high double precision,
    OUT timeouts double precision,
    OUT connections_needed double precision,
    OUT connections_needed_low double precision,
    OUT connections_needed_high double precision,
    OUT limiting text,
    OUT assumption text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 200
SET search_path = pg_catalog, pg_temp
AS $$
WITH asked AS MATERIALIZED (
    SELECT caliper.checked_raw(1000 * EXTRACT(epoch FROM forecast.wait_target)::double precision,
                               'wait_target (ms)', 0, 1e12) AS target,
           caliper.checked_raw(1000 * EXTRACT(epoch FROM forecast.pool_timeout)::double precision,
                               'pool_timeout (ms)', 0, 1e12) AS timeout,
           caliper.checked_raw(forecast.users_now, 'users_now', 0, 1e9) AS users,
           caliper.checked_raw(forecast.pool_size, 'pool_size', 1, 10000)::integer AS size
), multiple AS MATERIALIZED (
    SELECT caliper.checked_raw(k.factor, 'factor', 0.001, 1000000) AS k
    FROM pg_catalog.unnest(forecast.factors) AS k (factor)
), server AS (
    SELECT s.max_connections - s.reserved - s.superuser_reserved AS slots, s.connections
    FROM caliper.server AS s
), demand AS MATERIALIZED (
    SELECT d.*, COALESCE(a.target, least(100, greatest(d.held_mean, 1))) AS target,
           a.timeout, a.users, COALESCE(a.size, d.size) AS servers,
           s.slots - greatest(s.connections - d.connections_now, 0) AS slots_left,
           l.ceiling, l.cpu, l.cpu_all
    FROM asked AS a CROSS JOIN server AS s CROSS JOIN caliper.pool_demand_raw() AS d
    LEFT JOIN caliper.pool_limits_raw() AS l ON l.application_name = d.application_name
    WHERE forecast.application IS NULL OR d.application_name = forecast.application
), posed AS (
    SELECT d.*, m.k,
           CASE WHEN d.refusal IS NOT NULL THEN d.refusal
                WHEN m.k > 10 AND NOT COALESCE(forecast.force, false)
                THEN format('%s times the load is more than 10 times what was observed; force => true computes it all the same',
                            m.k)
                WHEN m.k * d.load / d.pools > 10000
                THEN 'that would be more than 10,000 connections in one pool'
           END AS refused
    FROM demand AS d CROSS JOIN multiple AS m
), answer AS (
    SELECT p.application_name, p.k, p.users, p.xact_rate, p.refused, p.full_share, p.held_mean,
           p.pools, p.servers, p.target, p.ceiling, p.cpu, f.*,
           CASE
               WHEN p.refused IS NOT NULL THEN NULL
               WHEN p.cpu_all + (p.k - 1) * p.cpu > caliper.processors_raw() THEN 'cpu'
               WHEN p.k * p.load > p.ceiling THEN 'ceiling'
               WHEN f.needed IS NULL OR f.needed > greatest(p.slots_left, p.servers * p.pools)
               THEN 'max_connections'
               WHEN f.needed > p.servers * p.pools THEN 'pool'
               ELSE 'none'
           END AS gives_out
    FROM posed AS p
    CROSS JOIN LATERAL caliper.pool_forecast_raw(
        CASE WHEN p.refused IS NULL THEN p.load END, p.held_mean, p.peakedness, p.held_cv,
        p.load_error, p.peakedness_error, p.observed, p.pools, p.servers, p.k, p.target,
        COALESCE(p.timeout, 1e12)) AS f
)
SELECT a.application_name, a.k, a.users * a.k,
       CASE WHEN a.refused IS NULL
            THEN round((a.xact_rate * a.k)::numeric, 6)::double precision END,
       round(a.busy_mean::numeric, 6)::double precision,
       round(a.busy_mean_low::numeric, 6)::double precision,
       round(a.busy_mean_high::numeric, 6)::double precision,
       a.busy_p99, floor(a.busy_p99_low), ceil(a.busy_p99_high),
       round(a.wait_prob::numeric, 6)::double precision,
       round(a.wait_mean::numeric, 3)::double precision,
       round(a.wait_p95::numeric, 3)::double precision,
       round(a.wait_p95_low::numeric, 3)::double precision,
       round(a.wait_p95_high::numeric, 3)::double precision,
       round(a.timeouts::numeric, 6)::double precision, a.needed, floor(a.needed_low), ceil(a.needed_high),
       a.gives_out,
       COALESCE('refused: ' || a.refused, concat_ws('; ',
           CASE WHEN a.full_share >= 0.05
                THEN format('lower bound: for at least %s %% of the time the pool had no connection free, so more may be wanted than was seen',
                            round(100 * a.full_share::numeric)) END,
           CASE WHEN a.k > 10 THEN 'forced beyond 10 times the load observed' END,
           format('requests come %s, in bursts as large as now, and hold a connection as long as now (%s)',
                  CASE WHEN a.k = 1 THEN 'as often as now' WHEN a.k = 2 THEN 'twice as often'
                       ELSE format('%s times as often', a.k) END,
                  caliper.diagnosis_time_raw(a.held_mean)),
           format('%s of %s connection%s', CASE WHEN a.pools = 1 THEN 'one pool'
                  ELSE format('%s pools, the load spread evenly,', a.pools) END, a.servers,
                  CASE WHEN a.servers = 1 THEN '' ELSE 's' END),
           format('needed: 19 of 20 requests wait at most %s', caliper.diagnosis_time_raw(a.target)),
           CASE WHEN a.ceiling IS NULL AND a.cpu IS NULL
                THEN 'processors are not judged: no history' END))
FROM answer AS a
UNION ALL
SELECT forecast.application, m.k, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       'refused: no transaction of this application has been seen'
FROM multiple AS m CROSS JOIN asked AS a
WHERE forecast.application IS NOT NULL AND NOT EXISTS (SELECT FROM demand)
ORDER BY 1, 2
$$;

COMMENT ON FUNCTION caliper.forecast(double precision[], double precision, interval, interval, text, integer, boolean) IS
'What the pools of each application (or of one) will do at multiples of the load that was observed: connections busy, waits for one, what is needed, and what gives out first. users_now: how many the present load is of; wait_target: how long 95 of 100 requests shall wait at most, default as in caliper.pool_advice; pool_timeout: after waiting that long a request gives up; pool_size: connections of each pool, default the most that there were; force: also beyond 10 times the load. Columns _low and _high are bounds for what will be measured over a time as long as the one observed, and hold in at least nine of ten cases as far as the assumptions do. Waits in ms of all requests, Infinity if more comes than the pool can serve; wait_prob and timeouts are ratios; connections_needed for wait_target, null beyond 10,000; limiting is what gives out first: cpu (more would run than there are processors, by the samples of the worker), ceiling (more busy than the ceiling in caliper.pool_advice), max_connections (what is needed cannot be had), pool (the pools are too small for the target), or none. Other applications are taken to stay as they are. Where the data do not carry a forecast, the row says so in assumption and has no numbers';

CREATE FUNCTION caliper.pool_plan(
    instances integer,
    pools integer,
    size integer,
    deploy_overlap numeric DEFAULT 2,
    role name DEFAULT NULL,
    database name DEFAULT NULL,
    OUT total bigint,
    OUT at_deploy bigint,
    OUT max_connections bigint,
    OUT reserved bigint,
    OUT role_limit bigint,
    OUT database_limit bigint,
    OUT others bigint,
    OUT available bigint,
    OUT remaining bigint,
    OUT fits boolean,
    OUT limiting text,
    OUT pgbouncer_default_pool_size bigint,
    OUT pgbouncer_max_client_conn bigint,
    OUT verdict text
)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
WITH asked AS (
    SELECT caliper.checked_raw(pool_plan.instances, 'instances', 1, 100000)::bigint AS instances,
           caliper.checked_raw(pool_plan.pools, 'pools', 1, 100000)::bigint AS pools,
           caliper.checked_raw(pool_plan.size, 'size', 1, 100000)::bigint AS size,
           caliper.checked_raw(pool_plan.deploy_overlap::double precision,
                               'deploy_overlap', 1, 100)::numeric AS overlap,
           quote_ident(pool_plan.role)::regrole AS role,
           has_database_privilege(pool_plan.database, 'CONNECT') AS exists
), granted AS (
    SELECT a.instances * a.pools * a.size AS total,
           ceil(a.instances * a.pools * a.size * a.overlap)::bigint AS at_deploy,
           current_setting('max_connections')::bigint AS max_connections,
           current_setting('superuser_reserved_connections')::bigint
               + COALESCE(current_setting('reserved_connections', true), '0')::bigint AS reserved,
           (SELECT NULLIF(r.rolconnlimit, -1)::bigint FROM pg_catalog.pg_roles AS r
            WHERE r.oid = a.role AND NOT r.rolsuper) AS role_limit,
           (SELECT NULLIF(d.datconnlimit, -1)::bigint FROM pg_catalog.pg_database AS d
            WHERE d.datname = pool_plan.database AND a.exists IS NOT NULL) AS database_limit,
           (SELECT count(*) FROM pg_catalog.pg_stat_get_activity(NULL) AS s
            WHERE s.usesysid <> a.role AND s.pid <> pg_backend_pid()
              AND COALESCE(s.backend_type, 'client backend') = 'client backend') AS others
    FROM asked AS a
), bounded AS (
    SELECT g.*, b.available, b.limiting
    FROM granted AS g
    CROSS JOIN LATERAL (
        SELECT v.available, v.limiting
        FROM (VALUES (greatest(g.max_connections - g.reserved - g.others, 0), 'max_connections', 1),
                     (g.role_limit, 'role', 2), (g.database_limit, 'database', 3))
             AS v (available, limiting, place)
        WHERE v.available IS NOT NULL
        ORDER BY v.available, v.place LIMIT 1) AS b
)
SELECT b.total, b.at_deploy, b.max_connections, b.reserved, b.role_limit, b.database_limit,
       b.others, b.available, b.available - b.at_deploy, b.at_deploy <= b.available,
       b.limiting, greatest(b.available * 9 / 10, 1), b.at_deploy,
       concat_ws('; ',
           CASE WHEN b.at_deploy <= b.available
                THEN format('fits: %s connection%s, %s while deploying, of %s', b.total,
                            CASE WHEN b.total = 1 THEN '' ELSE 's' END, b.at_deploy, b.available)
                WHEN b.total <= b.available
                THEN format('fits (%s of %s connections), but not while deploying: then it is %s',
                            b.total, b.available, b.at_deploy)
                ELSE format('does not fit: %s connection%s, %s while deploying, and only %s can be had',
                            b.total, CASE WHEN b.total = 1 THEN '' ELSE 's' END, b.at_deploy,
                            b.available)
           END,
           format('limited by %s', CASE b.limiting
                  WHEN 'role' THEN format('the connection limit of role %I', pool_plan.role)
                  WHEN 'database' THEN format('the connection limit of database %I', pool_plan.database)
                  ELSE format('max_connections = %s, less %s reserved%s', b.max_connections,
                              b.reserved, CASE WHEN pool_plan.role IS NOT NULL
                              THEN format(', less %s connection%s of other roles now', b.others,
                                          CASE WHEN b.others = 1 THEN '' ELSE 's' END)
                              ELSE '' END)
                  END),
           CASE WHEN pool_plan.role IS NULL
                THEN 'connections of others are not counted: name the role to have them counted' END,
           CASE WHEN b.at_deploy > b.available
                THEN CASE WHEN w.size > 0 THEN format('size = %s in each pool would fit', w.size)
                     ELSE 'so many pools do not fit with one connection each' END
           END,
           CASE WHEN b.at_deploy > b.available
                THEN format('one PgBouncer in front of all instances makes it fit with pool_mode = transaction, max_client_conn = %s and default_pool_size = %s (for one user and one database; with more, divide it among them)',
                            b.at_deploy, greatest(b.available * 9 / 10, 1))
           END)
FROM bounded AS b
CROSS JOIN LATERAL (SELECT b.available * pool_plan.size / b.at_deploy AS size) AS w
$$;

COMMENT ON FUNCTION caliper.pool_plan(integer, integer, integer, numeric, name, name) IS
'Whether a plan fits: so many instances of an application, each with so many pools of so many connections; deploy_overlap is how many times as many run while a new version replaces the old one (2: all of them side by side, 1: never). role and database: whose connection limits apply; if the role is named, the connections that other roles have now are taken off. total and at_deploy: connections of the plan; available: what can be had, by the limit named in limiting (max_connections, role or database); remaining: available - at_deploy, below 0 if it does not fit (fits). pgbouncer_default_pool_size: nine tenths of what is available, for a PgBouncer in front of all instances; it then has to accept pgbouncer_max_client_conn clients. verdict says it in words. Does not look at what the application needs: see caliper.pool_advice';
