-- Blocking: who waits for a lock, and for whom in the end; now, and so far.

CREATE FUNCTION caliper.blocking_raw(
    OUT pid integer,
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT application_name pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT waiting_for double precision,
    OUT lock_mode pg_catalog.text,
    OUT lock_object pg_catalog.text,
    OUT relation pg_catalog.oid,
    OUT blocked_by integer[],
    OUT depth integer,
    OUT roots integer,
    OUT root_pid integer,
    OUT root_userid pg_catalog.oid,
    OUT root_application_name pg_catalog.text,
    OUT root_client_addr pg_catalog.inet,
    OUT root_opener_queryid bigint,
    OUT root_opener_userid pg_catalog.oid
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_blocking_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION caliper.blocking_raw() IS
'The rows of caliper.blocking, with users, databases and tables by OID. Costs a look at each process slot while nobody waits';

CREATE FUNCTION caliper.blocking_history_raw(
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT application_name pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT opener_queryid bigint,
    OUT opener_userid pg_catalog.oid,
    OUT episodes bigint,
    OUT blocked_time double precision,
    OUT longest_wait double precision,
    OUT max_waiters integer,
    OUT last_at timestamp with time zone,
    OUT stats_since timestamp with time zone
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_blocking_history_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION caliper.blocking_history_raw() IS
'The rows of caliper.blocking_history, with users and databases by OID';

CREATE VIEW caliper.blocking AS
SELECT
    b.pid,
    CASE WHEN b.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, b.userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(b.client_addr), '[local]'))
         ELSE b.application_name
    END AS application_name,
    d.datname,
    r.rolname AS usename,
    b.waiting_for,
    CASE WHEN b.relation IS NULL
         THEN b.lock_mode OPERATOR(pg_catalog.||) ' on ' OPERATOR(pg_catalog.||) b.lock_object
         ELSE pg_catalog.concat(b.lock_mode, ' on ', b.lock_object, ' ',
                                b.relation::pg_catalog.regclass)
    END AS lock,
    b.blocked_by,
    b.depth,
    b.roots,
    b.root_pid,
    CASE WHEN b.root_application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(q.rolname, b.root_userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(b.root_client_addr), '[local]'))
         ELSE b.root_application_name
    END AS root_application_name,
    CASE WHEN b.root_pid OPERATOR(pg_catalog.=) 0 THEN 'prepared'
         ELSE s.state
    END AS root_state,
    1000 OPERATOR(pg_catalog.*) EXTRACT(epoch FROM
        pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) s.xact_start
        )::double precision AS root_held_time,
    b.root_opener_queryid,
    caliper.statement_text(b.root_opener_queryid, b.root_opener_userid, s.datid) AS root_opener_query,
    s.query AS root_query
FROM caliper.blocking_raw() AS b
LEFT JOIN LATERAL pg_catalog.pg_stat_get_activity(COALESCE(b.root_pid, 0)) AS s
    ON s.pid OPERATOR(pg_catalog.=) b.root_pid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) b.userid
LEFT JOIN pg_catalog.pg_roles AS q ON q.oid OPERATOR(pg_catalog.=) b.root_userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) b.dbid;

