/*
 * What a diagnosis says in words, and who is to blame: statements, openers,
 * blockers, and who fills the server.  Facts are in 36_diagnosis.sql, the verdict
 * in 39_diagnose.sql.
 */

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
    WHEN ms < 999.5 THEN round(ms::numeric) || ' ms'
    WHEN ms < 9950 THEN trim_scale(round(ms::numeric / 1000, 1)) || ' s'
    WHEN ms < 120000 THEN round(ms::numeric / 1000) || ' s'
    WHEN ms < 7200000 THEN round(ms::numeric / 60000) || ' min'
    ELSE round(ms::numeric / 3600000) || ' h'
END
$$;

COMMENT ON FUNCTION caliper.diagnosis_time_raw(double precision) IS
'A duration (ms) as a person would say it (text)';

CREATE FUNCTION caliper.diagnosis_number_raw(n numeric, one text, many text DEFAULT NULL)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE n WHEN 0 THEN 'no ' || COALESCE(many, one || 's')
              WHEN 1 THEN 'one ' || one
              ELSE trim_scale(n) || ' ' || COALESCE(many, one || 's') END
$$;

COMMENT ON FUNCTION caliper.diagnosis_number_raw(numeric, text, text) IS
'So many of something, as a person would say it (text): no connections, one connection, 1.5 connections';

