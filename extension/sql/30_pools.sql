-- Connections: who has how many, how many are busy, and what they are held for.

CREATE FUNCTION caliper.pools_raw(
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT application_name pg_catalog.text,
    OUT pool pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT connections bigint,
    OUT connections_peak bigint,
    OUT connections_peak_at timestamp with time zone,
    OUT busy bigint,
    OUT busy_peak bigint,
    OUT busy_peak_at timestamp with time zone,
    OUT busy_p50 double precision,
    OUT busy_p95 double precision,
    OUT busy_p99 double precision,
    OUT busy_mean double precision,
    OUT busy_stddev double precision,
    OUT observed_time double precision,
    OUT connected_time double precision,
    OUT held_time double precision,
    OUT gap_time double precision,
    OUT commit_time double precision,
    OUT held_mean double precision,
    OUT held_stddev double precision,
    OUT held_p50 double precision,
    OUT held_p95 double precision,
    OUT held_p99 double precision,
    OUT xacts bigint,
    OUT setups bigint,
    OUT gap_estimated bigint,
    OUT errors bigint,
    OUT opened bigint,
    OUT closed bigint,
    OUT abandoned bigint,
    OUT lifetime_p50 double precision,
    OUT stats_since timestamp with time zone
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_pools_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION caliper.pools_raw() IS
'The rows of caliper.pools, with users and databases by OID and application_name as the client gave it';

CREATE FUNCTION caliper.active_raw(
    OUT pid integer,
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT application_name pg_catalog.text,
    OUT pool pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT gap_time double precision,
    OUT first_use double precision,
    OUT opener_queryid bigint,
    OUT opener_userid pg_catalog.oid
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_active_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION caliper.active_raw() IS
'Which pool each connection is booked on; first_use as in caliper.active; of its open transaction, gap_time (ms) is the sum of the gaps that have ended, opener_queryid its first statement, and opener_userid whose that is';

CREATE FUNCTION caliper.route(query pg_catalog.text)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'caliper_route_0_1'
LANGUAGE C STRICT IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.route(pg_catalog.text) IS
'The endpoint (text) that a sqlcommenter comment in the statement names: its route, else controller/action; null if it names none';

CREATE FUNCTION caliper.group_queryid(queryid bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'caliper_group_queryid_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.group_queryid(bigint) IS
'The query id (bigint) that a statement goes by in the views of pg_caliper, given core''s, for example pg_stat_activity.query_id; the same unless the statement holds a list';

CREATE VIEW caliper.pools AS
SELECT
    CASE WHEN p.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, p.userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(p.client_addr), '[local]'))
         ELSE p.application_name
    END AS application_name,
    p.pool,
    d.datname,
    r.rolname AS usename,
    p.client_addr,
    p.connections,
    p.connections_peak,
    p.connections_peak_at,
    p.busy,
    p.busy_peak,
    p.busy_peak_at,
    p.busy_p50,
    p.busy_p95,
    p.busy_p99,
    p.busy_mean,
    p.busy_stddev,
    p.observed_time,
    p.held_time,
    p.held_time OPERATOR(pg_catalog.-) p.gap_time AS work_time,
    p.gap_time,
    p.commit_time,
    CASE WHEN p.connected_time OPERATOR(pg_catalog.>) p.held_time
         THEN pg_catalog.round((p.connected_time OPERATOR(pg_catalog.-) p.held_time)::numeric, 3)::double precision
         WHEN p.connected_time IS NOT NULL THEN 0
    END AS idle_time,
    CASE WHEN p.held_time OPERATOR(pg_catalog.>) p.connected_time THEN 1
         ELSE pg_catalog.round((p.held_time OPERATOR(pg_catalog./)
             NULLIF(p.connected_time, 0))::numeric, 6)::double precision
    END AS utilization,
    p.held_mean,
    p.held_stddev,
    p.held_p50,
    p.held_p95,
    p.held_p99,
    p.xacts,
    pg_catalog.round((1000 OPERATOR(pg_catalog.*) p.xacts OPERATOR(pg_catalog./)
        NULLIF(p.observed_time, 0))::numeric, 6)::double precision AS xact_rate,
    p.setups,
    p.gap_estimated,
    p.errors,
    p.opened,
    p.closed,
    p.abandoned,
    p.lifetime_p50,
    p.stats_since
FROM caliper.pools_raw() AS p
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) p.dbid;

