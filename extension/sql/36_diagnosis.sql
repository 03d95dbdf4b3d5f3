/*
 * Diagnosis: why an application's pool is full, or that it is not.  Here is by
 * what it is judged, in parts that can be looked at alone; the verdict and the
 * sentence are in 39_diagnose.sql.
 *
 *	diagnosis_limits()		every threshold
 *	diagnosis_facts_raw()	what was measured, one row per application
 *	diagnosis_*_raw()		who is to blame: statements, openers, blockers, refusals
 */

CREATE FUNCTION caliper.diagnosis_limits(
    OUT enough integer,
    OUT half_sure integer,
    OUT covered double precision,
    OUT counters_trust double precision,
    OUT full_busy double precision,
    OUT full_share double precision,
    OUT full_missed_min double precision,
    OUT lost_connections double precision,
    OUT lost_share double precision,
    OUT lock_share double precision,
    OUT gap_share double precision,
    OUT gap_share_full double precision,
    OUT gap_share_none double precision,
    OUT short_gap double precision,
    OUT slow_mean double precision,
    OUT slow_share double precision,
    OUT leak_connections integer,
    OUT leak_closed double precision,
    OUT churn_opened integer,
    OUT churn_rate double precision,
    OUT churn_per_xact double precision,
    OUT churn_turnover double precision,
    OUT spread integer,
    OUT idle_connections integer,
    OUT idle_busy double precision,
    OUT grown_share double precision,
    OUT grown_rate double precision
)
RETURNS record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT
    10,     /* enough: transactions, or points at which it was busy */
    5,      /* half_sure: a sample of as many counts half */
    0.5,    /* covered: of the window by the history, else counters serve */
    0.8,    /* counters_trust: confidence without history, times this */
    0.9,    /* full_busy: a pool is full with that share of it busy, */
    0.01,   /* full_share: for this share of the time */
    5,      /* full_missed_min: and as many requests came meanwhile */
    0.5,    /* lost_connections: waiting or slow on average, or */
    0.1,    /* lost_share: as many of those there are; the smaller counts */
    0.3,    /* lock_share: of held time, spent waiting for locks */
    0.5,    /* gap_share: of held time, spent waiting for the client */
    0.2,    /* gap_share_full: the same in a full pool */
    0.05,   /* gap_share_none: less is no gap at all */
    20,     /* short_gap: ms; shorter ones may be the network's */
    200,    /* slow_mean: ms from which a statement is slow */
    0.5,    /* slow_share: of work, done by slow statements */
    5,      /* leak_connections: opened, used once, and not closed */
    0.2,    /* leak_closed: of those opened; a leak closes fewer */
    20,     /* churn_opened: connections opened, at least */
    1,      /* churn_rate: and as many per second */
    0.1,    /* churn_per_xact: and per transaction */
    3,      /* churn_turnover: and times as many as there are at once */
    5,      /* spread: tenths of the window in which that happened */
    5,      /* idle_connections: fewer are not worth a word */
    0.5,    /* idle_busy: of connections at most, in 99 % of the time */
    0.5,    /* grown_share: of connections, opened on demand, server idle; */
    5       /* grown_rate: at once no more than come in that many seconds */
$$;

COMMENT ON FUNCTION caliper.diagnosis_limits() IS
'Every threshold of caliper.diagnose(), in one row. Shares are ratios. enough: transactions, or points of the history at which it was busy, that a verdict needs (count). half_sure: size of the sample that makes confidence half of what it could be (count). covered: share of the window that the history must cover, else the counters serve. counters_trust: what confidence is multiplied by then. full_busy, full_share: a pool is full if this share of its connections is busy for this share of the time; full_missed_min: and at its usual rate as many requests came meanwhile (count), after it had as many connections as ever, and none made it grow. lost_connections, lost_share: gaps, locks or slow statements matter if on average they take as many connections, or this share of them, whichever is less. lock_share: share of held time spent waiting for locks. gap_share, gap_share_full, gap_share_none: share of held time that is gap, for held_idle, for held_idle in a full pool, and below which there is no gap to speak of. short_gap (ms): if a transaction''s gaps are shorter, they matter only in a full pool or if they take gap_share of the connections, and if the longest gap is shorter, the advice is to send statements together. slow_mean (ms), slow_share: a statement is slow if it takes as long, and slow statements are to blame if they take this share of the work. leak_connections (count), leak_closed: connections opened and not used again, and the share of those opened that may have been closed. churn_opened (count), churn_rate (per second), churn_per_xact (per transaction), churn_turnover (times the connections there are at once): what makes churn of opened connections. spread: tenths of the window over which leak and churn must be spread (count). idle_connections (count), idle_busy: at least as many connections of which at most this share is busy in 99 % of the time are more than the server needs. grown_share: for client_side_wait, share of the connections that were opened on demand while the server saw at most idle_busy of them busy; grown_rate: on demand means that within three seconds there were no more than transactions that followed within one second, nor than come in so many seconds on average (seconds)';

