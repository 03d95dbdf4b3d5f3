-- caliper.index_usage: each kind, each duty, and what must not be dropped; and
-- caliper.unindexed_foreign_keys.
CREATE SCHEMA usage;
SET search_path = usage;
SET max_parallel_workers_per_gather = 0;
CREATE VIEW told AS
  SELECT indexname, columns, kind, covered_by, supports, drop_ddl FROM caliper.index_usage
   WHERE schemaname = 'usage';

CREATE TABLE parent (id int PRIMARY KEY, code int UNIQUE, place int4range, EXCLUDE USING gist (place WITH &&));
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent, n int, "Odd name" int, note text, gone timestamptz);
INSERT INTO parent SELECT i, i, int4range(i, i + 1) FROM generate_series(1, 500) AS i;
INSERT INTO child SELECT i, i % 100 + 1, i % 7, i % 11, 'note ' || i FROM generate_series(1, 2000) AS i;

-- used, and unused for too short a time to be dropped
CREATE INDEX used ON child ("Odd name");
CREATE INDEX unused ON child (gone, note);
ANALYZE child;
SET enable_seqscan = off;
SELECT count(*) FROM child WHERE "Odd name" = 3;
SELECT pg_stat_force_next_flush();
SELECT * FROM told ORDER BY indexname;
SELECT scans, scans_since < now() AS since, last_used IS NOT NULL AS last_used, tuples_read, size > 0 AS size, table_writes, write_cost > 0 AS cost,
       write_share BETWEEN 0.001 AND 0.5 AS share, method, is_unique, is_primary, note
  FROM caliper.index_usage WHERE schemaname = 'usage' AND indexname = 'used';
SELECT scans, last_used, note ~ '^observed for [0-9:]+ only: wait until there are 7 days$' AS note
  FROM caliper.index_usage WHERE schemaname = 'usage' AND indexname = 'unused';

-- once it was observed for long enough; a constraint stays all the same
BEGIN;
ALTER EXTENSION pg_caliper DROP FUNCTION caliper.index_limits();
CREATE OR REPLACE FUNCTION caliper.index_limits(
    OUT unused_after interval, OUT calls_before integer, OUT calls_after integer, OUT calls_sure integer,
    OUT change double precision, OUT certainty double precision, OUT cost_btree double precision, OUT cost_gin double precision,
    OUT cost_gist double precision, OUT cost_brin double precision)
RETURNS record LANGUAGE sql AS 'SELECT interval ''0'', 5, 10, 100, 0.1::float8, 2.5::float8, 5::float8, 50::float8, 20::float8, 1::float8';
SELECT indexname, kind, drop_ddl FROM told WHERE kind = 'unused' ORDER BY indexname;
ROLLBACK;

-- duplicates: what enforces something stays, else the older one
CREATE INDEX twin_1 ON child (n, note);
CREATE INDEX twin_2 ON child (n, note);
CREATE UNIQUE INDEX child_id_again ON child (id);
CREATE INDEX child_id_plain ON child (id);
CREATE INDEX expr_1 ON child (lower(note));
CREATE INDEX expr_2 ON child (lower(note));
CREATE INDEX part_1 ON child (n) WHERE gone IS NULL;
CREATE INDEX part_2 ON child (n) WHERE gone IS NULL;
CREATE INDEX inc_1 ON child (gone DESC) INCLUDE (n, id);
CREATE INDEX inc_2 ON child (gone DESC) INCLUDE (id, n);
SELECT * FROM told WHERE kind = 'duplicate' ORDER BY indexname;
-- covered: by more keys, by more columns beside them; chains end at the longest
CREATE INDEX short ON child (n);
CREATE INDEX inc_0 ON child (gone DESC);
SELECT * FROM told WHERE kind = 'covered' ORDER BY indexname;
-- none of these is: direction, collation, class, predicate, method, uniqueness
CREATE INDEX other_order ON child (n DESC);
CREATE INDEX other_collation ON child (lower(note) COLLATE "C");
CREATE INDEX other_class ON child (lower(note) text_pattern_ops);
CREATE INDEX other_predicate ON child (n) WHERE gone IS NOT NULL;
CREATE INDEX other_method ON child USING hash (n);
CREATE UNIQUE INDEX unique_prefix ON child ("Odd name", id);
CREATE UNIQUE INDEX unique_longer ON child ("Odd name", id, n);
CREATE INDEX brin_1 ON child USING brin (gone);
CREATE INDEX brin_2 ON child USING brin (gone) WITH (pages_per_range = 4);
SELECT indexname, kind, supports FROM told WHERE indexname ~ '^(other|unique|brin)' ORDER BY indexname;
DROP INDEX unique_prefix, unique_longer;
-- the work of one that is used has to be done by another if it goes
SELECT count(*) FROM child WHERE n = 3 AND note = 'note 3';
SELECT pg_stat_force_next_flush();
SELECT u.indexname, kind, scans > 0 AS scans, drop_ddl IS NULL AS stays, note FROM caliper.index_usage AS u
 WHERE schemaname = 'usage' AND indexname LIKE 'twin%' ORDER BY indexname;

