-- What pools were like in the past.

CREATE FUNCTION caliper.history_raw(
    IN since timestamp with time zone DEFAULT NULL,
    IN step interval DEFAULT NULL,
    OUT at timestamp with time zone,
    OUT scope pg_catalog.text,
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT application_name pg_catalog.text,
    OUT pool pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT span double precision,
    OUT covered double precision,
    OUT elapsed double precision,
    OUT connections bigint,
    OUT connections_max bigint,
    OUT connections_mean double precision,
    OUT busy bigint,
    OUT busy_max bigint,
    OUT busy_mean double precision,
    OUT held_time double precision,
    OUT gap_time double precision,
    OUT xacts bigint,
    OUT errors bigint,
    OUT opened bigint,
    OUT closed bigint,
    OUT refused bigint,
    OUT waits_cpu double precision,
    OUT waits_io double precision,
    OUT waits_lock double precision,
    OUT waits_lwlock double precision,
    OUT waits_client double precision,
    OUT waits_other double precision
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_history_0_1'
LANGUAGE C CALLED ON NULL INPUT VOLATILE PARALLEL SAFE ROWS 10000;

COMMENT ON FUNCTION caliper.history_raw(timestamp with time zone, interval) IS
'The rows of caliper.history() of all pools, with users and databases by OID and application_name as the client gave it';

CREATE FUNCTION caliper.history(
    OUT at timestamp with time zone,
    OUT application_name pg_catalog.text,
    INOUT pool pg_catalog.text DEFAULT NULL,
    OUT datname pg_catalog.name,
    OUT usename pg_catalog.name,
    OUT client_addr pg_catalog.inet,
    OUT scope pg_catalog.text,
    OUT span double precision,
    OUT covered double precision,
    OUT elapsed double precision,
    OUT connections bigint,
    OUT connections_max bigint,
    OUT connections_mean double precision,
    OUT busy bigint,
    OUT busy_max bigint,
    OUT busy_mean double precision,
    OUT held_time double precision,
    OUT work_time double precision,
    OUT gap_time double precision,
    OUT xacts bigint,
    OUT errors bigint,
    OUT opened bigint,
    OUT closed bigint,
    OUT refused bigint,
    OUT waits_cpu double precision,
    OUT waits_io double precision,
    OUT waits_lock double precision,
    OUT waits_lwlock double precision,
    OUT waits_client double precision,
    OUT waits_other double precision,
    IN since timestamp with time zone DEFAULT NULL,
    IN step interval DEFAULT NULL
)
RETURNS SETOF pg_catalog.record
LANGUAGE SQL VOLATILE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
    -- $1 is pool, $2 since, $3 step: no names, which OUT parameters put out of place
    SELECT
        h.at,
        n.application_name,
        h.pool,
        d.datname,
        r.rolname,
        h.client_addr,
        h.scope,
        h.span,
        h.covered,
        h.elapsed,
        h.connections,
        h.connections_max,
        h.connections_mean,
        h.busy,
        h.busy_max,
        h.busy_mean,
        h.held_time,
        h.held_time OPERATOR(pg_catalog.-) h.gap_time,
        h.gap_time,
        h.xacts,
        h.errors,
        h.opened,
        h.closed,
        h.refused,
        h.waits_cpu,
        h.waits_io,
        h.waits_lock,
        h.waits_lwlock,
        h.waits_client,
        h.waits_other
    FROM caliper.history_raw($2, $3) AS h
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) h.userid
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) h.dbid
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN h.scope OPERATOR(pg_catalog.=) 'server' THEN NULL
            WHEN h.application_name OPERATOR(pg_catalog.=) ''
                THEN pg_catalog.concat(COALESCE(r.rolname, h.userid::pg_catalog.text), '@',
                                       COALESCE(pg_catalog.host(h.client_addr), '[local]'))
            ELSE h.application_name
        END AS application_name
    ) AS n
    WHERE $1 IS NULL
       OR h.pool OPERATOR(pg_catalog.=) $1
       OR n.application_name OPERATOR(pg_catalog.=) $1
    ORDER BY h.at, h.scope DESC, n.application_name, h.pool, d.datname, r.rolname, h.client_addr;
END;

COMMENT ON FUNCTION caliper.history(pg_catalog.text, timestamp with time zone, interval) IS
'What the pools, and the server as a whole, were like in the past: a row for each step and for each pool that had connections in it. pool is an application_name or a label as in caliper.pools; without it, all pools and the server. since is when to begin, by default as far back as is known. step is the length of the steps (starting at midnight UTC of 2000-01-01), by default as fine as is kept: pg_caliper.history_interval for the time of pg_caliper.history_fine, then a minute; no step is shorter. Counts and times are differences of exact counters, not samples; only waits_* are sampled. Shows the pools of users whose statistics the caller may read, and the server to everybody. Columns: at, start of the step; application_name, pool (the label), datname, usename, client_addr, as in caliper.pools, null for the server; scope, pool or server; span, length of the step in ms, of the latest what has passed of it; covered, ms of it that the background worker has seen: if 0, nothing is known and the other columns are null, and what happened in such a hole is counted in the first step after it; elapsed, ms that the counts stand for: covered, and the hole before, so it is what to divide by for a rate; connections and busy (connections): how many there were at the end, *_max most at a time, *_mean over time; busy_max of a pool is exact up to 16 and at most 1/8 too high above, connections_max of a pool is exact unless connections came and went within one interval, and both are lower bounds for the server; held_time, work_time, gap_time (ms) and xacts of transactions that ended in the step, errors that clients were sent, opened and closed connections, refused connections (server only); waits_cpu, waits_io, waits_lock, waits_lwlock, waits_client, waits_other (ms): what running statements waited for, summed over all connections, sampled once per pg_caliper.wait_sample_interval';
