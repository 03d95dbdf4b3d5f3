-- Which indexes are thought of: one kind of statement after the other, each
-- with the index that serves it best, or none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
RESET client_min_messages;
CREATE SCHEMA candidates;
SET search_path = candidates, public;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE TABLE orgs (id int PRIMARY KEY, name text);
INSERT INTO orgs SELECT i, 'org ' || i FROM generate_series(1, 200) AS i;
CREATE TABLE items (
  id int PRIMARY KEY, org_id int NOT NULL, user_id int, state text, kind varchar(20), email text,
  title text COLLATE "und-x-icu", code text COLLATE "C", fixed char(8), tags text[], data jsonb, document json, body text,
  period int4range, address inet, place point, token text, deleted_at timestamptz, parent_id int,
  active bool, due date, paid date, created_at timestamptz NOT NULL);
INSERT INTO items
SELECT i, hashint4(i) % 100 + 100, hashint4(i + 1) % 2000, 'state ' || i % 10, 'kind ' || i % 400,
       'User' || i || '@example.org', 'title ' || md5(i::text), 'c' || i, 'f' || i % 2000,
       ARRAY['a' || i % 5, 'b' || i % 1000], jsonb_build_object('k', i % 1000, 'n', i), '{}',
       repeat('lorem ', 10) || 'w' || i % 500, int4range(i, i + 5),
       ('10.' || i % 250 || '.' || i % 100 || '.1')::inet, point(i, i), repeat(md5(i::text), 2),
       CASE WHEN i % 100 = 0 THEN timestamptz '2020-01-01' END, CASE WHEN i % 20 = 0 THEN i / 20 END,
       i % 50 <> 0, date '2020-01-01' + i % 400, date '2020-01-21' + i % 395,
       timestamptz '2020-01-01 00:00:00+00' + hashint4(i + 2) % 1000000 * interval '1 min'
  FROM generate_series(1, 20000) AS i;
CREATE TABLE parts (id int, kind int, at date) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (20000);
INSERT INTO parts SELECT i, i % 1000, date '2020-01-01' + i % 500 FROM generate_series(0, 19999) AS i;
CREATE TABLE log (id int, at timestamptz, line text);
INSERT INTO log SELECT i, timestamptz '2020-01-01 00:00:00+00' + i * interval '1 min', repeat('x', 500)
  FROM generate_series(1, 25000) AS i;
CREATE TABLE wide (id int, line text);
INSERT INTO wide SELECT i, repeat(md5(i::text), 40) FROM generate_series(1, 5000) AS i;
VACUUM ANALYZE orgs, items, parts, log, wide;

\set advice 'SELECT ddl FROM caliper.advise_indexes() WHERE schemaname = ''candidates'' AND action = ''create'' ORDER BY ddl COLLATE "C"; SELECT FROM caliper.reset(''predicates'');'
\pset tuples_only on
SELECT FROM caliper.reset('predicates');

-- equality, range and order
SELECT FROM items WHERE email = 'User7@example.org';
:advice
PREPARE newest AS SELECT FROM items WHERE org_id = $1 AND state = $2 ORDER BY created_at DESC LIMIT 5;
EXECUTE newest(150, 'state 5');
:advice
PREPARE since AS SELECT FROM items WHERE $1 = org_id AND created_at >= $2;
EXECUTE since(150, '2030-01-01');
:advice
SELECT FROM items WHERE user_id IN (-1, -2, -3);
:advice
SELECT max(created_at) < now() FROM items WHERE user_id = -7;
:advice
SELECT FROM items ORDER BY user_id DESC NULLS LAST, id LIMIT 1 OFFSET 10;
:advice
PREPARE next AS SELECT FROM items WHERE org_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT 5;
EXECUTE next(150, '2021-06-01', 1);
:advice
SELECT FROM items WHERE email = 'User7@example.org' COLLATE "C";
:advice
SELECT FROM items ORDER BY title COLLATE "C" LIMIT 1;
:advice