-- duties: foreign keys on both sides, the only index for one, replica identity, clustering
SELECT indexname, supports, drop_ddl FROM told WHERE indexname LIKE 'parent%' ORDER BY indexname;
SELECT conname, schemaname, tablename, columns, referenced_schemaname, referenced_tablename, referenced_columns, table_rows, table_size > 0 AS size,
       ddl FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage';
CREATE INDEX fk_long ON child (parent_id, n);
SELECT indexname, kind, supports FROM told WHERE supports LIKE '%child_parent_id%' ORDER BY indexname;
CREATE INDEX fk_short ON child (parent_id);
SELECT indexname, kind, covered_by, supports, drop_ddl FROM told WHERE indexname LIKE 'fk%' ORDER BY indexname;
SELECT count(*) FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage';
ALTER TABLE child ALTER id SET NOT NULL, REPLICA IDENTITY USING INDEX child_id_again, CLUSTER ON used;
SELECT indexname, kind, covered_by, supports, drop_ddl FROM told WHERE indexname IN ('child_id_again', 'child_pkey', 'used') ORDER BY indexname;

-- foreign keys of several columns, in any order; partial ones; none by a later column
CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE "Pairs" (x int, "Y" int, z int REFERENCES parent (code), CONSTRAINT of_pair FOREIGN KEY (x, "Y") REFERENCES pair);
SELECT conname, columns, referenced_columns, ddl FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage' ORDER BY conname;
CREATE INDEX wrong ON "Pairs" (x, z, "Y");
CREATE INDEX partial ON "Pairs" (z) WHERE x > 0;
SELECT conname FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage' ORDER BY conname;
CREATE INDEX "Right" ON "Pairs" ("Y", x);
CREATE INDEX not_null ON "Pairs" (z) WHERE z IS NOT NULL;
SELECT conname FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage' ORDER BY conname;
SELECT indexname, kind, supports, drop_ddl FROM told WHERE indexname IN ('wrong', 'partial', 'Right', 'not_null') ORDER BY indexname;
CREATE INDEX "Wrong" ON "Pairs" ("Y", x);
SELECT indexname, kind, drop_ddl FROM told WHERE indexname = 'Wrong';

-- what the triggers of an unindexed foreign key cost; what the parents do
DROP INDEX fk_long, fk_short;
SELECT caliper.reset('predicates');
DELETE FROM parent WHERE id BETWEEN 401 AND 420;
UPDATE parent SET code = -code WHERE id = 430;
SELECT pg_stat_force_next_flush();
SELECT conname, parent_deletes, parent_updates, trigger_calls, trigger_time > 0 AS time, estimated_time >= trigger_time AS estimated
  FROM caliper.unindexed_foreign_keys WHERE conname LIKE 'child%';

-- partitions: the whole adds up its parts, which go with it
CREATE TABLE parts (id int, kind int, parent_id int REFERENCES parent) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
CREATE INDEX parts_kind ON parts (kind);
CREATE INDEX parts_kind_again ON parts (kind);
CREATE INDEX parts_1_kind ON parts_1 (kind);
CREATE INDEX parts_id ON ONLY parts (id);
INSERT INTO parts SELECT i, i % 7 FROM generate_series(0, 199) AS i;
SELECT pg_stat_force_next_flush();
SELECT indexname, kind, covered_by, table_writes, drop_ddl, note FROM caliper.index_usage
 WHERE schemaname = 'usage' AND tablename LIKE 'parts%' AND indexname <> 'parts_kind' AND indexname <> 'parts_1_kind_idx' AND indexname <> 'parts_2_kind_idx'
 ORDER BY indexname;
SELECT (SELECT size FROM caliper.index_usage WHERE indexname = 'parts_kind') = pg_relation_size('parts_1_kind_idx') + pg_relation_size('parts_2_kind_idx') AS size;
SELECT conname, table_size > 0 AS size, ddl FROM caliper.unindexed_foreign_keys WHERE tablename LIKE 'parts%';

-- a build that failed
CREATE UNIQUE INDEX CONCURRENTLY failed ON child (n);
SELECT * FROM told WHERE indexname = 'failed';
SELECT note FROM caliper.index_usage WHERE indexname = 'failed';

-- every statement that is proposed can be run, but for those that wait for another
DO $$
DECLARE ddl text;
BEGIN
  FOR ddl IN SELECT replace(drop_ddl, 'CONCURRENTLY ', '') FROM caliper.index_usage WHERE schemaname = 'usage' AND drop_ddl IS NOT NULL
             UNION ALL SELECT replace(k.ddl, 'CONCURRENTLY ', '') FROM caliper.unindexed_foreign_keys AS k WHERE schemaname = 'usage' LOOP
    EXECUTE ddl;
  END LOOP;
END $$;
SELECT count(*) FROM told WHERE drop_ddl IS NOT NULL;
SELECT count(*) FROM caliper.unindexed_foreign_keys WHERE schemaname = 'usage';

-- nothing is hidden from anybody, but what triggers cost
SET ROLE regress_caliper_user;
SELECT count(*) > 20 AS indexes FROM caliper.index_usage WHERE schemaname = 'usage';
SELECT count(*) FROM caliper.index_advice;
RESET ROLE;
RESET enable_seqscan;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA usage CASCADE;