CREATE FUNCTION caliper.diagnosis_share_raw(share double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN share < 0.005 THEN 'less than 1 %'
            WHEN share < 1 AND share >= 0.995 THEN 'nearly all'
            WHEN share >= 1 THEN 'all'
            ELSE round(100 * share::numeric) || ' %' END
$$;

COMMENT ON FUNCTION caliper.diagnosis_share_raw(double precision) IS
'A share (ratio) as a person would say it (text)';

CREATE FUNCTION caliper.diagnosis_rate_raw(rate double precision, noun text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT caliper.diagnosis_number_raw(
           round((rate * u.s)::numeric, CASE WHEN rate * u.s < 9.95 THEN 1 ELSE 0 END), noun)
       || ' ' || u.name
FROM (VALUES (1, 'per second'), (60, 'per minute'), (3600, 'per hour'), (86400, 'per day'))
     AS u (s, name)
WHERE rate * u.s >= 0.95 OR u.s = 86400
ORDER BY u.s LIMIT 1
$$;

COMMENT ON FUNCTION caliper.diagnosis_rate_raw(double precision, text) IS
'How often something comes (per second), as a person would say it (text): 3.5 transactions per minute';

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
              substring(diagnosis_openers_raw.application FROM '^.*@') || '(any address)')
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
    SELECT o.*, row_number() OVER (ORDER BY o.gap_time DESC, o.queryid) AS place,
           sum(o.gap_time) OVER () AS all_gaps
    FROM opener AS o
    WHERE o.gap_time > 0
)
SELECT jsonb_agg(jsonb_build_object(
           'opener_queryid', r.queryid,
           'opener', caliper.diagnosis_text_raw(r.query),
           'gap_s', round(r.gap_time::numeric / 1000, 3),
           'gap_ratio', round((r.gap_time / NULLIF(r.held_time, 0))::numeric, 3),
           'share_ratio', round((r.gap_time / r.all_gaps)::numeric, 3),
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
'The three openers (jsonb) whose transactions let the server wait longest, with the statement after which the longest gap came, and the routes of those that are idle in transaction now, or the one in the text that is kept. share_ratio is the part of all gaps that its transactions account for. What ended before is taken at its mean rate since it is counted; open transactions count with their time so far';

CREATE FUNCTION caliper.diagnosis_blocker_raw(application text, since timestamp with time zone)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH wait AS (      /* with several at the root, each has a part of it */
    SELECT b.*, b.waiting_for / greatest(b.roots, 1) AS part
    FROM caliper.blocking AS b
    WHERE b.application_name = diagnosis_blocker_raw.application AND b.waiting_for IS NOT NULL
), now AS (
    SELECT 1 AS place, w.root_application_name AS application, w.root_pid AS pid,
           min(w.root_state) AS state, min(w.root_opener_queryid) AS queryid,
           COALESCE(min(w.root_opener_query), min(w.root_query)) AS query,
           min(w.lock) AS lock, count(*) AS waiters, max(w.waiting_for) AS longest_wait,
           sum(w.part) AS blocked_time, NULL::timestamp with time zone AS since
    FROM wait AS w
    GROUP BY w.root_application_name, w.root_pid
), before AS (
    SELECT 2, h.application_name, NULL::integer, NULL, h.opener_queryid, h.opener_query, NULL,
           h.max_waiters::bigint, h.longest_wait, h.blocked_time, min(h.stats_since) OVER ()
    FROM caliper.blocking_history AS h
    WHERE h.last_at >= diagnosis_blocker_raw.since
      AND h.datname IN (SELECT p.datname FROM caliper.pools AS p
                        WHERE p.application_name = diagnosis_blocker_raw.application)
), blamed AS (
    SELECT r.*, sum(r.blocked_time) OVER (PARTITION BY r.place) AS all_time
    FROM (SELECT * FROM now UNION ALL SELECT * FROM before) AS r
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
           'blocked_s', round(r.blocked_time::numeric / 1000, 3),
           'blocked_share_ratio', round((r.blocked_time / NULLIF(r.all_time, 0))::numeric, 3),
           'blocked_share_of', CASE r.place WHEN 1 THEN 'waits of this application now'
                                    ELSE 'waits in its databases' END,
           'blocked_since', r.since)
FROM blamed AS r
ORDER BY r.place, r.blocked_time DESC NULLS LAST
LIMIT 1
$$;

COMMENT ON FUNCTION caliper.diagnosis_blocker_raw(text, timestamp with time zone) IS
'Who an application''s lock waits end at (jsonb): the root of the chains that are waiting now, else the opener that others of the same database waited for longest since then, whoever they were. blocked_share_ratio says what part of that waiting is for this one: of the waits of the application that go on now, or of all waits in its databases, since blocked_since, that are booked on openers whom somebody has waited for since then. null if nobody is to be seen';

CREATE FUNCTION caliper.diagnosis_refused_raw(application text, since timestamp with time zone)
RETURNS jsonb
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH limit_reached AS (
    SELECT r.*
    FROM caliper.refusals AS r
    WHERE r.last_at >= diagnosis_refused_raw.since
      AND r.reason IN ('too_many_clients', 'reserved_slots', 'role_limit', 'database_limit')
), refusal AS (
    SELECT r.*, sum(r.refused) OVER () AS times, min(r.first_at) OVER () AS since_at,
           row_number() OVER (ORDER BY r.last_at DESC, r.reason) AS place
    FROM limit_reached AS r
    WHERE r.application_name = diagnosis_refused_raw.application
), filled AS (
    SELECT sum(r.refused) AS times, min(r.first_at) AS since_at
    FROM limit_reached AS r
    WHERE r.top_application = diagnosis_refused_raw.application
      AND r.reason IN ('too_many_clients', 'reserved_slots')
)
SELECT NULLIF(jsonb_strip_nulls(jsonb_build_object(
           'refused_count', r.times,
           'refused_first_at', r.since_at,
           'refused_last_at', r.last_at,
           'refused_reason', r.reason,
           'refused_user', r.usename,
           'refused_database', r.datname,
           'slots_used', r.slots_used,
           'top_application', r.top_application,
           'top_connections', r.top_connections,
           'top_idle_in_transaction', r.top_idle_in_xact,
           'filled_count', f.times,
           'filled_first_at', f.since_at)), '{}')
FROM filled AS f
LEFT JOIN refusal AS r ON r.place = 1
$$;

COMMENT ON FUNCTION caliper.diagnosis_refused_raw(text, timestamp with time zone) IS
'What limits refused an application since then (jsonb): how often since it is counted, why, and who held the slots at the latest refusal; and how often the server refused anybody while this application held most of its slots (filled_count, filled_first_at). Null if there was neither';
