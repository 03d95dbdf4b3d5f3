-- What the advisor said last, so that a dashboard need not ask it again.

CREATE FUNCTION caliper.index_advice_raw(
    OUT rank integer,
    OUT action pg_catalog.text,
    OUT schemaname pg_catalog.text,
    OUT tablename pg_catalog.text,
    OUT indexname pg_catalog.text,
    OUT method pg_catalog.text,
    OUT columns pg_catalog.text[],
    OUT ddl pg_catalog.text,
    OUT queryids bigint[],
    OUT calls bigint,
    OUT total_exec_time double precision,
    OUT share double precision,
    OUT cost_before double precision,
    OUT cost_after double precision,
    OUT benefit double precision,
    OUT rows_filtered double precision,
    OUT estimated_size bigint,
    OUT write_cost double precision,
    OUT verified pg_catalog.text,
    OUT reason pg_catalog.text,
    OUT advised_at timestamp with time zone,
    OUT advised_by pg_catalog.oid
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_index_advice_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 20;

COMMENT ON FUNCTION caliper.index_advice_raw() IS
'The rows of caliper.index_advice, with the role that asked by OID';

CREATE VIEW caliper.index_advice AS
SELECT
    a.rank,
    a.action,
    a.schemaname,
    a.tablename,
    a.indexname,
    a.method,
    a.columns,
    a.ddl,
    a.queryids,
    a.calls,
    a.total_exec_time,
    a.share,
    a.cost_before,
    a.cost_after,
    a.benefit,
    a.rows_filtered,
    a.estimated_size,
    a.write_cost,
    a.verified,
    a.reason,
    a.advised_at,
    r.rolname AS advised_by
FROM caliper.index_advice_raw() AS a
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) a.advised_by;

COMMENT ON VIEW caliper.index_advice IS
'The result of the latest caliper.advise_indexes() in the current database, in shared memory: lost with a restart. Kept for each role that asked; shown is the latest of a role that may read all statistics, else the latest, among the roles whose rights the reader has; who may read all statistics sees all. What has been created or dropped since is still there';
COMMENT ON COLUMN caliper.index_advice.rank IS 'Place in the advice, 1 the most useful';
COMMENT ON COLUMN caliper.index_advice.action IS 'create, replace (create this one, then drop indexname) or drop';
COMMENT ON COLUMN caliper.index_advice.schemaname IS 'Schema of the table';
COMMENT ON COLUMN caliper.index_advice.tablename IS 'Name of the table';
COMMENT ON COLUMN caliper.index_advice.indexname IS 'The existing index that goes; null if none does';
COMMENT ON COLUMN caliper.index_advice.method IS 'Access method of the index: btree, gin, brin, hash';
COMMENT ON COLUMN caliper.index_advice.columns IS 'Its keys in order, columns or expressions; 32 at most are kept';
COMMENT ON COLUMN caliper.index_advice.ddl IS 'The statement to run; one of more than 2,000 bytes is clipped and ends with ..., so that it cannot be run by mistake';
COMMENT ON COLUMN caliper.index_advice.queryids IS 'Query ids of the statements served, as in caliper.statements; 64 at most are kept';
COMMENT ON COLUMN caliper.index_advice.calls IS 'Executions of these statements, all of them, at the time of the advice';
COMMENT ON COLUMN caliper.index_advice.total_exec_time IS 'Their measured time, ms';
COMMENT ON COLUMN caliper.index_advice.share IS 'That time as a share of all observed time, ratio';
COMMENT ON COLUMN caliper.index_advice.cost_before IS 'What the planner expects them to cost, one execution of each, without the advice; null if not planned';
COMMENT ON COLUMN caliper.index_advice.cost_after IS 'The same with all the advice followed';
COMMENT ON COLUMN caliper.index_advice.benefit IS 'Share of their time that is expected to be saved, ratio';
COMMENT ON COLUMN caliper.index_advice.rows_filtered IS 'Rows of the table that they read in vain, mean per execution';
COMMENT ON COLUMN caliper.index_advice.estimated_size IS 'Size of the index, bytes, estimated; of one that goes, its size';
COMMENT ON COLUMN caliper.index_advice.write_cost IS 'What it costs those who write, ms per 1,000 rows written, estimated';
COMMENT ON COLUMN caliper.index_advice.verified IS 'How it was verified: planned; evidence and which; not planned and why; catalog for drops';
COMMENT ON COLUMN caliper.index_advice.reason IS 'Why, in one sentence';
COMMENT ON COLUMN caliper.index_advice.advised_at IS 'When the advisor was asked';
COMMENT ON COLUMN caliper.index_advice.advised_by IS 'By which role; null if dropped';
