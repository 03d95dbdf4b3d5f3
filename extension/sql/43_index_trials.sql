/*
 * Did it help?  Each index that came or went, and the statements that touch its
 * table, before and after.
 *
 *	index_trial_windows_raw()	for each statement, the executions to compare
 *	index_trials_judged_raw()	the comparison, and a row for the whole
 */

CREATE FUNCTION caliper.index_trial_windows_raw(
    OUT trial bigint,
    OUT userid oid,
    OUT queryid bigint,
    OUT writes boolean,
    OUT gains boolean,
    OUT intact boolean,
    OUT calls_before bigint,
    OUT time_before double precision,
    OUT squares_before double precision,
    OUT calls_after bigint,
    OUT time_after double precision,
    OUT squares_after double precision,
    OUT together_from bigint,
    OUT together_until bigint
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 200
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH raw AS MATERIALIZED (
    SELECT r.* FROM caliper.index_trials_raw() AS r
), gone AS (
    /* an index that went again served until then, and no longer */
    SELECT c.trial, min(d.trial) AS until
    FROM raw AS c
    JOIN raw AS d ON d.indexrelid = c.indexrelid AND d.trial > c.trial AND d.action = 'drop'
    WHERE c.action = 'create'
    GROUP BY c.trial
)
SELECT
    r.trial, r.userid, r.queryid, r.writes, r.searches OR r.action = 'drop',
    r.intact AND (e.trial IS NOT NULL OR g.until IS NULL OR d.trial IS NOT NULL),
    r.calls - COALESCE(s.calls, 0),
    r.exec_time - COALESCE(s.exec_time, 0),
    r.squares - COALESCE(s.squares, 0),
    COALESCE(e.calls, d.calls, r.calls_now) - r.calls,
    COALESCE(e.exec_time, d.exec_time, r.exec_time_now) - r.exec_time,
    COALESCE(e.squares, d.squares, r.squares_now) - r.squares,
    COALESCE(f.trial, r.trial),
    COALESCE(e.trial, g.until, 9223372036854775807)
FROM raw AS r
CROSS JOIN caliper.index_limits() AS l
LEFT JOIN gone AS g ON g.trial = r.trial
LEFT JOIN raw AS d ON d.trial = g.until AND d.userid = r.userid AND d.queryid = r.queryid
LEFT JOIN LATERAL (
    SELECT o.* FROM raw AS o
    WHERE o.relid = r.relid AND o.userid = r.userid AND o.queryid = r.queryid AND o.intact
      AND o.trial < r.trial AND r.calls - o.calls >= l.calls_after
    ORDER BY o.trial DESC LIMIT 1) AS s ON true
LEFT JOIN LATERAL (
    SELECT min(o.trial) AS trial FROM raw AS o
    WHERE o.relid = r.relid AND o.userid = r.userid AND o.queryid = r.queryid AND o.intact
      AND o.trial < r.trial AND r.calls - o.calls < l.calls_after) AS f ON true
LEFT JOIN LATERAL (
    SELECT o.* FROM raw AS o
    WHERE o.relid = r.relid AND o.userid = r.userid AND o.queryid = r.queryid AND r.intact
      AND o.trial > r.trial AND o.trial <= COALESCE(g.until, o.trial) AND o.calls - r.calls >= l.calls_after
    ORDER BY o.trial LIMIT 1) AS e ON true
WHERE r.queryid IS NOT NULL
$$;

COMMENT ON FUNCTION caliper.index_trial_windows_raw() IS
'For each trial and statement, what is compared: executions before, since the latest trial of an index of the same table that lies far enough back, else since they are counted; and after, until the next such trial, else until the index went again, else until now. Other trials from together_from on and before together_until have a part in the change. gains tells whether the statement can gain at all: one that does not search the table, as an INSERT, gains by no index';

CREATE FUNCTION caliper.index_trials_judged_raw(
    OUT trial bigint,
    OUT userid oid,
    OUT queryid bigint,
    OUT writes boolean,
    OUT calls_before bigint,
    OUT mean_before double precision,
    OUT stddev_before double precision,
    OUT calls_after bigint,
    OUT mean_after double precision,
    OUT stddev_after double precision,
    OUT change double precision,
    OUT verdict text,
    OUT write_calls_before bigint,
    OUT write_mean_before double precision,
    OUT write_calls_after bigint,
    OUT write_mean_after double precision,
    OUT together_from bigint,
    OUT together_until bigint
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 200
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH means AS (
    SELECT w.*, l.change AS least, l.certainty AS z,
           w.calls_before >= l.calls_before AND w.intact AS known,
           w.calls_after >= l.calls_after AS enough, w.calls_after >= l.calls_sure AS sure,
           w.time_before / NULLIF(w.calls_before, 0) AS mean_before,
           w.time_after / NULLIF(w.calls_after, 0) AS mean_after,
           GREATEST(w.squares_before - w.time_before ^ 2 / NULLIF(w.calls_before, 0), 0)
               / NULLIF(GREATEST(w.calls_before - 1, 0), 0) AS variance_before,
           GREATEST(w.squares_after - w.time_after ^ 2 / NULLIF(w.calls_after, 0), 0)
               / NULLIF(GREATEST(w.calls_after - 1, 0), 0) AS variance_after
    FROM caliper.index_trial_windows_raw() AS w
    CROSS JOIN caliper.index_limits() AS l
), welch AS (
    SELECT m.*, m.mean_after / NULLIF(m.mean_before, 0) - 1 AS change,
           m.variance_before / m.calls_before AS error_before,
           m.variance_after / NULLIF(m.calls_after, 0) AS error_after,
           (m.variance_before / m.calls_before + m.variance_after / NULLIF(m.calls_after, 0)) ^ 2
               / NULLIF((m.variance_before / m.calls_before) ^ 2 / NULLIF(m.calls_before - 1, 0)
                        + (m.variance_after / NULLIF(m.calls_after, 0)) ^ 2 / NULLIF(m.calls_after - 1, 0), 0)
               AS freedom
    FROM means AS m
), tested AS (
    /* Student's quantile by the first terms of its expansion in the freedom */
    SELECT w.*,
           abs(w.mean_after - w.mean_before) > sqrt(w.error_before + w.error_after)
               * CASE WHEN w.freedom IS NULL THEN w.z
                      ELSE w.z + (w.z ^ 3 + w.z) / (4 * w.freedom)
                           + (5 * w.z ^ 5 + 16 * w.z ^ 3 + 3 * w.z) / (96 * w.freedom ^ 2) END AS certain
    FROM welch AS w
), judged AS (
    SELECT t.*,
           CASE WHEN t.known IS NOT TRUE THEN 'unknown'
                WHEN NOT t.enough THEN 'too early'
                WHEN t.certain AND t.change <= -t.least AND t.gains THEN 'confirmed'
                WHEN t.certain AND t.change >= t.least THEN 'harmful'
                WHEN NOT t.certain AND abs(t.change) >= t.least AND NOT t.sure THEN 'too early'
                ELSE 'no effect' END AS verdict
    FROM tested AS t
), sums AS (
    /* the executions since, at the old means and at the new */
    SELECT j.trial,
           sum(j.calls_before) AS calls_before, sum(j.calls_after) AS calls_after,
           sum(j.calls_after * j.mean_before) FILTER (WHERE j.known AND j.calls_after > 0) AS at_before,
           sum(j.calls_after * j.mean_after) FILTER (WHERE j.known AND j.calls_after > 0) AS at_after,
           sum(j.calls_after) FILTER (WHERE j.known) AS compared,
           sum(j.calls_before) FILTER (WHERE j.writes) AS write_calls_before,
           sum(j.calls_after) FILTER (WHERE j.writes) AS write_calls_after,
           sum(j.calls_after * j.mean_before) FILTER (WHERE j.writes AND j.known AND j.calls_after > 0) AS write_at_before,
           sum(j.calls_after * j.mean_after) FILTER (WHERE j.writes AND j.known AND j.calls_after > 0) AS write_at_after,
           sum(j.calls_after) FILTER (WHERE j.writes AND j.known) AS write_compared,
           sum(j.calls_after * (j.mean_before - j.mean_after))
               FILTER (WHERE j.verdict IN ('confirmed', 'harmful')) AS saved,
           max(j.calls_after * (j.mean_after - j.mean_before))
               FILTER (WHERE j.verdict = 'harmful' AND NOT j.writes) AS lost_by_reader,
           bool_or(j.verdict = 'confirmed') AS gained, max(j.least) AS least,
           COALESCE(sum(j.time_before) FILTER (WHERE j.verdict = 'too early'), 0) AS early,
           COALESCE(sum(j.time_before) FILTER (WHERE j.verdict = 'no effect'), 0) AS same,
           bool_and(j.verdict = 'unknown') AS unknown,
           min(j.together_from) FILTER (WHERE j.known AND j.enough) AS together_from,
           max(j.together_until) FILTER (WHERE j.known AND j.enough) AS together_until
    FROM judged AS j
    GROUP BY j.trial
)
SELECT j.trial, j.userid, j.queryid, j.writes, j.calls_before, j.mean_before, sqrt(j.variance_before),
       CASE WHEN j.known THEN j.calls_after END, CASE WHEN j.known THEN j.mean_after END,
       CASE WHEN j.known THEN sqrt(j.variance_after) END, CASE WHEN j.known THEN j.change END, j.verdict,
       NULL, NULL, NULL, NULL, j.together_from, j.together_until
FROM judged AS j
UNION ALL
SELECT s.trial, NULL, NULL, NULL, s.calls_before, s.at_before / NULLIF(s.compared, 0), NULL,
       s.compared, s.at_after / NULLIF(s.compared, 0), NULL, s.at_after / NULLIF(s.at_before, 0) - 1,
       CASE WHEN s.unknown THEN 'unknown'
            WHEN s.saved < 0 OR s.lost_by_reader >= s.least * s.at_before THEN 'harmful'
            WHEN s.gained THEN 'confirmed'
            WHEN s.early > s.same THEN 'too early'
            ELSE 'no effect' END,
       s.write_calls_before, s.write_at_before / NULLIF(s.write_compared, 0),
       s.write_compared, s.write_at_after / NULLIF(s.write_compared, 0),
       s.together_from, s.together_until
FROM sums AS s
$$;

COMMENT ON FUNCTION caliper.index_trials_judged_raw() IS
'The numbers and verdicts of caliper.index_trials: for each trial a row for each statement that the reader may see, and one without a statement for all of them. Means are compared by Welch''s test';

CREATE FUNCTION caliper.index_trials_told_raw(
    OUT action text,
    OUT schemaname name,
    OUT tablename name,
    OUT indexname text,
    OUT indexrelid oid,
    OUT definition text,
    OUT at timestamp with time zone,
    OUT usename name,
    OUT advised boolean,
    OUT queryid bigint,
    OUT query text,
    OUT statement_usename name,
    OUT writes boolean,
    OUT calls_before bigint,
    OUT mean_before double precision,
    OUT stddev_before double precision,
    OUT calls_after bigint,
    OUT mean_after double precision,
    OUT stddev_after double precision,
    OUT change double precision,
    OUT verdict text,
    OUT write_calls_before bigint,
    OUT write_mean_before double precision,
    OUT write_calls_after bigint,
    OUT write_mean_after double precision,
    OUT note text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 200
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH trials AS MATERIALIZED (
    SELECT r.trial, r.action, r.relid, r.indexrelid, r.indexname, r.definition, r.at, r.roleid, r.advised,
           r.statements, count(*) FILTER (WHERE r.userid IS NOT NULL AND r.queryid IS NULL) AS hidden
    FROM caliper.index_trials_raw() AS r
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
), judged AS MATERIALIZED (
    SELECT j.* FROM caliper.index_trials_judged_raw() AS j
)
SELECT
    t.action, n.nspname, c.relname, t.indexname, t.indexrelid, t.definition, t.at, r.rolname, t.advised, j.queryid,
    CASE WHEN j.queryid IS NOT NULL
         THEN caliper.statement_text(j.queryid, j.userid, d.oid) END,
    u.rolname, j.writes, j.calls_before, j.mean_before, j.stddev_before, j.calls_after, j.mean_after,
    j.stddev_after, j.change, COALESCE(j.verdict, 'unknown'),
    j.write_calls_before, j.write_mean_before, j.write_calls_after, j.write_mean_after,
    CASE WHEN j.queryid IS NULL THEN NULLIF(concat_ws('; ',
        CASE WHEN t.statements = 0 THEN 'no statement was known to touch the table' END,
        CASE WHEN t.hidden > 0 THEN format('statements of other users are left out: %s', t.hidden) END,
        'together with ' || (SELECT string_agg(format('%s of %s', o.action, o.indexname), ', ' ORDER BY o.trial)
                             FROM trials AS o
                             WHERE o.relid = t.relid AND o.trial <> t.trial AND o.trial >= j.together_from
                               AND o.trial < j.together_until)), '') END
FROM trials AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_database AS d ON d.datname = current_database()
LEFT JOIN judged AS j ON j.trial = t.trial
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = t.roleid
LEFT JOIN pg_catalog.pg_roles AS u ON u.oid = j.userid
ORDER BY t.trial, j.queryid IS NOT NULL, j.calls_after * abs(j.mean_before - j.mean_after) DESC NULLS LAST
$$;

COMMENT ON FUNCTION caliper.index_trials_told_raw() IS
'The rows of caliper.index_trials';

CREATE VIEW caliper.index_trials AS
SELECT
    t.action,
    t.schemaname,
    t.tablename,
    t.indexname,
    t.indexrelid,
    t.definition,
    t.at,
    t.usename,
    t.advised,
    t.queryid,
    t.query,
    t.statement_usename,
    t.writes,
    t.calls_before,
    t.mean_before,
    t.stddev_before,
    t.calls_after,
    t.mean_after,
    t.stddev_after,
    t.change,
    t.verdict,
    t.write_calls_before,
    t.write_mean_before,
    t.write_calls_after,
    t.write_mean_after,
    t.note
FROM caliper.index_trials_told_raw() AS t;

COMMENT ON VIEW caliper.index_trials IS
'Each index of the current database that was created (or became valid) or dropped, and what that did: a row for the index, whose queryid is null, and one for each statement that was known to touch its table, 16 of them at most, the most expensive ones. Means before and after are compared by Welch''s test: confirmed is at least 10 % faster, harmful at least 10 % slower, and too certain for chance; no effect, neither; too early, fewer than 10 executions since, or fewer than 100 and a change that may be chance; unknown, fewer than 5 before, or counters that were reset or made room meanwhile. The index is harmful if more was lost than gained, or if a statement that only reads lost 10 % of what all of them take, and confirmed if anything was gained otherwise. Whatever else changed meanwhile, such as data or load, is in it too. Before is all that was counted, with the data as they were then, or what was counted since another index of the table came or went. CREATE, DROP and REINDEX INDEX are seen, and ALTER TABLE for constraints and for columns that go; an index that went with its table is not. The latest 64 are kept';
COMMENT ON COLUMN caliper.index_trials.action IS 'create or drop; of a drop, no effect is what one hopes for';
COMMENT ON COLUMN caliper.index_trials.schemaname IS 'Schema of the table';
COMMENT ON COLUMN caliper.index_trials.tablename IS 'Name of the table';
COMMENT ON COLUMN caliper.index_trials.indexname IS 'Name of the index, as it was then';
COMMENT ON COLUMN caliper.index_trials.indexrelid IS 'OID of the index';
COMMENT ON COLUMN caliper.index_trials.definition IS 'The statement that makes it, clipped to 447 bytes; null if the table was locked at that moment';
COMMENT ON COLUMN caliper.index_trials.at IS 'When it was created, or dropped; its transaction may have ended later';
COMMENT ON COLUMN caliper.index_trials.usename IS 'Who did it; null if dropped';
COMMENT ON COLUMN caliper.index_trials.advised IS 'Whether caliper.index_advice had said so';
COMMENT ON COLUMN caliper.index_trials.queryid IS 'Query id of the statement; null in the row for the index as a whole';
COMMENT ON COLUMN caliper.index_trials.query IS 'Its text';
COMMENT ON COLUMN caliper.index_trials.statement_usename IS 'Who runs it; null if dropped, and in the row for the index';
COMMENT ON COLUMN caliper.index_trials.writes IS 'Whether it was seen to change the table';
COMMENT ON COLUMN caliper.index_trials.calls_before IS 'Executions before; of the index, of all its statements together';
COMMENT ON COLUMN caliper.index_trials.mean_before IS 'Their mean time, ms; of the index, what the executions since would have taken on average, had nothing changed';
COMMENT ON COLUMN caliper.index_trials.stddev_before IS 'Standard deviation of their times, ms';
COMMENT ON COLUMN caliper.index_trials.calls_after IS 'Executions after; null if unknown';
COMMENT ON COLUMN caliper.index_trials.mean_after IS 'Their mean time, ms; of the index, of all its statements together';
COMMENT ON COLUMN caliper.index_trials.stddev_after IS 'Standard deviation of their times, ms';
COMMENT ON COLUMN caliper.index_trials.change IS 'Change of the mean time, ratio: -0.9 is 90 % less, 1 is twice as much';
COMMENT ON COLUMN caliper.index_trials.verdict IS 'confirmed, no effect, harmful, too early or unknown';
COMMENT ON COLUMN caliper.index_trials.write_calls_before IS 'In the row for the index: executions before, of the statements that change the table';
COMMENT ON COLUMN caliper.index_trials.write_mean_before IS 'What those since would have taken on average, ms, had nothing changed';
COMMENT ON COLUMN caliper.index_trials.write_calls_after IS 'Executions after, of the statements that change the table';
COMMENT ON COLUMN caliper.index_trials.write_mean_after IS 'Their mean time, ms; less write_mean_before, the measured price of the index';
COMMENT ON COLUMN caliper.index_trials.note IS 'In the row for the index: what else had a part in it, or is left out; null if nothing';
