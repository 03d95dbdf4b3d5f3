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
    OUT other_conditions boolean,
    OUT clipped boolean,
    OUT samples bigint,
    OUT executions bigint,
    OUT rows_filtered double precision,
    OUT rows_returned double precision,
    OUT rows_inserted double precision,
    OUT rows_updated double precision,
    OUT rows_deleted double precision,
    OUT updated_columns text[],
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
    p.other_conditions,
    p.clipped,
    p.samples,
    p.executions,
    p.rows_filtered,
    p.rows_returned,
    p.rows_inserted,
    p.rows_updated,
    p.rows_deleted,
    p.updated_columns,
    p.total_exec_time,
    p.last_seen
FROM caliper.predicates_raw() AS p
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.userid
LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) p.dbid;

COMMENT ON VIEW caliper.predicates IS
'One row per database, user, statement and table: what the statement compared, joined, sorted or grouped the table''s columns by, and what it wrote, read out of executed plans. Sampled: the first executions of a statement, one in 8 of the expensive ones, one in 256 of the rest; also of what functions, triggers and foreign keys run, whatever pg_caliper.track says. Partitions count as their partitioned table. Of conditions on expressions, and those joined by OR, it is only seen that there are some';
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
COMMENT ON COLUMN caliper.predicates.other_conditions IS 'True if there were conditions on more than a single column, or joined by OR';
COMMENT ON COLUMN caliper.predicates.clipped IS 'True if there was more than there is room for';
COMMENT ON COLUMN caliper.predicates.samples IS 'Executions of which the plan was read';
COMMENT ON COLUMN caliper.predicates.executions IS 'Estimate for how many executions these stand; of what is measured, caliper.statements has the exact number';
COMMENT ON COLUMN caliper.predicates.rows_filtered IS 'Rows of the table that were read in vain, mean per execution';
COMMENT ON COLUMN caliper.predicates.rows_returned IS 'Rows of the table that its scans returned, mean per execution';
COMMENT ON COLUMN caliper.predicates.rows_inserted IS 'Rows inserted into the table, mean per execution; those of its triggers and cascades are not counted here';
COMMENT ON COLUMN caliper.predicates.rows_updated IS 'Rows of the table updated, mean per execution; as rows_inserted';
COMMENT ON COLUMN caliper.predicates.rows_deleted IS 'Rows deleted from the table, mean per execution; as rows_inserted';
COMMENT ON COLUMN caliper.predicates.updated_columns IS 'Columns that an UPDATE, MERGE or ON CONFLICT sets; 0 stands for those with a number above 127. What triggers change is not seen';
COMMENT ON COLUMN caliper.predicates.total_exec_time IS 'Execution time of the sampled executions as a whole, ms';
COMMENT ON COLUMN caliper.predicates.last_seen IS 'When the latest of them ended';

CREATE FUNCTION caliper.index_seen_raw(
    OUT dbid oid,
    OUT indexrelid oid,
    OUT samples bigint,
    OUT last_seen timestamp with time zone
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_index_seen_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION caliper.index_seen_raw() IS
'One row per index that a plan was seen to use, of all databases: in how many sampled executions, and when the latest of them ended. An index that only rare statements use may be missing. It serves caliper.index_usage';

CREATE FUNCTION caliper.foreign_key_triggers_raw(
    OUT userid oid,
    OUT dbid oid,
    OUT conoid oid,
    OUT relid oid,
    OUT referenced boolean,
    OUT samples bigint,
    OUT trigger_calls bigint,
    OUT trigger_time double precision,
    OUT estimated_time double precision,
    OUT last_seen timestamp with time zone
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_foreign_key_triggers_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION caliper.foreign_key_triggers_raw() IS
'One row per user, foreign key and side of it: how often the triggers that enforce it fired behind sampled executions (trigger_calls), and how long that took (trigger_time, ms; estimated_time is the same for all executions, not only the sampled ones). relid is the table whose rows were changed; it is the referenced table if referenced is true, whose triggers search the referencing one. Deferred constraints are checked at COMMIT and are not seen. Rows of other users show whose they are and nothing else. It serves caliper.unindexed_foreign_keys';
