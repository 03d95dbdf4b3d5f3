-- Alerts: what the background worker has reported lately.

CREATE FUNCTION caliper.alerts_raw(
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT message pg_catalog.text,
    OUT at timestamp with time zone,
    OUT kind pg_catalog.text,
    OUT application_name pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT pid integer,
    OUT value double precision,
    OUT threshold double precision,
    OUT queryid bigint,
    OUT opener_queryid bigint,
    OUT blocked bigint,
    OUT root_pid integer,
    OUT root_opener_queryid bigint,
    OUT ended_at timestamp with time zone,
    OUT logged boolean
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_alerts_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION caliper.alerts_raw() IS
'The rows of caliper.alerts, with users and databases by OID';

CREATE VIEW caliper.alerts AS
SELECT
    a.at,
    a.kind,
    CASE WHEN a.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, a.userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(a.client_addr), '[local]'))
         ELSE a.application_name
    END AS application_name,
    r.rolname AS usename,
    d.datname,
    a.pid,
    a.value,
    a.threshold,
    CASE WHEN a.kind OPERATOR(pg_catalog.=) 'connection_usage' THEN '%'
         WHEN a.kind IS NOT NULL THEN 'ms'
    END AS unit,
    a.queryid,
    a.opener_queryid,
    a.blocked,
    a.root_pid,
    a.root_opener_queryid,
    a.ended_at,
    a.logged,
    a.message
FROM caliper.alerts_raw() AS a
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) a.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) a.dbid;

COMMENT ON VIEW caliper.alerts IS
'The latest 200 alerts, the oldest first: sessions above pg_caliper.log_min_idle_in_transaction, log_min_held or log_min_lock_wait (all off by default; may be set per role or database), and the server above pg_caliper.log_connection_usage. The background worker looks twice a second; without it there are no new alerts, and those that are open stay open. A transaction is reported once as idle and once as held, a wait for a lock once. Where track_activities is off, idle sessions are not seen, and a transaction counts as held since the worker first saw it. Alerts of the server and of other users'' sessions: of these the user and the database are shown, and nothing else; of that nothing, without pg_read_all_stats';
COMMENT ON COLUMN caliper.alerts.at IS 'When it was reported';
COMMENT ON COLUMN caliper.alerts.kind IS 'idle_in_transaction, held, lock_wait or connection_usage';
COMMENT ON COLUMN caliper.alerts.application_name IS 'Application of the session, as in caliper.pools; null for connection_usage';
COMMENT ON COLUMN caliper.alerts.usename IS 'User the session was opened as; null for connection_usage';
COMMENT ON COLUMN caliper.alerts.datname IS 'Its database; null for connection_usage';
COMMENT ON COLUMN caliper.alerts.pid IS 'Its process id; null for connection_usage';
COMMENT ON COLUMN caliper.alerts.value IS 'The highest that was seen so far, in unit: how long it has been idle in transaction at a stretch, held its connection, or waited; or the share of the connections that are not reserved';
COMMENT ON COLUMN caliper.alerts.threshold IS 'The threshold it was above, in unit';
COMMENT ON COLUMN caliper.alerts.unit IS 'ms or %';
COMMENT ON COLUMN caliper.alerts.queryid IS 'Query id of its current statement, or its latest; null if there is none';
COMMENT ON COLUMN caliper.alerts.opener_queryid IS 'Query id of the statement that opened its transaction; null if it is not known';
COMMENT ON COLUMN caliper.alerts.blocked IS 'Sessions that waited for it, directly or behind others, when it was reported';
COMMENT ON COLUMN caliper.alerts.root_pid IS 'Of lock_wait: process id of the nearest session at the root of its chain (see caliper.blocking) then; else null';
COMMENT ON COLUMN caliper.alerts.root_opener_queryid IS 'Query id of the statement that opened that session''s transaction; null if it is not known, or another user''s';
COMMENT ON COLUMN caliper.alerts.ended_at IS 'When the worker saw that it was over; null if it goes on. A transaction that is idle again is open again';
COMMENT ON COLUMN caliper.alerts.logged IS 'False if pg_caliper.log_rate_limit kept it out of the server log';
COMMENT ON COLUMN caliper.alerts.message IS 'What the server log says, as of then; <insufficient privilege> on alerts of other users';
