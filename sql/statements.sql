-- Executions are counted exactly, at once, with constants taken out.
CREATE TABLE item (id int PRIMARY KEY, name text);
SELECT caliper.reset();
INSERT INTO item SELECT n, 'name ' || n FROM generate_series(1, 100) AS n;
SELECT name FROM item WHERE id = 1;
SELECT name FROM item WHERE id = 2;
SELECT name FROM item WHERE id = 1000;
UPDATE item SET name = 'x' WHERE id <= 10;
DELETE FROM item WHERE id > 95;
SELECT name FROM item WHERE id = 3 \; SELECT count(*) FROM item \; SELECT 1 AS one;
SELECT query, calls, errors, rows, plans, toplevel,
       total_exec_time > 0 AS timed,
       min_exec_time <= mean_exec_time AND mean_exec_time <= max_exec_time AS ordered,
       p50_exec_time <= p95_exec_time AND p95_exec_time <= p99_exec_time AS percentiles,
       p99_exec_time BETWEEN min_exec_time AND max_exec_time AS inside,
       shared_blks_hit + shared_blks_read > 0 AS blocks, wal_records > 0 AS wal
  FROM caliper.statements
 WHERE query ~ 'item|one' AND query !~ 'caliper'
 ORDER BY query COLLATE "C";
-- the caller's own row is named after him
SELECT DISTINCT usename = current_user AS own, datname = current_database() AS here
  FROM caliper.statements WHERE query ~ 'FROM item';
-- shares add up to one
SELECT round(sum(share)::numeric, 6) AS total FROM caliper.statements;
-- the function for scrapers has the same numbers
SELECT count(*) AS differing
  FROM caliper.statements AS v JOIN caliper.statements_counters() AS c
       USING (userid, dbid, application_name, queryid, toplevel)
 WHERE v.query ~ 'FROM item' AND (v.calls, v.rows, v.total_exec_time) <> (c.calls, c.rows, c.total_exec_time);
-- percentiles: 90 short and 10 long executions
SELECT caliper.reset();
SET pg_caliper.track = 'all';
DO $$
BEGIN
  FOR n IN 1..100 LOOP
    EXECUTE format('SELECT pg_sleep(%s) /* percentile */', CASE WHEN n <= 90 THEN 0.0 ELSE 0.02 END);
  END LOOP;
END $$;
RESET pg_caliper.track;
SELECT calls, p50_exec_time < 5 AS short_median,
       p95_exec_time BETWEEN 19 AND 40 AS long_p95, p99_exec_time >= 19 AS long_p99
  FROM caliper.statements WHERE query LIKE '%percentile%' AND NOT toplevel;
-- query ids are core's own
SELECT caliper.reset();
SELECT count(*) FROM item;
SELECT s.queryid = a.query_id AS same
  FROM caliper.statements AS s, pg_stat_activity AS a
 WHERE a.pid = pg_backend_pid() AND s.query LIKE 'SELECT s.queryid%';
SELECT s.queryid = a.query_id AS same
  FROM caliper.statements AS s, pg_stat_activity AS a
 WHERE a.pid = pg_backend_pid() AND s.query LIKE 'SELECT s.queryid%';
DROP TABLE item;
