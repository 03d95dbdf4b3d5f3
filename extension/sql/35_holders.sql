-- Holders: which statements open the transactions that hold connections.

CREATE FUNCTION caliper.holders_raw(
    OUT userid pg_catalog.oid,
    OUT dbid pg_catalog.oid,
    OUT note pg_catalog.text,
    OUT application_name pg_catalog.text,
    OUT opener_queryid bigint,
    OUT xacts bigint,
    OUT held_time double precision,
    OUT gap_time double precision,
    OUT longest_gap double precision,
    OUT gap_after_queryid bigint,
    OUT stats_since timestamp with time zone
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_holders_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION caliper.holders_raw() IS
'The rows of caliper.holders without texts, users and databases by OID. note is (other) on the sum of what was evicted, <insufficient privilege> on rows of other users; else null';

CREATE VIEW caliper.holders AS
SELECT
    CASE WHEN h.application_name OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, h.userid::pg_catalog.text), '@(any address)')
         ELSE h.application_name
    END AS application_name,
    d.datname,
    r.rolname AS usename,
    h.opener_queryid,
    COALESCE(h.note, caliper.statement_text(h.opener_queryid, h.userid, h.dbid)) AS opener_query,
    h.xacts,
    h.held_time,
    h.held_time OPERATOR(pg_catalog.-) h.gap_time AS work_time,
    h.gap_time,
    h.gap_time OPERATOR(pg_catalog./) NULLIF(h.held_time, 0) AS gap_share,
    h.longest_gap,
    h.gap_after_queryid,
    caliper.statement_text(h.gap_after_queryid, h.userid, h.dbid) AS gap_after_query,
    CASE WHEN h.xacts IS NOT NULL THEN COALESCE(b.blocked_time, 0) END AS blocked_time,
    h.stats_since
FROM caliper.holders_raw() AS h
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) h.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) h.dbid
LEFT JOIN (
    SELECT w.opener_userid, w.dbid, w.application_name, w.opener_queryid,
           pg_catalog.sum(w.blocked_time) AS blocked_time
    FROM caliper.blocking_history_raw() AS w
    GROUP BY w.opener_userid, w.dbid, w.application_name, w.opener_queryid
) AS b ON b.opener_userid OPERATOR(pg_catalog.=) h.userid
      AND b.dbid OPERATOR(pg_catalog.=) h.dbid
      AND b.application_name OPERATOR(pg_catalog.=) h.application_name
      AND b.opener_queryid OPERATOR(pg_catalog.=) h.opener_queryid;

COMMENT ON VIEW caliper.holders IS
'One row per statement that opens transactions, by user, database and application: how long these held their connection, and for what. Counted with each transaction that ends, not sampled; transactions whose statements have no query id, or that have none but BEGIN, SET and the like, are not here; an open one is in caliper.active. Statements that failed before they ran open nothing, and with pg_caliper.track = none nothing is recorded. Of other users'' rows the user and the database are shown, and nothing else';
COMMENT ON COLUMN caliper.holders.application_name IS 'application_name of the client; user@(any address) for all that gave none and connected as that user, since openers are not kept by address';
COMMENT ON COLUMN caliper.holders.datname IS 'Database; null if dropped';
COMMENT ON COLUMN caliper.holders.usename IS 'User that ran the statement; null if dropped';
COMMENT ON COLUMN caliper.holders.opener_queryid IS 'Query id, as in caliper.statements, of the first statement of the transactions that is not BEGIN, SAVEPOINT, SET, SHOW, RESET or the like';
COMMENT ON COLUMN caliper.holders.opener_query IS 'Text of that statement, null if it is not kept; (other) on the row that holds the sum of what was evicted';
COMMENT ON COLUMN caliper.holders.xacts IS 'Transactions that it opened and that have ended, one that is just this statement among them';
COMMENT ON COLUMN caliper.holders.held_time IS 'Time that they held their connection, ms';
COMMENT ON COLUMN caliper.holders.work_time IS 'The part of it in which the server worked, committed, or waited for locks, ms';
COMMENT ON COLUMN caliper.holders.gap_time IS 'The part of it in which the server waited for the client (idle in transaction), ms';
COMMENT ON COLUMN caliper.holders.gap_share IS 'gap_time as a share of held_time, ratio; null if nothing was held';
COMMENT ON COLUMN caliper.holders.longest_gap IS 'Longest single gap, ms';
COMMENT ON COLUMN caliper.holders.gap_after_queryid IS 'Query id of the statement that came before the longest gap: it is after this one that the client''s code sleeps; null without gaps';
COMMENT ON COLUMN caliper.holders.gap_after_query IS 'Text of that statement; null if it is not kept, as that of BEGIN may not be';
COMMENT ON COLUMN caliper.holders.blocked_time IS 'Time that other sessions waited for locks while such a transaction was the root of their wait, ms; sampled, see caliper.blocking_history';
COMMENT ON COLUMN caliper.holders.stats_since IS 'When the statement was first recorded';
