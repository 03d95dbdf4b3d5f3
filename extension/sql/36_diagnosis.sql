/*
 * Diagnosis: why an application's pool is full, or that it is not.  Here is by
 * what it is judged, in parts that can be looked at alone; the verdict and the
 * sentence are in 39_diagnose.sql.
 *
 *	diagnosis_limits()		every threshold
 *	diagnosis_facts_raw()	what was measured, one row per application
 *	diagnosis_*_raw()		in 36_diagnosis_blame.sql: who is to blame
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
    OUT leak_idle interval,
    OUT churn_opened integer,
    OUT churn_rate double precision,
    OUT churn_per_xact double precision,
    OUT churn_turnover double precision,
    OUT spread integer,
    OUT idle_connections integer,
    OUT idle_busy double precision,
    OUT grown_share double precision,
    OUT grown_rate double precision,
    OUT grown_use double precision,
    OUT grown_turn double precision,
    OUT grown_sure double precision,
    OUT batch_pause interval
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
    interval '10 s',    /* leak_idle: in a full server, idle for as long */
    20,     /* churn_opened: connections opened, at least */
    1,      /* churn_rate: and as many per second */
    0.1,    /* churn_per_xact: and per transaction */
    3,      /* churn_turnover: and times as many as there are at once */
    5,      /* spread: tenths of the window in which that happened */
    5,      /* idle_connections: fewer are not worth a word */
    0.5,    /* idle_busy: of connections at most, in 99 % of the time */
    0.5,    /* grown_share: of connections, opened on demand, server idle; */
    4,      /* grown_rate: no faster than so many times as requests come, */
    100,    /* grown_use: and used within so many ms, */
    0.25,   /* grown_turn: and that share of the time in which each has its turn, */
    0.9,    /* grown_sure: that share of them; */
    interval '1 s'  /* batch_pause: after which opening begins anew */
$$;

COMMENT ON FUNCTION caliper.diagnosis_limits() IS
'Every threshold of caliper.diagnose(), in one row. Shares are ratios. enough: transactions, or points of the history at which it was busy, that a verdict needs (count). half_sure: size of the sample that makes confidence half of what it could be (count). covered: share of the window that the history must cover, else the counters serve. counters_trust: what confidence is multiplied by then. full_busy, full_share: a pool is full if this share of its connections is busy for this share of the time; full_missed_min: and at its usual rate as many requests came meanwhile (count), after it had as many connections as ever, and none made it grow. lost_connections, lost_share: gaps, locks or slow statements matter if on average they take as many connections, or this share of them, whichever is less. lock_share: share of held time spent waiting for locks. gap_share, gap_share_full, gap_share_none: share of held time that is gap, for held_idle, for held_idle in a full pool, and below which there is no gap to speak of. short_gap (ms): if a transaction''s gaps are shorter, they matter only in a full pool or if they take gap_share of the connections, and if the longest gap is shorter, the advice is to send statements together. slow_mean (ms), slow_share: a statement is slow if it takes as long, and slow statements are to blame if they take this share of the work. leak_connections (count), leak_closed: connections opened and not used again, and the share of those opened that may have been closed; leak_idle: where the application has filled the server, those idle for as long are not used again. churn_opened (count), churn_rate (per second), churn_per_xact (per transaction), churn_turnover (times the connections there are at once): what makes churn of opened connections. spread: tenths of the window over which leak and churn must be spread (count). idle_connections (count), idle_busy: at least as many connections of which at most this share is busy in 99 % of the time are more than the server needs. grown_share: for client_side_wait, share of the connections that were opened on demand while the server saw at most idle_busy of them busy. Those opened without a pause of batch_pause are one batch, which was on demand if it came at most grown_rate times as fast as transactions did and grown_sure of it was used at once, which is within grown_use (ms) and within grown_turn of the time in which each connection has its turn; one that nobody asks for waits for its turn';

