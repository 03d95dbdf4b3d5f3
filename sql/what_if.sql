-- caliper.what_if(): what a statement would cost with other indexes; and then
-- they are built, to see whether it is true.
CREATE SCHEMA what_if;
SET search_path = what_if;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE TABLE item (id int PRIMARY KEY, org int, kind text, "mixedCase" int,
                   email text, tags int[], gone timestamptz, at timestamptz);
INSERT INTO item SELECT i, i % 200, 'kind ' || i % 5, i % 1000,
       'User' || i || '@example.org', ARRAY[i % 500, 500 + i % 30],
       CASE WHEN i % 4 > 0 THEN now() END, timestamptz '2024-01-01' + i * interval '1 min'
  FROM generate_series(1, 40000) AS i;
ALTER TABLE item ALTER tags SET STATISTICS 1000; -- so that all rows are looked at
CREATE INDEX item_org ON item (org);
VACUUM ANALYZE item;

-- what it says of each, and what is true when it is there
CREATE TABLE trial (n int, statement text, ddl text[], guess float8, size float8, used int);
INSERT INTO trial (n, statement, ddl) VALUES
 (1, 'SELECT * FROM item WHERE "mixedCase" = 7', ARRAY['CREATE INDEX ON item ("mixedCase")']),
 (2, 'SELECT * FROM item WHERE org = 7 AND kind = ''kind 2'' ORDER BY at DESC LIMIT 5', ARRAY['CREATE INDEX ON item (org, kind, at DESC)']),
 (3, 'SELECT * FROM item WHERE lower(email) = ''user77@example.org''', '{CREATE INDEX ON item (lower(email))}'),
 (4, 'SELECT * FROM item WHERE org = 7 AND gone IS NULL', '{CREATE INDEX ON item (org) WHERE gone IS NULL}'),
 (5, 'SELECT org, at FROM item WHERE "mixedCase" = 7', ARRAY['CREATE INDEX ON item ("mixedCase") INCLUDE (org, at)']),
 (6, 'SELECT count(*) FROM item WHERE tags @> ARRAY[7]', '{CREATE INDEX ON item USING gin (tags)}'),
 (7, 'SELECT * FROM item WHERE email = ''User7@example.org''', '{CREATE INDEX ON item USING hash (email)}'),
 (8, 'SELECT count(*) FROM item WHERE at >= ''2024-01-20'' AND at < ''2024-01-21''', '{CREATE INDEX ON item USING brin (at)}'),
 (9, 'SELECT * FROM item WHERE date_trunc(''day'', at AT TIME ZONE ''UTC'') = ''2024-01-09''', ARRAY['CREATE INDEX ON item (date_trunc(''day'', at AT TIME ZONE ''UTC''))']);
UPDATE trial AS t SET guess = w.cost_after, size = w.estimated_size, used = cardinality(w.used)
  FROM trial AS o, caliper.what_if(o.statement, o.ddl) AS w WHERE o.n = t.n;
CREATE FUNCTION try(statement text, ddl text, OUT cost float8, OUT size float8)
LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE regexp_replace(ddl, 'INDEX ON', 'INDEX tried ON');
  ANALYZE item;
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
  cost := plan->0->'Plan'->>'Total Cost';
  size := pg_relation_size('tried');
  DROP INDEX tried;
END $$;
SELECT n, used, abs(guess / r.cost - 1) < 0.1 AS cost_true,
       abs(t.size - r.size) <= 0.15 * r.size + 8192 AS size_true
  FROM trial AS t, LATERAL try(t.statement, t.ddl[1]) AS r ORDER BY n;

-- plans; and an index that goes
SELECT plan_before, plan_after, used, estimated_size FROM caliper.what_if(
  'SELECT id FROM item WHERE org = 3 AND kind = ''kind 3''', '{DROP INDEX item_org}') \gx
SELECT regexp_replace(plan_after, '\d+\.\d+', 'N', 'g') AS plan_after, used FROM caliper.what_if(
  'SELECT id FROM item WHERE org = 3 AND lower(email) = $1',
  ARRAY['DROP INDEX item_org', 'CREATE INDEX ON item (kind)', 'CREATE INDEX ON item (lower(email), org)']) \gx
SELECT benefit, used, estimated_size FROM caliper.what_if('SELECT 1 FROM item WHERE id = 5', '{}');
SELECT count(*) AS still_two FROM pg_index WHERE indrelid = 'item'::regclass;

-- for an observed statement, with the values it had
SELECT count(*) FROM item WHERE kind = 'kind 1' AND "mixedCase" = 11;
SELECT w.cost_after < w.cost_before / 5 AS cheaper, w.used, w.plan_before LIKE '%kind 1%' AS with_values
  FROM caliper.predicates AS p, caliper.what_if(p.queryid, ARRAY['CREATE INDEX ON what_if.item ("mixedCase")']) AS w
 WHERE p.relid = 'item'::regclass AND p.columns @> '{kind,mixedCase}';

-- partitions: an index of the whole is one of each
CREATE TABLE part (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (20000);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (20000) TO (40000);
INSERT INTO part SELECT i, i % 4000 FROM generate_series(0, 39999) AS i;
VACUUM ANALYZE part;
SELECT cost_after < cost_before / 5 AS cheaper, used FROM caliper.what_if(
  'SELECT * FROM part WHERE kind = 5', '{CREATE INDEX ON part (kind)}');

-- nonsense
SELECT * FROM caliper.what_if('SELECT 1; SELECT 2', '{}');
SELECT * FROM caliper.what_if('SELEC 1', '{}');
SELECT * FROM caliper.what_if('VACUUM', '{}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{SELECT 1}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{DROP TABLE item}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{DROP INDEX item}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{CREATE INDEX ON item (nothing)}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{CREATE INDEX ON item (random())}');
SELECT * FROM caliper.what_if('SELECT 1 FROM item', ARRAY['CREATE INDEX ON item USING hash (id, org)']);
SELECT * FROM caliper.what_if('SELECT 1 FROM item', ARRAY['CREATE INDEX ON item USING gin (id)']);
SELECT * FROM caliper.what_if('SELECT 1 FROM item', ARRAY[NULL]);
SELECT * FROM caliper.what_if('SELECT 1 FROM pg_class', '{CREATE INDEX ON pg_class (relpages)}');
SELECT * FROM caliper.what_if(0, '{}');

-- what is not the caller's to read
SELECT queryid FROM caliper.predicates WHERE relid = 'item'::regclass AND columns @> '{kind,mixedCase}' \gset
CREATE ROLE what_if_stranger;
GRANT USAGE ON SCHEMA what_if TO what_if_stranger;
SET ROLE what_if_stranger;
SELECT * FROM caliper.what_if('SELECT 1 FROM item', '{}');
SELECT * FROM caliper.what_if('SELECT 1', '{CREATE INDEX ON item (org)}');
SELECT set_config('what_if.queryid', :'queryid', false) <> '' AS known;
DO $$ BEGIN
  PERFORM caliper.what_if(current_setting('what_if.queryid')::bigint, '{}');
EXCEPTION WHEN undefined_object THEN RAISE NOTICE 'it is not there for him';
END $$;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA what_if CASCADE;
DROP ROLE what_if_stranger;