CREATE FUNCTION caliper.diagnosis_facts_raw(
    period interval,
    OUT application_name text,
    OUT source text,
    OUT window_start timestamp with time zone,
    OUT window_end timestamp with time zone,
    OUT observed double precision,
    OUT points bigint,
    OUT busy_points bigint,
    OUT pools bigint,
    OUT connections double precision,
    OUT connections_mean double precision,
    OUT connections_max double precision,
    OUT busy_mean double precision,
    OUT busy_p99 double precision,
    OUT busy_max double precision,
    OUT held_time double precision,
    OUT gap_time double precision,
    OUT lock_time double precision,
    OUT xacts bigint,
    OUT open_xacts bigint,
    OUT errors bigint,
    OUT opened bigint,
    OUT closed bigint,
    OUT opened_parts bigint,
    OUT grown bigint,
    OUT unused bigint,
    OUT unused_parts bigint,
    OUT unused_late bigint,
    OUT full_pool text,
    OUT full_size double precision,
    OUT full_time double precision,
    OUT full_missed double precision,
    OUT busy_peak double precision,
    OUT busy_since timestamp with time zone
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $$
WITH clock AS MATERIALIZED (
    SELECT c.at AS now, c.at - diagnosis_facts_raw.period AS since,
           greatest(1000 * EXTRACT(epoch FROM diagnosis_facts_raw.period)::double precision,
                    1) AS ms, l.*
    FROM pg_catalog.clock_timestamp() AS c (at), caliper.diagnosis_limits() AS l
), pool AS MATERIALIZED (
    SELECT p.*, p.usename || '@' || COALESCE(host(p.client_addr), '[local]') AS nameless
    FROM caliper.pools AS p
    WHERE p.application_name IS NOT NULL AND p.application_name <> '(other)'
), live AS MATERIALIZED (
    SELECT a.*, c.now - a.backend_start AS age,
           1 + least(floor(10 * EXTRACT(epoch FROM a.backend_start - c.since)::double precision
                           * 1000 / c.ms), 9) AS part,
           a.state = 'idle' AND a.backend_start >= c.since
               AND c.now - a.backend_start >= diagnosis_facts_raw.period / 20
               AND a.state_change - a.backend_start <= (c.now - a.backend_start) / 10 AS unused
    FROM caliper.active AS a, clock AS c
    WHERE a.application_name IS NOT NULL
), tick AS MATERIALIZED (  /* the server's points, and those of pools */
    SELECT h.*
    FROM clock AS c, caliper.history(NULL, c.since, CASE    /* all steps alike */
             WHEN diagnosis_facts_raw.period
                  <= COALESCE(current_setting('pg_caliper.history_fine', true), '10min')::interval
             THEN greatest(diagnosis_facts_raw.period / 3000, interval '1 ms')
             ELSE greatest(diagnosis_facts_raw.period / 600, interval '1 min') END) AS h
    WHERE h.covered > 0
), point AS MATERIALIZED (
    SELECT h.*, max(h.connections_max) OVER
               (PARTITION BY h.application_name, h.pool, h.datname, h.usename, h.client_addr)
               AS size
    FROM tick AS h
    WHERE h.scope = 'pool' AND h.application_name IS NOT NULL
      AND h.application_name <> '(other)'
), moment AS (      /* an application at each point since its first */
    SELECT n.application_name, t.at, t.covered, t.elapsed,
           COALESCE(sum(h.connections_mean), 0) AS connections,
           COALESCE(sum(h.connections_max), 0) AS connections_max,
           COALESCE(sum(h.busy), 0) AS busy, COALESCE(sum(h.busy_max), 0) AS busy_max,
           COALESCE(sum(h.busy_mean), 0) AS busy_mean, sum(h.held_time) AS held_time,
           sum(h.gap_time) AS gap_time, sum(h.waits_lock) AS lock_time,
           COALESCE(sum(h.xacts), 0) AS xacts, sum(h.errors) AS errors,
           COALESCE(sum(h.opened), 0) AS opened, COALESCE(sum(h.closed), 0) AS closed
    FROM (SELECT p.application_name, min(p.at) AS first
          FROM point AS p GROUP BY p.application_name) AS n
    JOIN tick AS t ON t.scope = 'server' AND t.at >= n.first
    LEFT JOIN point AS h ON h.application_name = n.application_name AND h.at = t.at
    GROUP BY n.application_name, t.at, t.covered, t.elapsed
), step AS (        /* and what came around each change */
    SELECT m.*, m.opened - m.closed AS rise,
           sum(m.opened) OVER around AS burst, sum(m.opened - m.closed) OVER around AS gain,
           sum(m.xacts) OVER after AS used, max(m.busy_max) OVER after AS busiest,
           1000 * sum(m.xacts) OVER whole / sum(m.elapsed) OVER whole AS rate,
           floor(10 * EXTRACT(epoch FROM m.at - min(m.at) OVER whole)
                 / NULLIF(EXTRACT(epoch FROM c.now - min(m.at) OVER whole), 0)) AS part
    FROM moment AS m, clock AS c
    WINDOW whole AS (PARTITION BY m.application_name),
           around AS (whole ORDER BY m.at RANGE BETWEEN interval '3 s' PRECEDING
                                                    AND interval '3 s' FOLLOWING),
           after AS (whole ORDER BY m.at RANGE BETWEEN CURRENT ROW
                                                   AND interval '1 s' FOLLOWING)
), covered AS (
    SELECT COALESCE(sum(t.covered), 0) >= min(c.covered) * 1000 * EXTRACT(epoch FROM
               max(c.now) - greatest(min(c.since), min(t.at)))::double precision AS enough
    FROM clock AS c, tick AS t
    WHERE t.scope = 'server'
), counted AS (
    SELECT s.application_name, 'history' AS source, count(*) AS points,
           min(s.at) AS window_start,
           sum(s.covered) AS observed,
           count(*) FILTER (WHERE s.busy > 0 OR s.xacts > 0) AS busy_points,
           avg(s.connections)::double precision AS connections_mean,
           max(s.connections_max)::double precision AS connections_max,
           avg(s.busy_mean)::double precision AS busy_mean,
           percentile_disc(0.99) WITHIN GROUP (ORDER BY s.busy)::double precision AS busy_p99,
           max(s.busy_max)::double precision AS busy_max,
           sum(s.held_time) AS held_time, sum(s.gap_time) AS gap_time,
           sum(s.lock_time) AS lock_time, sum(s.xacts)::bigint AS xacts,
           sum(s.errors)::bigint AS errors, sum(s.opened)::bigint AS opened,
           sum(s.closed)::bigint AS closed,
           count(DISTINCT s.part) FILTER (WHERE s.opened > 0) AS opened_parts,
           least(COALESCE(sum(s.rise) FILTER (WHERE least(s.rise, s.gain) > 0
                              AND s.burst <= least(s.used, c.grown_rate * s.rate)
                              AND s.busiest <= c.idle_busy * s.connections_max), 0),
                 sum(s.rise))::bigint AS grown
    FROM step AS s, clock AS c
    WHERE (SELECT v.enough FROM covered AS v)
    GROUP BY s.application_name
    UNION ALL
    SELECT p.application_name, 'counters', NULL, min(p.stats_since), max(p.observed_time),
           (least(sum(p.held_time), max(p.observed_time)) / 1000)::bigint,
           sum((p.held_time + p.idle_time) / NULLIF(p.observed_time, 0)),
           sum(p.connections_peak), sum(p.busy_mean), sum(p.busy_p99), sum(p.busy_peak),
           sum(p.held_time), sum(p.gap_time), NULL, sum(p.xacts)::bigint,
           sum(p.errors)::bigint, sum(p.opened)::bigint, sum(p.closed)::bigint, NULL, NULL
    FROM pool AS p
    WHERE (SELECT v.enough FROM covered AS v) IS NOT TRUE
    GROUP BY p.application_name
), mark AS (        /* since when a pool had as many connections as ever */
    SELECT p.*, min(p.at) FILTER (WHERE p.connections_max = p.size) OVER
               (PARTITION BY p.application_name, p.pool, p.datname, p.usename, p.client_addr)
               AS grown_at
    FROM point AS p
), level AS (       /* how often it was full, and how many came while it was */
    SELECT h.application_name, h.pool, h.size,
           count(*) FILTER (WHERE h.busy >= c.full_busy * h.size)::double precision
               / max(t.n) AS full_time,
           CASE WHEN count(*) FILTER (WHERE h.busy >= c.full_busy * h.size
                                        AND h.at > h.grown_at) >= 3
                THEN sum(h.xacts) / sum(h.elapsed) * sum(h.covered) FILTER
                         (WHERE h.busy >= c.full_busy * h.size AND h.at > h.grown_at)
                ELSE 0 END AS missed
    FROM mark AS h, clock AS c,
         (SELECT count(*) AS n FROM tick AS t WHERE t.scope = 'server') AS t
    WHERE (SELECT v.enough FROM covered AS v)
    GROUP BY h.application_name, h.pool, h.datname, h.usename, h.client_addr, h.size
    UNION ALL
    SELECT p.application_name, p.pool, p.connections_peak, q.share,
           p.xact_rate * q.share * EXTRACT(epoch FROM
               c.now - p.connections_peak_at)::double precision
    FROM pool AS p, clock AS c, LATERAL (
        SELECT CASE WHEN p.busy_p50 >= c.full_busy * p.connections_peak THEN 0.5
                    WHEN p.busy_p95 >= c.full_busy * p.connections_peak THEN 0.05
                    WHEN p.busy_p99 >= c.full_busy * p.connections_peak THEN 0.01
                    ELSE 0 END::double precision) AS q (share)
    WHERE (SELECT v.enough FROM covered AS v) IS NOT TRUE
), fullest AS (
    SELECT DISTINCT ON (l.application_name) l.*
    FROM level AS l
    WHERE l.size > 1
    ORDER BY l.application_name, l.full_time DESC, l.missed DESC, l.size DESC
), open AS (
    SELECT a.application_name, count(*) AS connections,
           count(a.held_time) AS xacts,
           sum(least(a.held_time, c.ms)) FILTER (WHERE a.held_time > 0) AS held_time,
           sum(least(a.gap_time, c.ms)) FILTER (WHERE a.held_time > 0) AS gap_time,
           count(*) FILTER (WHERE a.unused) AS unused,
           count(DISTINCT a.part) FILTER (WHERE a.unused) AS unused_parts,
           count(*) FILTER (WHERE a.unused AND a.part > 7) AS unused_late,
           /* moments later than its first at which a connection was opened */
           count(DISTINCT date_trunc('second', a.backend_start))
               FILTER (WHERE a.state_change > a.backend_start) - 1 AS moments
    FROM live AS a, clock AS c
    GROUP BY a.application_name
), whole AS (       /* since the counters began */
    SELECT p.application_name, count(*) AS pools,
           sum(p.busy_peak) FILTER (WHERE p.connections > 0) AS busy_peak,
           min(p.stats_since) FILTER (WHERE p.connections > 0) AS since,
           sum(p.opened) AS opened, sum(p.closed) AS closed
    FROM pool AS p
    GROUP BY p.application_name
), waiting AS (
    SELECT b.application_name, sum(least(b.waiting_for, c.ms)) AS lock_time
    FROM caliper.blocking AS b, clock AS c
    GROUP BY b.application_name
), waited AS (
    SELECT n.application_name, sum(s.lock_time) AS lock_time
    FROM clock AS c, caliper.slow_statements AS s
    JOIN (SELECT DISTINCT p.application_name, p.usename,
                 CASE WHEN p.application_name = p.nameless THEN ''
                      ELSE p.application_name END AS given
          FROM pool AS p) AS n ON n.given = s.application_name AND n.usename = s.usename
    WHERE s.started >= c.since
    GROUP BY n.application_name
), name AS (
    SELECT k.application_name FROM counted AS k
    UNION SELECT a.application_name FROM live AS a
    UNION SELECT r.application_name FROM caliper.refusals AS r, clock AS c
          WHERE r.last_at >= c.since AND r.application_name IS NOT NULL
)
SELECT n.application_name,
       COALESCE(k.source, CASE WHEN (SELECT v.enough FROM covered AS v) THEN 'history'
                               ELSE 'counters' END),
       COALESCE(k.window_start, c.since), c.now, COALESCE(k.observed, 0),
       COALESCE(k.points, 0), COALESCE(k.busy_points, 0), COALESCE(w.pools, 0),
       COALESCE(o.connections, 0), COALESCE(k.connections_mean, 0),
       greatest(k.connections_max, o.connections, 0), COALESCE(k.busy_mean, 0),
       COALESCE(k.busy_p99, 0), COALESCE(k.busy_max, 0),
       COALESCE(k.held_time, 0) + COALESCE(o.held_time, 0),
       COALESCE(k.gap_time, 0) + COALESCE(o.gap_time, 0),
       greatest(k.lock_time, b.lock_time, s.lock_time, 0),
       COALESCE(k.xacts, 0), COALESCE(o.xacts, 0), COALESCE(k.errors, 0),
       COALESCE(k.opened, 0), COALESCE(k.closed, 0), k.opened_parts,
       greatest(k.grown, CASE WHEN w.closed <= c.leak_closed * w.opened
                               AND w.busy_peak <= c.idle_busy * o.connections
                              THEN o.moments END, 0),
       COALESCE(o.unused, 0), COALESCE(o.unused_parts, 0), COALESCE(o.unused_late, 0),
       f.pool, f.size, COALESCE(f.full_time, 0), COALESCE(f.missed, 0), w.busy_peak, w.since
FROM name AS n
CROSS JOIN clock AS c
LEFT JOIN counted AS k ON k.application_name = n.application_name
LEFT JOIN open AS o ON o.application_name = n.application_name
LEFT JOIN whole AS w ON w.application_name = n.application_name
LEFT JOIN fullest AS f ON f.application_name = n.application_name
LEFT JOIN waiting AS b ON b.application_name = n.application_name
LEFT JOIN waited AS s ON s.application_name = n.application_name
$$;

COMMENT ON FUNCTION caliper.diagnosis_facts_raw(interval) IS
'What caliper.diagnose() judges by: one row per application that was there during the period. source is history, or counters (since stats_since) where the history covers too little. observed, held_time, gap_time and lock_time in ms, transactions that are still open included, clipped at the period; points and busy_points of the history, or seconds busy; connections and busy in connections; unused: connections opened during the period, not closed and not used again; grown: connections opened on demand while the server saw few busy; opened_parts, unused_parts: tenths of the period in which that happened, unused_late those of its last three tenths; full_time: share of the time in which the fullest pool (full_pool, of full_size connections) was full';

CREATE FUNCTION caliper.diagnosis_text_raw(source text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN length(t.line) > 100 THEN left(t.line, 97) || '...' ELSE t.line END
FROM (SELECT btrim(regexp_replace(diagnosis_text_raw.source, '\s+', ' ', 'g'), ' ;')) AS t (line)
$$;

COMMENT ON FUNCTION caliper.diagnosis_text_raw(text) IS
'A statement (text) in one line of at most 100 characters';

CREATE FUNCTION caliper.diagnosis_time_raw(ms double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE
    WHEN ms < 0.95 THEN trim_scale(round(ms::numeric, 3)) || ' ms'
    WHEN ms < 9.95 THEN round(ms::numeric, 1) || ' ms'
    WHEN ms < 9950 THEN round(ms::numeric) || ' ms'
    WHEN ms < 120000 THEN round(ms::numeric / 1000) || ' s'
    WHEN ms < 7200000 THEN round(ms::numeric / 60000) || ' min'
    ELSE round(ms::numeric / 3600000) || ' h'
END
$$;

COMMENT ON FUNCTION caliper.diagnosis_time_raw(double precision) IS
'A duration (ms) as a person would say it (text)';

CREATE FUNCTION caliper.diagnosis_statements_raw(
    application text,
    since timestamp with time zone,
    OUT total_time double precision,
    OUT slow_time double precision,
    OUT slow_seen double precision,
    OUT top jsonb
)
RETURNS record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH clock AS MATERIALIZED (
    SELECT c.at AS now, l.slow_mean,
           EXTRACT(epoch FROM c.at - diagnosis_statements_raw.since)::double precision AS s
    FROM pg_catalog.clock_timestamp() AS c (at), caliper.diagnosis_limits() AS l
), given AS MATERIALIZED (    /* the name as the client gave it, and the user */
    SELECT DISTINCT p.usename, CASE WHEN p.application_name = p.usename || '@'
               || COALESCE(host(p.client_addr), '[local]')
           THEN '' ELSE p.application_name END AS name
    FROM caliper.pools AS p
    WHERE p.application_name = diagnosis_statements_raw.application
), event AS (
    SELECT s.queryid, sum(s.duration) AS total_time,
           sum(s.duration) FILTER (WHERE s.duration >= c.slow_mean) AS slow_seen,
           array_agg(DISTINCT s.route) FILTER (WHERE s.route IS NOT NULL) AS routes
    FROM clock AS c, given AS g, caliper.slow_statements AS s
    WHERE s.application_name = g.name AND s.usename = g.usename AND s.toplevel
      AND s.started >= diagnosis_statements_raw.since
    GROUP BY s.queryid
), running AS (
    SELECT a.queryid, sum(r.ms) AS total_time, count(*) AS n,
           sum(r.ms) FILTER (WHERE r.ms >= c.slow_mean) AS slow_seen,
           array_agg(DISTINCT a.route) FILTER (WHERE a.route IS NOT NULL) AS routes
    FROM clock AS c, caliper.active AS a, LATERAL (
        SELECT 1000 * least(c.s, EXTRACT(epoch FROM c.now - a.state_change)::double precision)
        ) AS r (ms)
    WHERE a.application_name = diagnosis_statements_raw.application AND a.state = 'active'
      AND a.wait_event_type IS DISTINCT FROM 'Lock' AND a.pid <> pg_backend_pid()
    GROUP BY a.queryid
), known AS (
    SELECT s.queryid, min(s.userid) AS userid, min(s.dbid) AS dbid, sum(s.calls) AS calls,
           sum(s.total_exec_time) / NULLIF(sum(s.calls), 0) AS mean_time,
           sum(s.total_exec_time * least(1, c.s / NULLIF(EXTRACT(epoch FROM
               c.now - s.stats_since)::double precision, 0))) AS total_time,
           sum(s.total_exec_time) FILTER (
               WHERE s.stats_since >= diagnosis_statements_raw.since
                 AND s.mean_exec_time >= c.slow_mean) AS slow_seen
    FROM clock AS c, given AS g, caliper.statements_counters() AS s
    WHERE s.application_name = g.name AND s.usename = g.usename AND s.toplevel
      AND s.queryid <> 0
    GROUP BY s.queryid
), statement AS (
    SELECT COALESCE(k.queryid, r.queryid) AS queryid, k.userid, k.dbid, k.calls, k.mean_time,
           greatest(k.total_time, e.total_time, 0) + COALESCE(r.total_time, 0) AS total_time,
           greatest(k.slow_seen, e.slow_seen, 0) + COALESCE(r.slow_seen, 0) AS slow_seen,
           k.mean_time >= c.slow_mean AS slow,
           COALESCE(r.n, 0) AS running, COALESCE(r.routes, e.routes) AS routes
    FROM known AS k
    FULL JOIN running AS r ON r.queryid = k.queryid
    LEFT JOIN event AS e ON e.queryid = COALESCE(k.queryid, r.queryid)
    CROSS JOIN clock AS c
), ranked AS (
    SELECT s.*, sum(s.total_time) OVER () AS all_time,
           row_number() OVER (ORDER BY s.total_time DESC, s.queryid) AS place
    FROM statement AS s
)
SELECT sum(r.total_time), sum(CASE WHEN r.slow THEN r.total_time ELSE r.slow_seen END),
       sum(r.slow_seen),
       jsonb_agg(jsonb_build_object(
           'queryid', r.queryid,
           'statement', caliper.diagnosis_text_raw(COALESCE(
               caliper.statement_text(r.queryid, r.userid, r.dbid),
               (SELECT min(a.query) FROM caliper.active AS a
                WHERE a.application_name = diagnosis_statements_raw.application
                  AND a.queryid = r.queryid))),
           'connection_seconds', round(r.total_time::numeric / 1000, 3),
           'share_ratio', round((r.total_time / NULLIF(r.all_time, 0))::numeric, 3),
           'mean_ms', round(r.mean_time::numeric, 3),
           'calls_count', r.calls,
           'running_count', r.running,
           'routes', to_jsonb(r.routes)) ORDER BY r.place) FILTER (WHERE r.place <= 3)
FROM ranked AS r
$$;

COMMENT ON FUNCTION caliper.diagnosis_statements_raw(text, timestamp with time zone) IS
'Which statements took an application''s connections since then: total_time, ms in all of them; slow_time, in slow ones; slow_seen, in slow ones as far as it was seen to be since then and is not estimated; top, the three with the most connection-seconds. Statements known for longer are taken at their mean rate, or at what caliper.slow_statements holds of them since then, if that is more; those running now count with their time so far';

CREATE FUNCTION caliper.diagnosis_openers_raw(application text, since timestamp with time zone)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH clock AS MATERIALIZED (
    SELECT c.at AS now,
           EXTRACT(epoch FROM c.at - diagnosis_openers_raw.since)::double precision AS s
    FROM pg_catalog.clock_timestamp() AS c (at)
), open AS (
    SELECT a.opener_queryid, min(a.opener_query) AS opener_query, count(*) AS n,
           sum(a.held_time) AS held_time, sum(a.gap_time) AS gap_time,
           max(a.gap_time) AS longest_gap,
           (array_agg(a.queryid ORDER BY a.gap_time DESC))[1] AS gap_after_queryid,
           (array_agg(a.query ORDER BY a.gap_time DESC))[1] AS gap_after_query,
           (array_agg(a.pid ORDER BY a.gap_time DESC))[1] AS pid,
           array_agg(DISTINCT a.route) FILTER (WHERE a.route IS NOT NULL) AS routes
    FROM caliper.active AS a
    WHERE a.application_name = diagnosis_openers_raw.application
      AND a.state LIKE 'idle in transaction%'
    GROUP BY a.opener_queryid
), ended AS (
    SELECT h.opener_queryid, min(h.opener_query) AS opener_query, sum(h.xacts) AS xacts,
           sum(h.held_time * r.ate) AS held_time, sum(h.gap_time * r.ate) AS gap_time,
           max(h.longest_gap) AS longest_gap,
           (array_agg(h.gap_after_queryid ORDER BY h.longest_gap DESC))[1] AS gap_after_queryid,
           (array_agg(h.gap_after_query ORDER BY h.longest_gap DESC))[1] AS gap_after_query,
           sum(h.blocked_time) AS blocked_time
    FROM clock AS c, caliper.holders AS h, LATERAL (
        SELECT least(1, c.s / NULLIF(EXTRACT(epoch FROM
                   c.now - h.stats_since)::double precision, 0))) AS r (ate)
    WHERE h.application_name IN (diagnosis_openers_raw.application,
              substring(diagnosis_openers_raw.application FROM '^.*@'))
    GROUP BY h.opener_queryid
), opener AS (
    SELECT COALESCE(e.opener_queryid, o.opener_queryid) AS queryid,
           COALESCE(e.opener_query, o.opener_query) AS query, e.xacts, o.n, o.pid, o.routes,
           COALESCE(e.held_time, 0) + COALESCE(o.held_time, 0) AS held_time,
           COALESCE(e.gap_time, 0) + COALESCE(o.gap_time, 0) AS gap_time, e.blocked_time,
           greatest(e.longest_gap, o.longest_gap) AS longest_gap,
           COALESCE(o.longest_gap > e.longest_gap, e.longest_gap IS NULL) AS now,
           e.gap_after_queryid, e.gap_after_query,
           o.gap_after_queryid AS open_queryid, o.gap_after_query AS open_query
    FROM ended AS e
    FULL JOIN open AS o ON o.opener_queryid = e.opener_queryid
), ranked AS (
    SELECT o.*, row_number() OVER (ORDER BY o.gap_time DESC, o.queryid) AS place
    FROM opener AS o
    WHERE o.gap_time > 0
)
SELECT jsonb_agg(jsonb_build_object(
           'opener_queryid', r.queryid,
           'opener', caliper.diagnosis_text_raw(r.query),
           'gap_s', round(r.gap_time::numeric / 1000, 3),
           'gap_ratio', round((r.gap_time / NULLIF(r.held_time, 0))::numeric, 3),
           'longest_gap_ms', round(r.longest_gap::numeric, 3),
           'gap_after_queryid', CASE WHEN r.now THEN r.open_queryid
                                     ELSE r.gap_after_queryid END,
           'gap_after', caliper.diagnosis_text_raw(CASE WHEN r.now THEN r.open_query
                                                        ELSE r.gap_after_query END),
           'transactions_count', r.xacts,
           'open_count', COALESCE(r.n, 0),
           'longest_open_pid', r.pid,
           'blocked_s', round(r.blocked_time::numeric / 1000, 3),
           'routes', COALESCE(to_jsonb(r.routes),
                              to_jsonb(string_to_array(caliper.route(r.query), '')))
           ) ORDER BY r.place)
FROM ranked AS r
WHERE r.place <= 3
$$;

COMMENT ON FUNCTION caliper.diagnosis_openers_raw(text, timestamp with time zone) IS
'The three openers (jsonb) whose transactions let the server wait longest, with the statement after which the longest gap came, and the routes of those that are idle in transaction now, or the one in the text that is kept. What ended before is taken at its mean rate since it is counted; open transactions count with their time so far';

CREATE FUNCTION caliper.diagnosis_blocker_raw(application text, since timestamp with time zone)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH now AS (
    SELECT 1 AS place, b.root_application_name AS application, b.root_pid AS pid,
           min(b.root_state) AS state, min(b.root_opener_queryid) AS queryid,
           COALESCE(min(b.root_opener_query), min(b.root_query)) AS query,
           min(b.lock) AS lock, count(*) AS waiters, max(b.waiting_for) AS longest_wait,
           sum(b.waiting_for) AS blocked_time
    FROM caliper.blocking AS b
    WHERE b.application_name = diagnosis_blocker_raw.application AND b.waiting_for IS NOT NULL
    GROUP BY b.root_application_name, b.root_pid
), before AS (
    SELECT 2, h.application_name, NULL::integer, NULL, h.opener_queryid, h.opener_query, NULL,
           h.max_waiters::bigint, h.longest_wait, h.blocked_time
    FROM caliper.blocking_history AS h
    WHERE h.last_at >= diagnosis_blocker_raw.since
      AND h.datname IN (SELECT p.datname FROM caliper.pools AS p
                        WHERE p.application_name = diagnosis_blocker_raw.application)
)
SELECT jsonb_build_object(
           'root_application', r.application,
           'root_pid', r.pid,
           'root_state', r.state,
           'root_opener_queryid', r.queryid,
           'root_opener', caliper.diagnosis_text_raw(r.query),
           'lock', r.lock,
           'waiting_count', r.waiters,
           'longest_wait_ms', round(r.longest_wait::numeric, 3),
           'blocked_s', round(r.blocked_time::numeric / 1000, 3))
FROM (SELECT * FROM now UNION ALL SELECT * FROM before) AS r
ORDER BY r.place, r.blocked_time DESC NULLS LAST
LIMIT 1
$$;

COMMENT ON FUNCTION caliper.diagnosis_blocker_raw(text, timestamp with time zone) IS
'Who an application''s lock waits end at (jsonb): the root of the chains that are waiting now, else the opener that others of the same database waited for longest since then, whoever they were';

CREATE FUNCTION caliper.diagnosis_refused_raw(application text, since timestamp with time zone)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH refusal AS (
    SELECT r.*, sum(r.refused) OVER () AS times, min(r.first_at) OVER () AS since_at,
           row_number() OVER (ORDER BY r.last_at DESC, r.reason) AS place
    FROM caliper.refusals AS r
    WHERE r.application_name = diagnosis_refused_raw.application
      AND r.last_at >= diagnosis_refused_raw.since
      AND r.reason IN ('too_many_clients', 'reserved_slots', 'role_limit', 'database_limit')
)
SELECT jsonb_build_object(
           'refused_count', r.times,
           'refused_first_at', r.since_at,
           'refused_last_at', r.last_at,
           'refused_reason', r.reason,
           'refused_user', r.usename,
           'refused_database', r.datname,
           'slots_used', r.slots_used,
           'top_application', r.top_application,
           'top_connections', r.top_connections,
           'top_idle_in_transaction', r.top_idle_in_xact)
FROM refusal AS r
WHERE r.place = 1
$$;

COMMENT ON FUNCTION caliper.diagnosis_refused_raw(text, timestamp with time zone) IS
'What limits refused an application since then (jsonb): how often since it is counted, why, and who held the slots at the latest refusal; null if nothing was refused';