CREATE FUNCTION caliper.checked_period_raw(period interval)
RETURNS interval
AS 'MODULE_PATHNAME', 'caliper_checked_period_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.checked_period_raw(interval) IS
'The period that caliper.diagnose() is asked about (interval), or an error if there can be no answer: between a second and a year, of the longest kind';

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
    OUT lost bigint,
    OUT lost_moments bigint,
    OUT lost_s double precision,
    OUT lost_in_xact bigint,
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
           u.alone AND a.backend_start >= c.since
               AND c.now - a.backend_start >= diagnosis_facts_raw.period / 20 AS unused,
           u.alone AND NOT u.never
               AND c.now - a.state_change
                   >= least(c.leak_idle, diagnosis_facts_raw.period / 20) AS lost,
           u.never
    FROM caliper.active AS a, clock AS c, LATERAL (
        /* left alone after its first moments; never used at all */
        SELECT (a.state = 'idle' OR a.state LIKE 'idle in transaction%')
                   AND a.state_change - a.backend_start <= (c.now - a.backend_start) / 10,
               a.first_use IS NULL AND a.held_time IS NULL) AS u (alone, never)
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
    SELECT n.application_name, t.at, t.covered, t.elapsed, t.span,
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
    GROUP BY n.application_name, t.at, t.covered, t.elapsed, t.span
), step AS (        /* and what came around each change */
    SELECT m.*, sum(m.opened - m.closed) OVER around AS gain,
           floor(10 * EXTRACT(epoch FROM m.at - min(m.at) OVER whole)
                 / NULLIF(EXTRACT(epoch FROM c.now - min(m.at) OVER whole), 0)) AS part
    FROM moment AS m, clock AS c
    WINDOW whole AS (PARTITION BY m.application_name),
           around AS (whole ORDER BY m.at RANGE BETWEEN interval '3 s' PRECEDING
                                                    AND interval '3 s' FOLLOWING)
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
           1000 * sum(s.xacts) / NULLIF(sum(s.elapsed), 0) AS rate
    FROM step AS s
    WHERE (SELECT v.enough FROM covered AS v)
    GROUP BY s.application_name
    UNION ALL
    SELECT p.application_name, 'counters', NULL, min(p.stats_since), max(p.observed_time),
           (least(sum(p.held_time), max(p.observed_time)) / 1000)::bigint,
           sum((p.held_time + p.idle_time) / NULLIF(p.observed_time, 0)),
           sum(p.connections_peak), sum(p.busy_mean), sum(p.busy_p99), sum(p.busy_peak),
           sum(p.held_time), sum(p.gap_time), NULL, sum(p.xacts)::bigint,
           sum(p.errors)::bigint, sum(p.opened)::bigint, sum(p.closed)::bigint, NULL,
           sum(p.xact_rate)
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
           count(*) FILTER (WHERE a.lost) AS lost,
           count(DISTINCT date_trunc('second', a.backend_start)) FILTER (WHERE a.lost)
               AS lost_moments,
           EXTRACT(epoch FROM max(a.backend_start) FILTER (WHERE a.lost)
                   - min(a.backend_start) FILTER (WHERE a.lost))::double precision AS lost_s,
           count(*) FILTER (WHERE (a.lost OR a.unused) AND a.state <> 'idle') AS lost_in_xact
    FROM live AS a, clock AS c
    GROUP BY a.application_name
), whole AS (       /* since the counters began */
    SELECT p.application_name, count(*) AS pools,
           sum(p.busy_peak) FILTER (WHERE p.connections > 0) AS busy_peak,
           min(p.stats_since) FILTER (WHERE p.connections > 0) AS since,
           sum(p.opened) AS opened, sum(p.closed) AS closed, sum(p.xact_rate) AS rate
    FROM pool AS p
    GROUP BY p.application_name
), opening AS (     /* those that are there, and how long after the one before */
    SELECT a.*, a.backend_start - lag(a.backend_start) OVER each AS pause
    FROM live AS a
    WINDOW each AS (PARTITION BY a.application_name, a.pool, a.datname, a.usename, a.client_addr
                    ORDER BY a.backend_start)
), batched AS (
    SELECT o.*, count(*) FILTER (WHERE o.pause > c.batch_pause) OVER each AS batch,
           CASE WHEN o.pause <= c.batch_pause
                THEN EXTRACT(epoch FROM o.pause)::double precision END AS s
    FROM opening AS o, clock AS c
    WINDOW each AS (PARTITION BY o.application_name, o.pool, o.datname, o.usename, o.client_addr
                    ORDER BY o.backend_start)
), batch AS (       /* opened at one go */
    SELECT b.application_name, count(*) AS n, sum(b.s) AS s,
           min(b.backend_start) AS began, max(b.backend_start) AS ended,
           count(*) FILTER (WHERE b.first_use <= least(c.grown_use, 1000 * c.grown_turn
               * o.connections / NULLIF(greatest(k.rate, w.rate), 0))) AS used_at_once,
           bool_or(b.pause IS NULL) AS first
    FROM batched AS b
    CROSS JOIN clock AS c
    JOIN open AS o ON o.application_name = b.application_name
    LEFT JOIN whole AS w ON w.application_name = b.application_name
    LEFT JOIN counted AS k ON k.application_name = b.application_name
    GROUP BY b.application_name, b.pool, b.datname, b.usename, b.client_addr, b.batch
), placed AS (      /* and what happened then, if it is known */
    SELECT b.*, 1000 * sum(s.xacts) / sum(s.elapsed) AS rate,
           max(s.busy_max) AS busiest, max(s.gain) AS gain
    FROM (SELECT b.*, row_number() OVER () AS id FROM batch AS b) AS b
    LEFT JOIN step AS s ON s.application_name = b.application_name
        AND s.at + s.span * interval '1 ms' > b.began
        AND s.at <= b.ended + greatest(s.span * interval '1 ms', interval '200 ms')
    GROUP BY b.id, b.application_name, b.n, b.s, b.began, b.ended, b.used_at_once, b.first
), grown AS (       /* opened because one was asked for, and none was there */
    SELECT b.application_name, sum(b.n) AS n
    FROM placed AS b
    JOIN open AS o ON o.application_name = b.application_name
    LEFT JOIN whole AS w ON w.application_name = b.application_name
    LEFT JOIN counted AS k ON k.application_name = b.application_name
    CROSS JOIN clock AS c
    WHERE b.used_at_once >= c.grown_sure * b.n
      AND COALESCE(b.busiest, w.busy_peak) <= c.idle_busy * o.connections
      AND COALESCE(b.gain > 0, w.closed <= c.leak_closed * w.opened)
      AND CASE WHEN b.n = 1 THEN NOT b.first
          ELSE b.n - 1 <= c.grown_rate * b.s * greatest(b.rate, w.rate, k.rate) END
    GROUP BY b.application_name
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
       COALESCE(g.n, 0)::bigint,
       COALESCE(o.unused, 0), COALESCE(o.unused_parts, 0), COALESCE(o.unused_late, 0),
       COALESCE(o.lost, 0), COALESCE(o.lost_moments, 0), COALESCE(o.lost_s, 0),
       COALESCE(o.lost_in_xact, 0),
       f.pool, f.size, COALESCE(f.full_time, 0), COALESCE(f.missed, 0), w.busy_peak, w.since
FROM name AS n
CROSS JOIN clock AS c
LEFT JOIN counted AS k ON k.application_name = n.application_name
LEFT JOIN open AS o ON o.application_name = n.application_name
LEFT JOIN whole AS w ON w.application_name = n.application_name
LEFT JOIN grown AS g ON g.application_name = n.application_name
LEFT JOIN fullest AS f ON f.application_name = n.application_name
LEFT JOIN waiting AS b ON b.application_name = n.application_name
LEFT JOIN waited AS s ON s.application_name = n.application_name
$$;

COMMENT ON FUNCTION caliper.diagnosis_facts_raw(interval) IS
'What caliper.diagnose() judges by: one row per application that was there during the period. source is history, or counters (since stats_since) where the history covers too little. observed, held_time, gap_time and lock_time in ms, transactions that are still open included, clipped at the period; points and busy_points of the history, or seconds busy; connections and busy in connections; unused: connections opened during the period, not closed and not used again; lost: those idle for long that were used in their first moments only, whenever they were opened, in so many different seconds (lost_moments) over lost_s seconds, lost_in_xact of these or of the unused ones inside a transaction; grown: connections that are there and were opened on demand while the server saw few busy; opened_parts, unused_parts: tenths of the period in which that happened, unused_late those of its last three tenths; full_time: share of the time in which the fullest pool (full_pool, of full_size connections) was full';
