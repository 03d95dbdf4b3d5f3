-- Parallel workers are part of their leader's execution.
CREATE TABLE big AS SELECT g AS id, g % 10 AS k FROM generate_series(1, 50000) AS g;
ANALYZE big;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT caliper.reset();
SELECT count(*) AS counted FROM big WHERE k = 3;
SELECT calls, rows, errors, toplevel,
       shared_blks_hit + shared_blks_read >= pg_relation_size('big') / current_setting('block_size')::int AS all_blocks
  FROM caliper.statements WHERE query LIKE 'SELECT count(*) AS counted%';
-- an error in a worker is the leader's, once
\set SHOW_CONTEXT never
SELECT caliper.reset();
SELECT sum(1 / (id - 40000)) AS failing FROM big WHERE k = 0;
SELECT calls, errors FROM caliper.statements WHERE query LIKE 'SELECT sum(%AS failing%';
SELECT sum(errors) AS errors FROM caliper.statements;
DROP TABLE big;
