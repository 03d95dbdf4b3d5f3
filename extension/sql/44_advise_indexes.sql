/* Which indexes would help, and what a statement would cost with others. */

CREATE FUNCTION caliper.advise_indexes(
    budget bigint DEFAULT NULL,
    time_limit interval DEFAULT '10 seconds',
    max_indexes integer DEFAULT NULL,
    tables regclass[] DEFAULT NULL,
    include_drops boolean DEFAULT true,
    min_benefit double precision DEFAULT 0.05,
    OUT rank integer,
    OUT action text,
    OUT schemaname text,
    OUT tablename text,
    OUT indexname text,
    OUT method text,
    OUT columns text[],
    OUT ddl text,
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
    OUT verified text,
    OUT reason text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_advise_indexes_0_1'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION caliper.advise_indexes(bigint, interval, integer, regclass[], boolean, double precision) IS
'Indexes that would help the statements of the current database, the most useful first, and then existing ones that could go, for the statements that the caller may see. Every index is tried by planning the statements again, with the values they were run with, with an index that does not exist, as their own user and without his or anybody''s functions gaining any rights; statements of users whose rights the caller does not have are not planned. budget: bytes that all new indexes may take together, null for any; time_limit: the best that was found by then; max_indexes: new ones, null for any; tables: only these, null for all; include_drops: whether to name existing indexes that could go; min_benefit: share of some statement''s cost that an index must save. Columns: action is create, replace (create this, then drop indexname) or drop; ddl does it, one statement; queryids, calls, total_exec_time (ms) and share (of all observed time, ratio) of the statements served; cost_before and cost_after are the planner''s costs of one execution of each, without any and with all advised indexes; benefit is the share of their time saved, ratio, or, where not planned, the share of rows read in vain; rows_filtered, the rows of the table that they read in vain per execution; estimated_size in bytes, of a drop the size that becomes free; write_cost, ms per 1,000 rows written, an estimate; verified is planned, evidence and which, not planned and why, or catalog; reason in one sentence. The result is kept in caliper.index_advice, in place of the caller''s last one. Locks tables for reading only, and leaves out what is locked';

CREATE FUNCTION caliper.what_if(
    statement text,
    ddl text[],
    OUT cost_before double precision,
    OUT cost_after double precision,
    OUT benefit double precision,
    OUT used text[],
    OUT estimated_size bigint,
    OUT plan_before text,
    OUT plan_after text
)
RETURNS record
AS 'MODULE_PATHNAME', 'caliper_what_if_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION caliper.what_if(text, text[]) IS
'What a statement would cost if indexes were there, or not. ddl holds CREATE INDEX and DROP INDEX statements, one in each element, none of which is executed; the statement is planned, as the caller, and not run. Columns: cost_before and cost_after, the planner''s costs; benefit, the share of cost saved, ratio; used, those of the CREATE INDEX statements whose index the plan uses; estimated_size of all of them, bytes; plan_before and plan_after as EXPLAIN shows them. Fails if the statement cannot be planned, or the server would refuse the index';

CREATE FUNCTION caliper.what_if(
    queryid bigint,
    ddl text[],
    OUT cost_before double precision,
    OUT cost_after double precision,
    OUT benefit double precision,
    OUT used text[],
    OUT estimated_size bigint,
    OUT plan_before text,
    OUT plan_after text
)
RETURNS record
AS 'MODULE_PATHNAME', 'caliper_what_if_queryid_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION caliper.what_if(bigint, text[]) IS
'The same for a statement of the current database that was observed, by its query id. It is planned with the values of executions that were kept, and costs are the mean over these; as its own user, for who has that user''s rights. Plans show the values of one execution';
