-- caliper.index_trials: every verdict, each by an effect that is no accident.
CREATE SCHEMA trials;
SET search_path = trials;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET pg_caliper.track = 'all';
SELECT caliper.reset('trials');
CREATE TABLE item (id int PRIMARY KEY, kind int, note text);
INSERT INTO item SELECT i, i % 5000, repeat('x', 50) FROM generate_series(1, 40000) AS i;
ANALYZE item;

CREATE FUNCTION slowly(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM pg_sleep(0.002);
  RETURN lower($1);
END $$;
-- one that an index helps, one that writes; and one that always takes the same
CREATE FUNCTION work(n int, first int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN first .. first + n - 1 LOOP
    PERFORM count(*) FROM item WHERE kind = i % 100;
    INSERT INTO item VALUES (1000000 + i, 10000 + i, 'y');
  END LOOP;
END $$;
CREATE FUNCTION steady(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. n LOOP
    PERFORM note FROM item WHERE id = i AND pg_sleep(0.05) IS NOT NULL;
  END LOOP;
END $$;
CREATE VIEW told AS
  SELECT action, indexname, CASE WHEN query LIKE '%kind = %' THEN 'by kind' WHEN query LIKE '%id = %' THEN 'by id'
                                 WHEN query LIKE '%VALUES%' THEN 'insert' WHEN queryid IS NOT NULL THEN 'other' END AS statement,
         writes, calls_before, calls_after, verdict, write_calls_before, write_calls_after, note
    FROM caliper.index_trials
   WHERE schemaname = 'trials' AND (query IS NULL OR query NOT LIKE '%generate_series%');

-- nothing before there was anything to compare; not even the primary key
SELECT count(*) FROM caliper.index_trials WHERE schemaname = 'trials';

-- too early, then confirmed; what another statement does is not changed by it
SELECT work(20, 1), steady(6);
CREATE INDEX item_kind ON item (kind);
SELECT * FROM told ORDER BY action, indexname, statement NULLS FIRST;
SELECT work(5, 101);
SELECT statement, calls_after, verdict FROM told ORDER BY statement NULLS FIRST;
SELECT work(15, 201), steady(10);
SELECT * FROM told WHERE statement IS DISTINCT FROM 'insert' ORDER BY action, indexname, statement NULLS FIRST;
SELECT verdict <> 'confirmed' AS not_helped, write_mean_after IS NULL AS of_the_index FROM caliper.index_trials AS t
 WHERE schemaname = 'trials' AND query LIKE '%VALUES%';
SELECT definition, usename = current_user AS me, advised, at BETWEEN now() - interval '10 min' AND clock_timestamp() AS now,
       mean_before > 5 * mean_after AS mean, stddev_before > 0 AND stddev_after > 0 AS stddev,
       change BETWEEN -1 AND -0.8 AS change
  FROM caliper.index_trials WHERE schemaname = 'trials' AND query LIKE '%kind = %';
SELECT write_mean_before > 0 AND write_mean_after > 0 AS writes, round((change - (mean_after / mean_before - 1))::numeric, 9) = 0 AS whole
  FROM caliper.index_trials WHERE schemaname = 'trials' AND queryid IS NULL;

-- an index that makes writing slow is harmful: nobody gains by it
CREATE INDEX item_slow ON item (slowly(note)) WHERE id >= 1000000;
SELECT work(15, 301);
SELECT statement, writes, verdict FROM told WHERE indexname = 'item_slow' AND (statement = 'insert' OR statement IS NULL)
 ORDER BY statement NULLS FIRST;
SELECT write_mean_after - write_mean_before > 1.5 AS price FROM caliper.index_trials WHERE indexname = 'item_slow' AND queryid IS NULL;
DROP INDEX item_slow;

-- to drop the one that helped is harmful; two trials at once have it together
SELECT work(20, 401);
DROP INDEX item_kind;
CREATE INDEX item_note ON item (note);
SELECT work(12, 501);
SELECT action, indexname, statement, calls_before, calls_after, verdict, note FROM told
 WHERE (statement = 'by kind' OR statement IS NULL) AND (indexname <> 'item_slow' OR statement IS NULL)
 ORDER BY action, indexname, statement NULLS FIRST;

-- a reset in between: unknown
SELECT caliper.reset('statements');
SELECT work(12, 601);
SELECT action, indexname, statement, calls_before, calls_after, verdict FROM told WHERE statement = 'by kind' OR statement IS NULL
 ORDER BY action, indexname, statement NULLS FIRST;

-- what a transaction rolls back was never there; what it commits is
SELECT caliper.reset('trials');
BEGIN;
CREATE INDEX rolled_back ON item (note);
SELECT indexname FROM told WHERE statement IS NULL;
ROLLBACK;
BEGIN;
DROP INDEX item_note;
ROLLBACK;
BEGIN;
SAVEPOINT s;
CREATE INDEX rolled_back ON item (note);
ROLLBACK TO s;
CREATE INDEX committed ON item (note);
COMMIT;
SELECT action, indexname FROM told WHERE statement IS NULL;

-- every way in which indexes come and go
CREATE INDEX CONCURRENTLY concurrent ON item (note, kind);
CREATE INDEX IF NOT EXISTS concurrent ON item (note, kind);
CREATE INDEX ON item (kind, note);
ALTER TABLE item ADD CONSTRAINT item_unique UNIQUE (kind, id, note), ADD COLUMN extra int;
REINDEX INDEX concurrent;
REINDEX TABLE item;
REINDEX INDEX CONCURRENTLY concurrent;
DROP INDEX CONCURRENTLY concurrent;
DROP INDEX committed, item_kind_note_idx;
ALTER TABLE item DROP CONSTRAINT item_unique;
CREATE INDEX item_extra ON item (extra);
ALTER TABLE item DROP COLUMN extra;
CREATE TEMP TABLE passing (id int PRIMARY KEY);
CREATE INDEX passing_id ON passing (id);
SELECT action, indexname, definition FROM caliper.index_trials WHERE queryid IS NULL ORDER BY at;
-- one whose build failed, until it is built anew
INSERT INTO item VALUES (-1, -1, 'twice'), (-2, -1, 'twice');
CREATE UNIQUE INDEX CONCURRENTLY failed ON item (note) WHERE note = 'twice';
SELECT count(*) FROM caliper.index_trials WHERE indexname = 'failed';
DELETE FROM item WHERE id = -2;
REINDEX INDEX failed;
SELECT action, indexname FROM caliper.index_trials WHERE indexname = 'failed' AND queryid IS NULL;

-- a partition: statements go by the whole table
CREATE TABLE parts (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
INSERT INTO parts SELECT i, i % 7 FROM generate_series(0, 199) AS i;
SELECT count(*) FROM parts WHERE kind = 3;
CREATE INDEX parts_kind ON parts (kind);
CREATE INDEX parts_1_id ON parts_1 (id);
SELECT tablename, indexname, query FROM caliper.index_trials WHERE tablename LIKE 'parts%' AND query LIKE 'SELECT%' ORDER BY 1, 2;

-- others see the index, and nothing of what statements cost
CREATE ROLE trials_reader;
GRANT USAGE ON SCHEMA trials TO trials_reader;
GRANT SELECT ON told TO trials_reader;
SET ROLE trials_reader;
SELECT DISTINCT count(*) FILTER (WHERE queryid IS NOT NULL) AS statements,
       count(*) FILTER (WHERE queryid IS NULL) > 5 AS indexes,
       count(mean_before) + count(calls_before) + count(write_mean_after) AS numbers,
       count(*) FILTER (WHERE note LIKE 'statements of other users are left out: %') > 5 AS said
  FROM caliper.index_trials;
RESET ROLE;
DROP OWNED BY trials_reader;
DROP ROLE trials_reader;

-- what the advisor had said
SELECT caliper.reset('trials');
SELECT value > 0 AS memory FROM caliper.info WHERE component = 'trials' AND name = 'memory';
SELECT name, value FROM caliper.info WHERE component = 'trials' AND name LIKE 'entries%' ORDER BY name;
RESET pg_caliper.track;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA trials CASCADE;
SELECT count(*) FROM caliper.index_trials WHERE schemaname = 'trials';
