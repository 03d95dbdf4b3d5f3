-- Slow statements: single executions, and where their time went.

CREATE FUNCTION caliper.slow_statements_raw(
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT query pg_catalog.text,
    OUT started timestamp with time zone,
    OUT duration double precision,
    OUT plan_time double precision,
    OUT queryid bigint,
    OUT toplevel boolean,
    OUT rows bigint,
    OUT application_name pg_catalog.text,
    OUT pool pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT pid integer,
    OUT route pg_catalog.text,
    OUT traceparent pg_catalog.text,
    OUT parameters pg_catalog.text,
    OUT plan pg_catalog.text,
    OUT sqlstate pg_catalog.text,
    OUT sampled boolean,
    OUT io_time double precision,
    OUT lock_time double precision,
    OUT client_time double precision,
    OUT other_time double precision,
    OUT wait_samples bigint,
    OUT wait_profile pg_catalog.jsonb,
    OUT shared_blks_hit bigint,
    OUT shared_blks_read bigint,
    OUT temp_blks_read bigint,
    OUT temp_blks_written bigint,
    OUT wal_bytes bigint
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_slow_statements_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION caliper.slow_statements_raw() IS
'The rows of caliper.slow_statements, with users and databases by OID';

CREATE VIEW caliper.slow_statements AS
SELECT
    s.started,
    s.duration,
    s.plan_time,
    s.queryid,
    s.query,
    s.toplevel,
    s.rows,
    s.application_name,
    s.pool,
    r.rolname AS usename,
    d.datname,
    s.client_addr,
    s.pid,
    s.route,
    s.traceparent,
    s.parameters,
    s.plan,
    s.sqlstate,
    s.sampled,
    s.io_time,
    s.lock_time,
    s.client_time,
    s.other_time,
    s.wait_samples,
    s.wait_profile,
    s.shared_blks_hit,
    s.shared_blks_read,
    s.temp_blks_read,
    s.temp_blks_written,
    s.wal_bytes
FROM caliper.slow_statements_raw() AS s
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.dbid;

COMMENT ON VIEW caliper.slow_statements IS
'The latest executions (pg_caliper.slow_events of them) that took pg_caliper.slow_min_duration or longer, or as long as pg_caliper.application_thresholds says for their application, and pg_caliper.sample_rate of the faster ones at top level. Failed, cancelled and timed-out executions are in it, without plan and parameters. Statements inside functions are in it with pg_caliper.track = all. Of other users'' rows the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.slow_statements.started IS 'When the execution began';
COMMENT ON COLUMN caliper.slow_statements.duration IS 'Execution time, ms; without planning, and without what the client took between two fetches from a cursor';
COMMENT ON COLUMN caliper.slow_statements.plan_time IS 'Time it took to plan it just before, ms; 0 if a plan was at hand';
COMMENT ON COLUMN caliper.slow_statements.queryid IS 'Query id, as in caliper.statements';
COMMENT ON COLUMN caliper.slow_statements.query IS 'Text with constants replaced by $n, as in caliper.statements; null if it was evicted; <insufficient privilege> on rows of other users';
COMMENT ON COLUMN caliper.slow_statements.toplevel IS 'True if a client sent it, false if it ran inside another statement';
COMMENT ON COLUMN caliper.slow_statements.rows IS 'Rows returned or changed; if it failed, those of a cursor fetched before';
COMMENT ON COLUMN caliper.slow_statements.application_name IS 'application_name when its transaction began; empty if the client gave none';
COMMENT ON COLUMN caliper.slow_statements.pool IS 'pg_caliper.pool of the session; null if it is not set';
COMMENT ON COLUMN caliper.slow_statements.usename IS 'User who ran it; null if dropped';
COMMENT ON COLUMN caliper.slow_statements.datname IS 'Database; null if dropped';
COMMENT ON COLUMN caliper.slow_statements.client_addr IS 'Address of the client as the server sees it, which may be a pooler''s; null for a Unix socket';
COMMENT ON COLUMN caliper.slow_statements.pid IS 'Process id of the server process';
COMMENT ON COLUMN caliper.slow_statements.route IS 'Endpoint that a sqlcommenter comment names: its route, else controller/action; clipped at 95 bytes; null if there is none';
COMMENT ON COLUMN caliper.slow_statements.traceparent IS 'W3C trace context from such a comment; null if there is none, or none that is valid';
COMMENT ON COLUMN caliper.slow_statements.parameters IS 'Values of the bind parameters, each clipped at pg_caliper.log_parameter_max_length, all together at 255 bytes; values larger than 8 kB and of types that do not come with the server show as ?; null if that setting is 0 or there are none';
COMMENT ON COLUMN caliper.slow_statements.plan IS 'Plan in the format of pg_caliper.log_plan, as of the first execution with a plan of this shape (statement, nodes, tables, indexes); with actual rows, and then of this very execution, if rows per node were counted for it; clipped at 32 kB; null for utility commands, after an error, and if it was evicted';
COMMENT ON COLUMN caliper.slow_statements.sqlstate IS 'SQLSTATE of the error it failed with, XX000 if log_min_messages hid that error; null if it succeeded';
COMMENT ON COLUMN caliper.slow_statements.sampled IS 'True if it was kept by pg_caliper.sample_rate, being faster than the threshold';
COMMENT ON COLUMN caliper.slow_statements.io_time IS 'Time spent waiting for I/O, ms: measured with track_io_timing on (temporary files from the samples), else from the samples; null if neither is there';
COMMENT ON COLUMN caliper.slow_statements.lock_time IS 'Time spent waiting for heavyweight locks (tables, rows), ms: the share of the samples taken by the worker; null without samples. Locks waited for before execution began (parsing, planning) are not in it';
COMMENT ON COLUMN caliper.slow_statements.client_time IS 'Time spent waiting for the client to take or send rows, ms: the share of the samples; null without samples';
COMMENT ON COLUMN caliper.slow_statements.other_time IS 'The rest of duration, ms: CPU, and all other waits, which wait_profile tells apart; null without samples';
COMMENT ON COLUMN caliper.slow_statements.wait_samples IS 'How often the worker looked while it ran, once per pg_caliper.wait_sample_interval; of a cursor, during its last run; 0 for statements inside functions';
COMMENT ON COLUMN caliper.slow_statements.wait_profile IS 'Those samples by what was waited for: cpu (running, or ready to), lock, lwlock, io, client, ipc, timeout, other; classes never seen are left out; null without samples';
COMMENT ON COLUMN caliper.slow_statements.shared_blks_hit IS 'Shared blocks found in cache';
COMMENT ON COLUMN caliper.slow_statements.shared_blks_read IS 'Shared blocks read';
COMMENT ON COLUMN caliper.slow_statements.temp_blks_read IS 'Temporary blocks (sorts, hashes) read';
COMMENT ON COLUMN caliper.slow_statements.temp_blks_written IS 'Temporary blocks written';
COMMENT ON COLUMN caliper.slow_statements.wal_bytes IS 'Write-ahead log written, bytes';