COMMENT ON VIEW caliper.pools IS
'One row per pool: connections that share application, label, database, user and client address. Counted, not sampled. Times are of finished transactions; open ones are in caliper.active. A transaction counts from its first statement that was parsed without error; replication connections and background workers are in no pool. A connection that changes its name moves to another pool with its next transaction, so opened less closed need not be connections. Pools beyond pg_caliper.max_pools are added up in the pool (other), as are pools without connections that made room for others. Of other users'' pools the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.pools.application_name IS 'application_name of the client; user@address (user@[local] for a Unix socket) if it gave none; (other) for what found no place';
COMMENT ON COLUMN caliper.pools.pool IS 'Label that the client set with pg_caliper.pool, the only thing that tells several pools of one process apart; null if it is not set';
COMMENT ON COLUMN caliper.pools.datname IS 'Database; null if dropped';
COMMENT ON COLUMN caliper.pools.usename IS 'User the connection was opened as, whatever SET ROLE says; null if dropped';
COMMENT ON COLUMN caliper.pools.client_addr IS 'Address of the client as the server sees it, which may be a pooler''s; null for a Unix socket';
COMMENT ON COLUMN caliper.pools.connections IS 'Connections now, whether or not they ever sent a statement';
COMMENT ON COLUMN caliper.pools.connections_peak IS 'Most connections at the same time';
COMMENT ON COLUMN caliper.pools.connections_peak_at IS 'When there were as many for the first time';
COMMENT ON COLUMN caliper.pools.busy IS 'Connections now inside a transaction or running a statement';
COMMENT ON COLUMN caliper.pools.busy_peak IS 'Most busy connections at the same time';
COMMENT ON COLUMN caliper.pools.busy_peak_at IS 'When there were as many for the first time';
COMMENT ON COLUMN caliper.pools.busy_p50 IS 'Busy connections that were not exceeded during half of the time since stats_since; exact up to 16, above at most 12 % too high, and never above busy_peak';
COMMENT ON COLUMN caliper.pools.busy_p95 IS 'Busy connections that were not exceeded during 95 % of the time; see busy_p50';
COMMENT ON COLUMN caliper.pools.busy_p99 IS 'Busy connections that were not exceeded during 99 % of the time; see busy_p50';
COMMENT ON COLUMN caliper.pools.busy_mean IS 'Mean number of busy connections over observed_time; see busy_p50';
COMMENT ON COLUMN caliper.pools.busy_stddev IS 'Standard deviation of that number over time';
COMMENT ON COLUMN caliper.pools.observed_time IS 'Time that the server ran since stats_since, ms';
COMMENT ON COLUMN caliper.pools.held_time IS 'Time that transactions held a connection, ms; from the arrival of the first statement to the end, also of failed ones, to their ROLLBACK';
COMMENT ON COLUMN caliper.pools.work_time IS 'The part of held_time in which the server worked, committed, or waited for locks, ms';
COMMENT ON COLUMN caliper.pools.gap_time IS 'The part of held_time in which the server waited for the client (idle in transaction), ms; measured by the server, or estimated, see gap_estimated';
COMMENT ON COLUMN caliper.pools.commit_time IS 'The part of work_time that COMMIT took after the last statement, ms: deferred checks, flush of the write-ahead log, replication; only of transactions that wrote';
COMMENT ON COLUMN caliper.pools.idle_time IS 'Sum over all connections of the time that they were open and not held, ms; an open transaction is in it until it ends, and so are setups';
COMMENT ON COLUMN caliper.pools.utilization IS 'Held time as a share of the time that connections were open, ratio; null if there was none';
COMMENT ON COLUMN caliper.pools.held_mean IS 'Mean time that a transaction held its connection, ms';
COMMENT ON COLUMN caliper.pools.held_stddev IS 'Standard deviation of that time, ms; from a histogram, relative error below 10 %';
COMMENT ON COLUMN caliper.pools.held_p50 IS 'Median time that a transaction held its connection, ms; from a histogram, relative error below 5 %';
COMMENT ON COLUMN caliper.pools.held_p95 IS '95th percentile of that time, ms';
COMMENT ON COLUMN caliper.pools.held_p99 IS '99th percentile of that time, ms';
COMMENT ON COLUMN caliper.pools.xacts IS 'Transactions that have ended, committed or not, setups left out';
COMMENT ON COLUMN caliper.pools.xact_rate IS 'Transactions per second of observed_time';
COMMENT ON COLUMN caliper.pools.setups IS 'Transactions of nothing but SET, RESET, SHOW or DISCARD, such as a pooler sends, or of a COMMIT or ROLLBACK with nothing to end; neither in xacts nor in busy nor in held_time';
COMMENT ON COLUMN caliper.pools.gap_estimated IS 'Transactions that ran with track_activities off, so that the server measured no gap: theirs is the time from the end of a statement to the arrival of the next message, with waits before execution in it';
COMMENT ON COLUMN caliper.pools.errors IS 'Errors that the server reported to clients of this pool; what log_min_messages hides is not among them';
COMMENT ON COLUMN caliper.pools.opened IS 'Connections that were opened here; one that the server refused is not among them';
COMMENT ON COLUMN caliper.pools.closed IS 'Connections that were closed here, in whatever way';
COMMENT ON COLUMN caliper.pools.abandoned IS 'Of these, connections whose client vanished without saying goodbye: it was killed, or the network failed';
COMMENT ON COLUMN caliper.pools.lifetime_p50 IS 'Median time that closed connections had been open, ms; from a histogram, relative error below 5 % and whole milliseconds; a connection that changed its name counts where it was closed';
COMMENT ON COLUMN caliper.pools.stats_since IS 'Since when this row counts';

