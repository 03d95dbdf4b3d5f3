-- caliper.predicates and caliper.advise_indexes(): from a known workload to
-- known advice, and to none once the index is there.
CREATE SCHEMA advise;
SET search_path = advise;
CREATE TABLE orgs (id int PRIMARY KEY, name text);
CREATE TABLE users (id int PRIMARY KEY, "orgId" int, email text, active bool);
CREATE TABLE tasks (id int PRIMARY KEY, org_id int, user_id int, status text,
                    prio int, due date, created_at timestamptz);
INSERT INTO orgs SELECT i, 'org ' || i FROM generate_series(1, 100) AS i;
INSERT INTO users SELECT i, i % 100 + 1, 'u' || i || '@example.org', i % 10 <> 0
  FROM generate_series(1, 5000) AS i;
INSERT INTO tasks SELECT i, hashint4(i) % 100, hashint4(i + 1) % 5000,
                         'status ' || i % 3, i % 5, date '2020-01-01' + i % 1000,
                         timestamptz '2020-01-01' + i * interval '10 s'
  FROM generate_series(1, 60000) AS i;
ANALYZE orgs, users, tasks;
SET max_parallel_workers_per_gather = 0;
SET jit = off;

-- nothing is known of these tables
SELECT count(*) FROM caliper.advise_indexes() WHERE schemaname = 'advise';

-- the workload; each statement is one shape
CREATE VIEW advice AS
  SELECT tablename, columns, ddl, verified, cardinality(queryids) AS statements,
         calls, cost_after < cost_before / 2 AS cheaper,
         benefit BETWEEN 0.5 AND 1 AS benefit, total_exec_time > 0 AS time,
         estimated_size
    FROM caliper.advise_indexes() WHERE schemaname = 'advise';
SELECT count(*) FROM users WHERE email = 'u7@example.org';
SELECT count(*) FROM users WHERE email = 'u8@example.org';
SELECT tablename, columns, ddl, verified, statements, calls, cheaper, benefit, time FROM advice;
SELECT relname, columns, roles, clipped, samples, rows_filtered, rows_returned,
       usename = current_user AS me, datname = current_database() AS here
  FROM caliper.predicates WHERE schemaname = 'advise' AND columns <> '{}';

-- it does what it says, and then there is nothing left to say
CREATE TABLE advised AS SELECT * FROM caliper.advise_indexes() WHERE schemaname = 'advise';
SELECT ddl FROM advised \gexec
SELECT count(*) FROM advice;
EXPLAIN (COSTS OFF) SELECT count(*) FROM users WHERE email = 'u7@example.org';
CREATE FUNCTION planned_cost(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN plan->0->'Plan'->>'Total Cost';
END $$;
SELECT abs(planned_cost('SELECT count(*) FROM users WHERE email = ''u7@example.org''') / cost_after - 1) < 0.05 AS cost_true,
       abs(pg_relation_size('users_email_idx') / estimated_size::float8 - 1) < 0.1 AS size_true
  FROM advised;

-- equality, range and order; names that need quotes
SELECT count(*) FROM users WHERE "orgId" = 3 AND active;
SELECT id FROM tasks WHERE org_id = 7 AND status = 'status 1' ORDER BY created_at DESC LIMIT 1;
SELECT count(*) FROM tasks WHERE user_id = 7 AND due > '2020-02-01' AND created_at > timestamptz '2020-01-02';
SELECT tablename, columns, ddl, verified, statements, cheaper FROM advice ORDER BY ddl COLLATE "C";

-- joins and subqueries
SELECT caliper.reset('predicates');
SELECT count(*) FROM caliper.predicates WHERE schemaname = 'advise';
SELECT count(*) FROM users AS u JOIN tasks AS t ON t.user_id = u.id WHERE u.email = 'u9@example.org';
SELECT u.id, (SELECT count(*) >= 0 FROM tasks AS t WHERE t.user_id = u.id) FROM users AS u WHERE u.id = 5;
UPDATE tasks SET prio = 1 WHERE org_id IN (200, 201);
DELETE FROM tasks WHERE 300 = org_id AND due BETWEEN '2020-01-05' AND '2020-01-06';
SELECT tablename, columns, verified, statements, cheaper FROM advice ORDER BY ddl COLLATE "C";

-- one index with the directions of the order; none that is a prefix of another
SELECT caliper.reset('predicates');
SELECT id FROM tasks ORDER BY due DESC, prio, id LIMIT 1;
SELECT id FROM tasks WHERE due = '2020-03-03' ORDER BY id LIMIT 1;
SELECT a.ddl FROM advice AS a ORDER BY a.ddl COLLATE "C";
SELECT count(*) AS prefixes FROM advice AS a JOIN advice AS b
    ON a.ddl <> b.ddl AND a.tablename = b.tablename
   AND a.columns = b.columns[1:cardinality(a.columns)];

-- what existing indexes do already is not advised
CREATE INDEX one ON tasks (org_id);
CREATE INDEX two ON tasks (org_id, status, created_at);
SELECT caliper.reset('predicates');
SELECT count(*) FROM tasks WHERE org_id = 8 AND status = 'status 1' AND prio = 9;
SELECT count(*) FROM advice WHERE ddl ~ '^CREATE' AND columns IN ('{org_id}', '{org_id,status}');
SELECT ddl FROM advice WHERE ddl ~ '^DROP';
DROP INDEX one, two;

-- a partition: the index is for the whole, on the evidence
CREATE TABLE parts (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (5000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (5000) TO (10000);
INSERT INTO parts SELECT i, i % 1000 FROM generate_series(0, 9999) AS i;
ANALYZE parts;
SELECT caliper.reset('predicates');
SELECT count(*) FROM parts WHERE kind = 5;
SELECT tablename, columns, ddl, verified, statements, cost_before FROM advice
  JOIN LATERAL (SELECT cost_before FROM caliper.advise_indexes() WHERE tablename = 'parts') AS c ON true;

-- what cannot be planned is said, and advised on the evidence
SELECT caliper.reset('predicates');
CREATE TABLE renamed AS SELECT i AS id, i % 500 AS kind FROM generate_series(1, 10000) AS i;
ANALYZE renamed;
SELECT count(*) FROM renamed WHERE kind = 5;
ALTER TABLE renamed RENAME TO other_name;
SELECT ddl, verified, regexp_replace(reason, '[0-9.]+ ms', 'N ms') AS reason
  FROM caliper.advise_indexes() WHERE schemaname = 'advise';
DROP TABLE other_name;
SELECT count(*) FROM caliper.advise_indexes() WHERE schemaname = 'advise';

-- nonsense is refused
SELECT * FROM caliper.advise_indexes(max_indexes => 0);
SELECT * FROM caliper.advise_indexes(0);
SELECT * FROM caliper.advise_indexes(min_benefit => 2);
SELECT * FROM caliper.advise_indexes(tables => '{}');
SELECT * FROM caliper.advise_indexes(time_limit => NULL);
SELECT * FROM caliper.advise_indexes(max_indexes => 5, time_limit => '0 s');
SELECT * FROM caliper.advise_indexes(max_indexes => 5, time_limit => '-1 day');
SELECT count(*) <= 1 AS in_time FROM caliper.advise_indexes(max_indexes => 1, time_limit => '1 ms');

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA advise CASCADE;