COMMENT ON VIEW caliper.blocking IS
'One row per session that waits for a lock, and per session at the root of its chain (16 of these at most, see roots): the one that waits for nobody, and lets everybody go on when it ends its transaction. Live; chains are followed through any number of sessions, also where a waiter is held up by others who wait for the same row or table before him. The state of other sessions does not change within one transaction, the chains do. Locks of the lock manager only (rows, tables, advisory locks and so on), as in pg_locks. Of other users'' sessions the process, the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.blocking.pid IS 'Process id of the waiting session; of a parallel query, its leader''s';
COMMENT ON COLUMN caliper.blocking.application_name IS 'Its application, as in caliper.pools; (background) for a process that serves no client';
COMMENT ON COLUMN caliper.blocking.datname IS 'Its database';
COMMENT ON COLUMN caliper.blocking.usename IS 'User it was opened as';
COMMENT ON COLUMN caliper.blocking.waiting_for IS 'How long it has waited for this lock, ms; a statement may have waited for others before';
COMMENT ON COLUMN caliper.blocking.lock IS 'Mode and object of the lock; a row that another transaction has changed is waited for as that transaction; tables of other databases show as OID';
COMMENT ON COLUMN caliper.blocking.blocked_by IS 'Process ids of the sessions that stand directly in its way, as of pg_blocking_pids(); 0 is a prepared transaction';
COMMENT ON COLUMN caliper.blocking.depth IS 'Sessions to pass, at least, to get to the root: 1 if it waits for the root itself';
COMMENT ON COLUMN caliper.blocking.roots IS 'Sessions at the root of its chain, which must all end their transactions before it goes on; at most 16 of them have a row. 0 if there is none, as in a deadlock';
COMMENT ON COLUMN caliper.blocking.root_pid IS 'Process id of the session at the root; 0 for prepared transactions; null if there is none, as in a deadlock that the server has not resolved yet';
COMMENT ON COLUMN caliper.blocking.root_application_name IS 'Its application; (prepared) for prepared transactions, (background) for a process that serves no client; null if it is another user''s';
COMMENT ON COLUMN caliper.blocking.root_state IS 'What it does, as in pg_stat_activity: idle in transaction means that its client does nothing; prepared for prepared transactions; null if it is another user''s, or track_activities is off there';
COMMENT ON COLUMN caliper.blocking.root_held_time IS 'How long its transaction has been open, ms; null if it is another user''s';
COMMENT ON COLUMN caliper.blocking.root_opener_queryid IS 'Query id of the statement that opened its transaction, as in caliper.statements; null if it is not known';
COMMENT ON COLUMN caliper.blocking.root_opener_query IS 'Text of that statement with constants replaced by $n; null if it is not kept';
COMMENT ON COLUMN caliper.blocking.root_query IS 'Text of its current or latest statement as the client sent it, clipped at track_activity_query_size; <insufficient privilege> if it is another user''s';

CREATE VIEW caliper.blocking_history AS
SELECT
    CASE WHEN b.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, b.userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(b.client_addr), '[local]'))
         ELSE b.application_name
    END AS application_name,
    d.datname,
    r.rolname AS usename,
    b.opener_queryid,
    caliper.statement_text(b.opener_queryid, b.opener_userid, b.dbid) AS opener_query,
    b.episodes,
    b.blocked_time,
    b.longest_wait,
    b.max_waiters,
    b.last_at,
    b.stats_since
FROM caliper.blocking_history_raw() AS b
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) b.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) b.dbid;

COMMENT ON VIEW caliper.blocking_history IS
'Who kept others waiting for locks: one row per application, user, database and statement that opened the transaction, of those that were at the root of a chain (see caliper.blocking). Sampled by the background worker, once per pg_caliper.wait_sample_interval, and less often, down to once a second, when that would take more than a hundredth of its time: waits shorter than that may be missed or count for too much, on the average the sum is right. Nothing is added while the worker does not run or sampling is off. Kept until the server is restarted. Of other users'' rows the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.blocking_history.application_name IS 'Application at the root, as in caliper.pools; (background) for processes that serve no client, (prepared) for prepared transactions, (other) for what found no place';
COMMENT ON COLUMN caliper.blocking_history.datname IS 'Database; null if dropped';
COMMENT ON COLUMN caliper.blocking_history.usename IS 'User the session was opened as; null if dropped';
COMMENT ON COLUMN caliper.blocking_history.opener_queryid IS 'Query id of the statement that opened the transaction, as in caliper.statements; null if it is not known';
COMMENT ON COLUMN caliper.blocking_history.opener_query IS 'Text of that statement with constants replaced by $n; null if it is not kept';
COMMENT ON COLUMN caliper.blocking_history.episodes IS 'How often a session began to keep others waiting; if all its waiters go and others come within one look, that is one episode';
COMMENT ON COLUMN caliper.blocking_history.blocked_time IS 'Time that others waited, ms: the sum over all who waited, directly or behind others; a wait with several roots counts for each opener in equal parts';
COMMENT ON COLUMN caliper.blocking_history.longest_wait IS 'Longest single wait so far, ms, as of the latest look at it';
COMMENT ON COLUMN caliper.blocking_history.max_waiters IS 'Most sessions that waited at the same time';
COMMENT ON COLUMN caliper.blocking_history.last_at IS 'When somebody was last seen waiting';
COMMENT ON COLUMN caliper.blocking_history.stats_since IS 'Since when this row counts';
