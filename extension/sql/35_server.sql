-- The server as a whole: its limits, and how near they are.

CREATE FUNCTION caliper.server_raw(
    OUT connections bigint,
    OUT connections_peak bigint,
    OUT connections_peak_at timestamp with time zone,
    OUT busy bigint,
    OUT busy_peak bigint,
    OUT busy_peak_at timestamp with time zone,
    OUT refusals bigint,
    OUT last_refused_at timestamp with time zone,
    OUT backend_memory bigint,
    OUT started_at timestamp with time zone
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_server_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 1;

COMMENT ON FUNCTION caliper.server_raw() IS
'What caliper.server shows beside the settings';

CREATE VIEW caliper.server AS
SELECT
    l.max_connections,
    l.reserved,
    l.superuser_reserved,
    s.connections,
    s.connections_peak,
    s.connections_peak_at,
    l.max_connections OPERATOR(pg_catalog.-) l.reserved
        OPERATOR(pg_catalog.-) l.superuser_reserved
        OPERATOR(pg_catalog.-) s.connections AS headroom,
    s.connections::double precision
        OPERATOR(pg_catalog./) l.max_connections::double precision AS usage,
    s.refusals,
    s.last_refused_at,
    s.busy,
    s.busy_peak,
    s.busy_peak_at,
    s.backend_memory,
    s.started_at
FROM caliper.server_raw() AS s
CROSS JOIN (
    SELECT
        pg_catalog.current_setting('max_connections')::bigint,
        COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::bigint,
        pg_catalog.current_setting('superuser_reserved_connections')::bigint
    ) AS l (max_connections, reserved, superuser_reserved);

COMMENT ON VIEW caliper.server IS
'One row: how many connections the server grants, how many there are, and how many were refused. Connections are those of clients, as pg_stat_activity counts them (backend_type is client backend); replication and background workers have slots of their own. Within one transaction their number does not change between two looks. Peaks are since the start of the server or caliper.reset(''pools'')';
COMMENT ON COLUMN caliper.server.max_connections IS 'The setting max_connections';
COMMENT ON COLUMN caliper.server.reserved IS 'The setting reserved_connections: slots for roles with pg_use_reserved_connections; 0 on PostgreSQL 15, which does not have it';
COMMENT ON COLUMN caliper.server.superuser_reserved IS 'The setting superuser_reserved_connections: slots for superusers';
COMMENT ON COLUMN caliper.server.connections IS 'Connections of clients now, the present one included';
COMMENT ON COLUMN caliper.server.connections_peak IS 'Most of them at the same time; counted';
COMMENT ON COLUMN caliper.server.connections_peak_at IS 'When there were as many for the first time';
COMMENT ON COLUMN caliper.server.headroom IS 'How many more an ordinary client could open: max_connections - reserved - superuser_reserved - connections; below 0 when reserved slots are in use';
COMMENT ON COLUMN caliper.server.usage IS 'connections / max_connections, 0 to 1';
COMMENT ON COLUMN caliper.server.refusals IS 'Connections that were refused, for whatever reason, since caliper.reset(''refusals''); see caliper.refusals';
COMMENT ON COLUMN caliper.server.last_refused_at IS 'When the latest of them was; null if none was';
COMMENT ON COLUMN caliper.server.busy IS 'Connections now inside a transaction or running a statement, the present one included';
COMMENT ON COLUMN caliper.server.busy_peak IS 'Most of them at the same time, as far as somebody looked: the background worker with each sample of waits (pg_caliper.wait_sample_interval), each refusal, each look at this view. What lasted shorter may have been missed';
COMMENT ON COLUMN caliper.server.busy_peak_at IS 'When there were as many for the first time';
COMMENT ON COLUMN caliper.server.backend_memory IS 'Estimate: memory of one connection''s process, bytes; mean over up to 50 of them, of memory not shared with others (RssAnon) and page tables (VmPTE), as Linux says at this moment. Pages that a process has inherited and never written are in it, so it is rather too high. Null on other systems';
COMMENT ON COLUMN caliper.server.started_at IS 'When the server started';
