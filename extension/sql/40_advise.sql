/* What statements search tables by, and which indexes would help them. */

CREATE FUNCTION caliper.predicates_raw(
    OUT userid oid,
    OUT dbid oid,
    OUT relid oid,
    OUT schemaname text,
    OUT relname text,
    OUT queryid bigint,
    OUT columns text[],
    OUT roles text[],
    OUT clipped boolean,
    OUT samples bigint,
    OUT rows_filtered double precision,
    OUT rows_returned double precision,
    OUT total_exec_time double precision,
    OUT last_seen timestamp with time zone
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_predicates_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION caliper.predicates_raw() IS
'The rows of caliper.predicates without the names of users and databases. Rows of other users show whose they are and nothing else';

CREATE VIEW caliper.predicates AS
SELECT
    p.userid,
    r.rolname AS usename,
    p.dbid,
    d.datname,
    p.schemaname,
    p.relname,
    p.relid,
    p.queryid,
    p.columns,
    p.roles,
    p.clipped,
    p.samples,
    p.rows_filtered,
    p.rows_returned,
    p.total_exec_time,
    p.last_seen
FROM caliper.predicates_raw() AS p
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) p.dbid;

COMMENT ON VIEW caliper.predicates IS
'One row per database, user, statement and table: what the statement compared, joined, sorted or grouped the table''s columns by, read out of executed plans. Sampled: the first executions of a statement, one in 8 of the expensive ones, one in 256 of the rest. Conditions on expressions, and those joined by OR, are not seen';
COMMENT ON COLUMN caliper.predicates.userid IS 'OID of the user who ran the statement';
COMMENT ON COLUMN caliper.predicates.usename IS 'Name of that user; null if dropped';
COMMENT ON COLUMN caliper.predicates.dbid IS 'OID of the database';
COMMENT ON COLUMN caliper.predicates.datname IS 'Name of the database; null if dropped';
COMMENT ON COLUMN caliper.predicates.schemaname IS 'Schema of the table; null for other databases than the current one, and if the table was dropped';
COMMENT ON COLUMN caliper.predicates.relname IS 'Name of the table; null as schemaname';
COMMENT ON COLUMN caliper.predicates.relid IS 'OID of the table';
COMMENT ON COLUMN caliper.predicates.queryid IS 'Query id of the statement, as in caliper.statements';
COMMENT ON COLUMN caliper.predicates.columns IS 'Columns, by name in the current database and by number elsewhere; a column in several roles comes several times';
COMMENT ON COLUMN caliper.predicates.roles IS 'What was done with each of the columns: compare, in, is null, join, order or group, and the operator';
COMMENT ON COLUMN caliper.predicates.clipped IS 'True if there was more than there is room for';
COMMENT ON COLUMN caliper.predicates.samples IS 'Executions of which the plan was read';
COMMENT ON COLUMN caliper.predicates.rows_filtered IS 'Rows of the table that were read in vain, mean per execution';
COMMENT ON COLUMN caliper.predicates.rows_returned IS 'Rows of the table that its scans returned, mean per execution';
COMMENT ON COLUMN caliper.predicates.total_exec_time IS 'Execution time of the sampled executions as a whole, ms';
COMMENT ON COLUMN caliper.predicates.last_seen IS 'When the latest of them ended';

CREATE FUNCTION caliper.advise_indexes(
    max_indexes integer DEFAULT 20,
    time_limit interval DEFAULT '10 seconds',
    OUT schemaname text,
    OUT tablename text,
    OUT columns text[],
    OUT ddl text,
    OUT cost_before double precision,
    OUT cost_after double precision,
    OUT benefit double precision,
    OUT estimated_size bigint,
    OUT queryids bigint[],
    OUT calls bigint,
    OUT total_exec_time double precision,
    OUT rows_filtered double precision,
    OUT verified text,
    OUT reason text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_advise_indexes_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 20;

COMMENT ON FUNCTION caliper.advise_indexes(integer, interval) IS
'Indexes that would help the statements of the current database, the most useful first, for the statements that the caller may see. Every index is tried by planning the statements again with an index that does not exist, as their own user and without his or anybody''s functions gaining any rights; statements of users whose rights the caller does not have are not planned. Columns: ddl creates the index; cost_before and cost_after are the planner''s costs of one execution of each statement it serves, without any and with all advised indexes; benefit is the share of their time saved, from 0 to 1, or, where not planned, the share of rows read in vain; estimated_size in bytes; queryids, calls and total_exec_time (ms) of the statements served; rows_filtered, the rows of the table that they read in vain per execution; verified is planned, or not planned: and why; reason in one sentence. Plain btree indexes only. The planner does not know the values of parameters, and takes an unknown LIMIT for a tenth of the rows';
