-- caliper.predicates and what was seen beside it: what executed plans say of
-- their tables, whoever ran them.
SELECT caliper.reset('predicates');
CREATE SCHEMA seen;
SET search_path = seen;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE parent (id int PRIMARY KEY, a int, b text);
CREATE TABLE child (id int PRIMARY KEY, pid int REFERENCES parent ON DELETE CASCADE, v text, w int);
CREATE TABLE log (id int, was text);
INSERT INTO parent SELECT i, i % 100, 'b' || i FROM generate_series(1, 2000) AS i;
INSERT INTO child SELECT i, i % 1000 + 1, 'v' || i, i FROM generate_series(1, 5000) AS i;
ANALYZE parent, child;
CREATE VIEW notes AS
  SELECT relname, columns, roles, other_conditions AS others, rows_filtered AS filtered,
         rows_returned AS returned, rows_inserted AS inserted, rows_updated AS updated,
         rows_deleted AS deleted, updated_columns AS sets
    FROM caliper.predicates WHERE schemaname = 'seen'
   ORDER BY last_seen, relname COLLATE "C", columns;

-- rows written, and the queries of a foreign key: one of 5,000 executions is
-- looked at in about 256, and they say for how many they stand
SELECT relname, columns, inserted, sets FROM notes;
SELECT samples BETWEEN 10 AND 30 AS samples, executions BETWEEN 2500 AND 7700 AS executions
  FROM caliper.predicates WHERE relname = 'parent' AND columns = '{id}';

-- conditions on expressions and under OR, and scans that have none
SELECT caliper.reset('predicates');
SELECT count(*) FROM parent WHERE lower(b) = 'b7';
SELECT count(*) FROM parent WHERE a = 1 OR b = 'b2';
SELECT count(*) FROM parent WHERE a = 1 AND lower(b) = 'b7';
SELECT max(w) FROM child;
SELECT count(*) FROM log;
SELECT relname, columns, roles, others, filtered, returned FROM notes;

-- what is written, and which columns are set
SELECT caliper.reset('predicates');
UPDATE child SET v = 'z', w = w + 1 WHERE pid = 11;
DELETE FROM child WHERE pid = 12;
INSERT INTO parent VALUES (1, 1, 'one'), (9001, 1, 'new') ON CONFLICT (id) DO UPDATE SET b = excluded.b;
INSERT INTO parent VALUES (1, 1, 'one'), (9002, 1, 'new') ON CONFLICT (id) DO NOTHING;
MERGE INTO parent AS p USING (VALUES (1), (2), (9003)) AS v (i) ON p.id = v.i
  WHEN MATCHED AND i = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET a = 0
  WHEN NOT MATCHED THEN INSERT VALUES (i, 0, '');
WITH moved AS (DELETE FROM child WHERE pid = 13 RETURNING id, v) INSERT INTO log SELECT * FROM moved;
SELECT relname, columns, inserted, updated, deleted, sets FROM notes WHERE inserted + updated + deleted > 0;

-- partitions count as the partitioned table, by its own column numbers
SELECT caliper.reset('predicates');
CREATE TABLE parts (id int, kind int, t text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE parts_2 (t text, gone int, kind int, id int);
ALTER TABLE parts_2 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (1000) TO (2000);
INSERT INTO parts SELECT i, i % 10, 'x' FROM generate_series(0, 1999) AS i;
SELECT count(*) FROM parts WHERE kind = 3;
UPDATE parts SET t = 'y' WHERE kind = 4;
UPDATE parts SET t = 'y' WHERE kind = 4 AND id = 1504;
SELECT relname, columns, filtered, returned, inserted, updated, sets FROM notes;

-- with pg_caliper.track at top, what functions and triggers run is seen all the same
SELECT caliper.reset('predicates');
SHOW pg_caliper.track;
CREATE FUNCTION find_w(q int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  SELECT count(*) INTO n FROM child WHERE w = q;
  IF EXISTS (SELECT 1 FROM child WHERE v = 'v' || q) THEN
    n := (SELECT count(*) FROM parent WHERE a = q);
  END IF;
  RETURN n;
END $$;
CREATE FUNCTION find_v(q text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT count(*) FROM child WHERE v > $1;
$$;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM parent WHERE b = NEW.was;
  RETURN NEW;
END $$;
CREATE TRIGGER look BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION look();
SELECT find_w(7);
SELECT find_v('v7');
INSERT INTO log VALUES (7, 'b7');
SELECT relname, columns, roles, filtered, returned, inserted FROM notes;
SELECT count(*) AS measured FROM caliper.statements WHERE NOT toplevel AND query ~ 'child|parent';

-- the cost of foreign keys: of each side, by constraint
SELECT caliper.reset('predicates');
DELETE FROM parent WHERE id IN (21, 22);
INSERT INTO child VALUES (90001, 33, '', 0), (90002, 34, '', 0);
SELECT c.conname, t.relid::regclass, t.referenced, t.samples, t.trigger_calls,
       t.trigger_time > 0 AS time, t.estimated_time >= t.trigger_time AS estimated,
       t.userid = (SELECT oid FROM pg_roles WHERE rolname = current_user) AS me
  FROM caliper.foreign_key_triggers_raw() AS t JOIN pg_constraint AS c ON c.oid = t.conoid
 ORDER BY t.referenced;

-- other users' rows show whose they are, and nothing else
CREATE ROLE regress_seen_other;
SET ROLE regress_seen_other;
SELECT count(relid) FROM caliper.predicates WHERE usename <> current_user;
SELECT count(*), count(userid) AS userid, count(conoid) AS conoid, count(relid) AS relid,
       count(trigger_calls) AS calls, count(trigger_time) AS time
  FROM caliper.foreign_key_triggers_raw();
RESET ROLE;
DROP ROLE regress_seen_other;

-- which indexes are used: by scans that ran, and to find conflicts
SELECT caliper.reset('predicates');
CREATE INDEX child_w ON child (w);
CREATE INDEX child_v ON child (v);
ANALYZE child;
SET enable_seqscan = off;
SELECT count(*) FROM child WHERE w = 77 OR w = 78;
SELECT count(*) FROM child WHERE v = 'v5' AND false;
EXPLAIN (COSTS OFF) SELECT id FROM child WHERE v = 'v6';
INSERT INTO parent VALUES (1, 1, 'one') ON CONFLICT (id) DO NOTHING RETURNING a;
SELECT i.indexrelid::regclass, i.samples, i.last_seen <= clock_timestamp() AS seen
  FROM caliper.index_seen_raw() AS i JOIN pg_class AS c ON c.oid = i.indexrelid
 WHERE c.relnamespace = 'seen'::regnamespace ORDER BY 1;

-- samples are kept, and can be forgotten and turned off
SELECT value > 0 AS kept FROM caliper.info WHERE component = 'samples' AND name = 'entries';
SELECT caliper.reset('predicates');
SET pg_caliper.sample_parameters = off;
SELECT count(*) FROM child WHERE pid = 4 AND w = 5;
SELECT columns FROM notes;
SELECT value FROM caliper.info WHERE component = 'samples' AND name = 'entries';
SELECT value FROM caliper.info WHERE component = 'sightings' AND name = 'entries';

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA seen CASCADE;