CREATE VIEW caliper.active AS
SELECT
    a.pid,
    CASE WHEN a.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, a.userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(a.client_addr), '[local]'))
         ELSE a.application_name
    END AS application_name,
    a.pool,
    d.datname,
    r.rolname AS usename,
    a.client_addr,
    s.state,
    s.backend_start,
    s.xact_start,
    s.state_change,
    1000 OPERATOR(pg_catalog.*) EXTRACT(epoch FROM
        pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) s.xact_start
        )::double precision AS held_time,
    CASE WHEN s.xact_start IS NOT NULL
         THEN a.gap_time OPERATOR(pg_catalog.+)
              CASE WHEN s.state OPERATOR(pg_catalog.~~) 'idle in transaction%'
                   THEN 1000 OPERATOR(pg_catalog.*) EXTRACT(epoch FROM
                        pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) s.state_change
                        )::double precision
                   ELSE 0
              END
    END AS gap_time,
    caliper.group_queryid(s.query_id) AS queryid,
    s.query,
    caliper.route(s.query) AS route,
    CASE WHEN s.xact_start IS NOT NULL THEN a.opener_queryid END AS opener_queryid,
    CASE WHEN s.xact_start IS NOT NULL
         THEN caliper.statement_text(a.opener_queryid, a.opener_userid, a.dbid)
    END AS opener_query,
    s.wait_event_type,
    s.wait_event,
    CASE WHEN s.wait_event_type OPERATOR(pg_catalog.=) 'Lock'
         THEN pg_catalog.pg_blocking_pids(a.pid)
    END AS blocked_by,
    a.first_use
FROM caliper.active_raw() AS a
JOIN pg_catalog.pg_stat_get_activity(NULL) AS s ON s.pid OPERATOR(pg_catalog.=) a.pid
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) a.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) a.dbid;

COMMENT ON VIEW caliper.active IS
'One row per client connection, live, with the pool that it is booked on in caliper.pools. Within one transaction, what the server says of other sessions does not change between two looks. Of other users'' connections the process, the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.active.pid IS 'Process id of the server process';
COMMENT ON COLUMN caliper.active.application_name IS 'Application of the pool, as in caliper.pools: a name that has changed counts from the next transaction on';
COMMENT ON COLUMN caliper.active.pool IS 'Label of the pool; null if it is not set';
COMMENT ON COLUMN caliper.active.datname IS 'Database';
COMMENT ON COLUMN caliper.active.usename IS 'User the connection was opened as';
COMMENT ON COLUMN caliper.active.client_addr IS 'Address of the client; null for a Unix socket';
COMMENT ON COLUMN caliper.active.state IS 'As in pg_stat_activity: active, idle, idle in transaction, ...';
COMMENT ON COLUMN caliper.active.backend_start IS 'When the connection was opened';
COMMENT ON COLUMN caliper.active.xact_start IS 'When its transaction began; null if none is open';
COMMENT ON COLUMN caliper.active.state_change IS 'Since when it is in this state';
COMMENT ON COLUMN caliper.active.held_time IS 'How long the open transaction has held the connection, ms; null if none is open';
COMMENT ON COLUMN caliper.active.gap_time IS 'How much of that the server has waited for the client, ms, the present wait included; null if no transaction is open';
COMMENT ON COLUMN caliper.active.queryid IS 'Query id of the current statement, or of the last one, as in caliper.statements; null if it has none';
COMMENT ON COLUMN caliper.active.query IS 'Text of that statement as the client sent it, clipped at track_activity_query_size; <insufficient privilege> on connections of other users';
COMMENT ON COLUMN caliper.active.route IS 'Endpoint that a sqlcommenter comment in that text names; null if it names none, or was clipped away';
COMMENT ON COLUMN caliper.active.opener_queryid IS 'Query id of the statement that opened the open transaction: its first that is not control, SET, SHOW, RESET or SAVEPOINT; null before that';
COMMENT ON COLUMN caliper.active.opener_query IS 'Text of that statement';
COMMENT ON COLUMN caliper.active.wait_event_type IS 'Kind of what the server process waits for; null if it does not wait';
COMMENT ON COLUMN caliper.active.wait_event IS 'What the server process waits for';
COMMENT ON COLUMN caliper.active.blocked_by IS 'If it waits for a lock, the processes in front of it, as pg_blocking_pids() tells; caliper.blocking follows them to the root';
COMMENT ON COLUMN caliper.active.first_use IS 'How long after the connection was opened its first transaction began (SET, SHOW and the like are none), ms; null until that has ended. A pool that opens a connection because a request needs one uses it at once';
