/* Statements: what was run, by whom, how often, how long. */

CREATE FUNCTION caliper.statements_counters(
    OUT userid oid,
    OUT usename text,
    OUT dbid oid,
    OUT datname text,
    OUT note text,
    OUT application_name text,
    OUT queryid bigint,
    OUT toplevel boolean,
    OUT calls bigint,
    OUT errors bigint,
    OUT rows bigint,
    OUT total_exec_time double precision,
    OUT min_exec_time double precision,
    OUT max_exec_time double precision,
    OUT mean_exec_time double precision,
    OUT stddev_exec_time double precision,
    OUT p50_exec_time double precision,
    OUT p95_exec_time double precision,
    OUT p99_exec_time double precision,
    OUT share double precision,
    OUT plans bigint,
    OUT total_plan_time double precision,
    OUT shared_blks_hit bigint,
    OUT shared_blks_read bigint,
    OUT shared_blks_dirtied bigint,
    OUT shared_blks_written bigint,
    OUT local_blks_hit bigint,
    OUT local_blks_read bigint,
    OUT local_blks_dirtied bigint,
    OUT local_blks_written bigint,
    OUT temp_blks_read bigint,
    OUT temp_blks_written bigint,
    OUT blk_read_time double precision,
    OUT blk_write_time double precision,
    OUT wal_records bigint,
    OUT wal_fpi bigint,
    OUT wal_bytes bigint,
    OUT stats_since timestamp with time zone
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_statements_counters_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION caliper.statements_counters() IS
'The columns of caliper.statements without the text, for scrapers. note is (other) on the sum of what was evicted, <insufficient privilege> on rows of other users; else null';

CREATE FUNCTION caliper.statements_raw(
    OUT userid oid,
    OUT usename text,
    OUT dbid oid,
    OUT datname text,
    OUT application_name text,
    OUT queryid bigint,
    OUT toplevel boolean,
    OUT query text,
    OUT calls bigint,
    OUT errors bigint,
    OUT rows bigint,
    OUT total_exec_time double precision,
    OUT min_exec_time double precision,
    OUT max_exec_time double precision,
    OUT mean_exec_time double precision,
    OUT stddev_exec_time double precision,
    OUT p50_exec_time double precision,
    OUT p95_exec_time double precision,
    OUT p99_exec_time double precision,
    OUT share double precision,
    OUT plans bigint,
    OUT total_plan_time double precision,
    OUT shared_blks_hit bigint,
    OUT shared_blks_read bigint,
    OUT shared_blks_dirtied bigint,
    OUT shared_blks_written bigint,
    OUT local_blks_hit bigint,
    OUT local_blks_read bigint,
    OUT local_blks_dirtied bigint,
    OUT local_blks_written bigint,
    OUT temp_blks_read bigint,
    OUT temp_blks_written bigint,
    OUT blk_read_time double precision,
    OUT blk_write_time double precision,
    OUT wal_records bigint,
    OUT wal_fpi bigint,
    OUT wal_bytes bigint,
    OUT stats_since timestamp with time zone
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_statements_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION caliper.statements_raw() IS
'The rows of caliper.statements';

CREATE VIEW caliper.statements AS
SELECT
    s.userid,
    s.usename,
    s.dbid,
    s.datname,
    s.application_name,
    s.queryid,
    s.toplevel,
    s.query,
    s.calls,
    s.errors,
    s.rows,
    s.total_exec_time,
    s.min_exec_time,
    s.max_exec_time,
    s.mean_exec_time,
    s.stddev_exec_time,
    s.p50_exec_time,
    s.p95_exec_time,
    s.p99_exec_time,
    s.share,
    s.plans,
    s.total_plan_time,
    s.shared_blks_hit,
    s.shared_blks_read,
    s.shared_blks_dirtied,
    s.shared_blks_written,
    s.local_blks_hit,
    s.local_blks_read,
    s.local_blks_dirtied,
    s.local_blks_written,
    s.temp_blks_read,
    s.temp_blks_written,
    s.blk_read_time,
    s.blk_write_time,
    s.wal_records,
    s.wal_fpi,
    s.wal_bytes,
    s.stats_since
FROM caliper.statements_raw() AS s;

COMMENT ON VIEW caliper.statements IS
'One row per database, user, application, statement and level. Exact and immediate: an execution that has just ended in any session is in it. An execution ends with its last row or its last trigger, not when the client drops the portal; time spent waiting for the client between fetches is not in it. Failed, cancelled and timed-out executions count with their time. Errors that PL/pgSQL catches inside a statement, and errors hidden by log_min_messages, are not seen';
COMMENT ON COLUMN caliper.statements.userid IS 'OID of the user who ran the statement';
COMMENT ON COLUMN caliper.statements.usename IS 'Name of that user; null if dropped';
COMMENT ON COLUMN caliper.statements.dbid IS 'OID of the database';
COMMENT ON COLUMN caliper.statements.datname IS 'Name of the database; null if dropped';
COMMENT ON COLUMN caliper.statements.application_name IS 'application_name when its transaction began; empty if the client gave none, (other) if there were more names than there is room for';
COMMENT ON COLUMN caliper.statements.queryid IS 'Query id of the statement as core computes it; statements that differ only in the length of an IN list or ARRAY[] share the id of their group';
COMMENT ON COLUMN caliper.statements.toplevel IS 'True if a client sent it, false if it ran inside another statement (pg_caliper.track = all)';
COMMENT ON COLUMN caliper.statements.query IS 'Text with constants replaced by $n, clipped at pg_caliper.max_text_length with ... as the mark; the command name alone where it carries a secret; null if the text was evicted; (other) on the sum of evicted statements';
COMMENT ON COLUMN caliper.statements.calls IS 'Executions, failed ones included';
COMMENT ON COLUMN caliper.statements.errors IS 'Errors: failed executions, and failures before execution began (parse, Bind, planning) or at COMMIT, which are not in calls';
COMMENT ON COLUMN caliper.statements.rows IS 'Rows returned or changed';
COMMENT ON COLUMN caliper.statements.total_exec_time IS 'Execution time, ms; clock readings are in microseconds';
COMMENT ON COLUMN caliper.statements.min_exec_time IS 'Shortest execution, ms';
COMMENT ON COLUMN caliper.statements.max_exec_time IS 'Longest execution, ms';
COMMENT ON COLUMN caliper.statements.mean_exec_time IS 'Mean execution time, ms';
COMMENT ON COLUMN caliper.statements.stddev_exec_time IS 'Standard deviation of the execution time, ms';
COMMENT ON COLUMN caliper.statements.p50_exec_time IS 'Median execution time, ms; true percentile from a histogram of all executions, relative error below 5 % from 1 microsecond to 71 minutes';
COMMENT ON COLUMN caliper.statements.p95_exec_time IS '95th percentile of the execution time, ms; error as p50_exec_time';
COMMENT ON COLUMN caliper.statements.p99_exec_time IS '99th percentile of the execution time, ms; error as p50_exec_time';
COMMENT ON COLUMN caliper.statements.share IS 'Share of the execution time of all statements at top level, (other) included, ratio';
COMMENT ON COLUMN caliper.statements.plans IS 'Times planned';
COMMENT ON COLUMN caliper.statements.total_plan_time IS 'Planning time, ms; at top level from the arrival of the client''s message, so with parsing and rewriting';
COMMENT ON COLUMN caliper.statements.shared_blks_hit IS 'Shared blocks found in cache';
COMMENT ON COLUMN caliper.statements.shared_blks_read IS 'Shared blocks read';
COMMENT ON COLUMN caliper.statements.shared_blks_dirtied IS 'Shared blocks dirtied';
COMMENT ON COLUMN caliper.statements.shared_blks_written IS 'Shared blocks written';
COMMENT ON COLUMN caliper.statements.local_blks_hit IS 'Local blocks (temporary tables) found in cache';
COMMENT ON COLUMN caliper.statements.local_blks_read IS 'Local blocks read';
COMMENT ON COLUMN caliper.statements.local_blks_dirtied IS 'Local blocks dirtied';
COMMENT ON COLUMN caliper.statements.local_blks_written IS 'Local blocks written';
COMMENT ON COLUMN caliper.statements.temp_blks_read IS 'Temporary blocks (sorts, hashes) read';
COMMENT ON COLUMN caliper.statements.temp_blks_written IS 'Temporary blocks written';
COMMENT ON COLUMN caliper.statements.blk_read_time IS 'Time reading shared blocks, ms; 0 unless track_io_timing is on';
COMMENT ON COLUMN caliper.statements.blk_write_time IS 'Time writing shared blocks, ms; 0 unless track_io_timing is on';
COMMENT ON COLUMN caliper.statements.wal_records IS 'Write-ahead log records';
COMMENT ON COLUMN caliper.statements.wal_fpi IS 'Write-ahead log full page images';
COMMENT ON COLUMN caliper.statements.wal_bytes IS 'Write-ahead log, bytes';
COMMENT ON COLUMN caliper.statements.stats_since IS 'When the statement was first recorded';