-- joins
SELECT FROM orgs AS o JOIN items AS i ON i.org_id = o.id WHERE o.name = 'org 7';
:advice
SELECT FROM orgs AS o JOIN items AS i ON i.org_id = o.id WHERE o.id = 150 AND i.user_id = -1;
:advice

-- expressions; none that the time zone or a parameter could change
SELECT FROM items WHERE lower(email) = 'user7@example.org';
:advice
SELECT FROM items WHERE data ->> 'n' = '-5';
:advice
SELECT FROM items WHERE coalesce(parent_id, user_id) = -5;
:advice
SELECT FROM items WHERE created_at::date = '1999-01-01';
:advice

-- beginnings of values
SELECT FROM items WHERE title LIKE 'title abcd%';
:advice
SELECT FROM items WHERE code LIKE 'c12345%';
:advice
SELECT FROM items WHERE kind LIKE 'kind 39%' AND org_id = -1;
:advice
SELECT FROM items WHERE lower(email) ~ '^user1234';
:advice
SELECT FROM items WHERE starts_with(title, 'none') OR title ^@ 'title abcd';
:advice

-- what a condition leaves
SELECT FROM items WHERE NOT active AND state = 'no state';
:advice
SELECT id FROM items WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 3 OFFSET 300;
:advice
SELECT count(*) < 0 FROM items WHERE paid < due;
:advice
SELECT FROM items WHERE parent_id = -7;
:advice
PREPARE overdue AS SELECT FROM items WHERE state IN ('state 1', 'state 2') AND due < $1 ORDER BY due LIMIT 1;
EXECUTE overdue('2020-01-01');
:advice

-- no need for the table
SELECT sum(user_id) < 0 FROM items WHERE org_id = 150;
:advice
SELECT count(*) < 0 FROM items GROUP BY user_id HAVING count(*) < 0;
:advice

-- operators that are no comparisons
SELECT FROM items WHERE title ILIKE '%no such thing%';
:advice
SELECT FROM items WHERE tags @> ARRAY['b7x'];
:advice
SELECT FROM items WHERE data @> '{"k": -7}';
:advice
SELECT FROM items WHERE to_tsvector('english', body) @@ to_tsquery('english', 'w777');
:advice
SELECT FROM items WHERE period @> -7;
:advice
SELECT FROM items WHERE address >>= inet '11.1.1.1';
:advice
SELECT FROM items WHERE place <@ box '((-2,-2),(-1,-1))';
:advice

-- wide values, and values in order on disk
SELECT FROM wide WHERE line = 'none';
:advice
SELECT FROM log WHERE at < '2020-01-01 01:00:00+00';
SELECT ddl FROM caliper.advise_indexes(budget => 65536) WHERE schemaname = 'candidates';
:advice

-- a partitioned table
SELECT FROM parts WHERE kind = 77 ORDER BY at LIMIT 1 OFFSET 30;
:advice

-- nothing: a unique index is there, nothing is left out, no such class
SELECT FROM items WHERE id = -7 AND org_id = 7;
:advice
SELECT FROM items WHERE active AND state <> 'state 1' LIMIT 1;
:advice
SELECT FROM items WHERE 'b7x' = ANY (tags);
:advice
SELECT FROM items WHERE xmin = '0'::xid;
:advice
SELECT sum(length(name)) < 0 FROM orgs WHERE id BETWEEN 1 AND 190;
:advice

-- an index for each arm of an OR
SELECT FROM items WHERE org_id = -1 OR user_id = -1;
:advice

-- one index for several statements
SELECT FROM items WHERE org_id = -1 AND user_id = 7;
SELECT FROM items WHERE user_id = -1;
SELECT FROM items WHERE user_id = -1 AND org_id = 1 AND created_at > '2030-01-01';
:advice

\pset tuples_only off
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA candidates CASCADE;
DROP EXTENSION pg_trgm;
