-- Utility statements count once, with their rows.
SELECT caliper.reset();
CREATE TABLE u (a int);
COPY u FROM stdin;
1
2
3
\.
COPY (SELECT * FROM u) TO stdout;
CREATE TABLE v AS SELECT * FROM u;
SELECT * INTO w FROM u;
CREATE MATERIALIZED VIEW m AS SELECT * FROM u;
REFRESH MATERIALIZED VIEW m;
EXPLAIN (COSTS off) SELECT * FROM u;
\o /dev/null
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) SELECT count(*) FROM u;
\o
BEGIN;
ROLLBACK;
BEGIN;
SAVEPOINT s;
RELEASE s;
COMMIT;
VACUUM u;
SET work_mem = '5MB';
RESET work_mem;
BEGIN;
PREPARE TRANSACTION 'caliper';
COMMIT PREPARED 'caliper';
-- 16 to 18 have made parameters of more and more names and values
SELECT calls, errors, rows, toplevel,
       regexp_replace(query, '(PREPARED|TRANSACTION|SAVEPOINT|RELEASE|=) \S+$', '\1 ...') AS query
  FROM caliper.statements
 WHERE query !~ 'caliper\.' ORDER BY statements.query COLLATE "C";
-- BEGIN and COMMIT go on being counted after a reset
SELECT caliper.reset();
BEGIN;
COMMIT;
BEGIN;
COMMIT;
SELECT query, calls FROM caliper.statements WHERE query IN ('BEGIN', 'COMMIT') ORDER BY query COLLATE "C";
DROP MATERIALIZED VIEW m;
DROP TABLE u, v, w;
