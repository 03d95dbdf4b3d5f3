-- Selection: budgets, limits, existing indexes that could go; the same again
-- gives the same answer.
CREATE SCHEMA choose;
SET search_path = choose;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE TABLE events (id int PRIMARY KEY, account int, kind int, state text, at timestamptz, note text);
CREATE TABLE accounts (id int PRIMARY KEY, region int, email text, opened date);
INSERT INTO events SELECT i, hashint4(i) % 2000, hashint4(i + 7) % 50,
                          CASE WHEN i % 100 = 0 THEN 'open' ELSE 'done' END,
                          timestamptz '2024-01-01' + (hashint4(i + 3) % 500000) * interval '1 min',
                          repeat('x', 80)
  FROM generate_series(1, 40000) AS i;
INSERT INTO accounts SELECT i, i % 500, 'User' || i || '@example.org', date '2020-01-01' + i % 900
  FROM generate_series(1, 20000) AS i;
CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_kind_again ON events (kind);
CREATE INDEX accounts_never ON accounts (opened);
VACUUM ANALYZE events, accounts;

SELECT count(*) FROM events WHERE account = 17 AND at > '2024-06-01';
SELECT count(*) FROM events WHERE account = 18;
SELECT id FROM events WHERE account = 19 ORDER BY at DESC LIMIT 5;
SELECT count(*) FROM accounts WHERE region = 4;
SELECT id FROM accounts WHERE lower(email) = 'user77@example.org';
SELECT count(*) FROM accounts a JOIN events e ON e.account = a.id WHERE a.region = 44;
SELECT count(*) FROM events WHERE kind = 7;

-- without a limit: nothing twice, nothing that another covers, all of it planned
CREATE TEMP TABLE free AS SELECT * FROM caliper.advise_indexes() WHERE schemaname = 'choose';
SELECT tablename, columns[1] AS first, verified FROM free WHERE action = 'create' ORDER BY 1, 2;
SELECT count(*) AS twice FROM free a JOIN free b USING (tablename, method)
 WHERE a.rank <> b.rank AND a.action <> 'drop' AND b.action <> 'drop'
   AND a.columns[1:cardinality(b.columns)] = b.columns;
SELECT bool_and(benefit >= 0.05) AS worth, bool_and(cost_after < cost_before) AS cheaper,
       bool_and(write_cost > 0) AS written
  FROM free WHERE action <> 'drop';

-- what could go: one of two equals, and the one that nothing uses
SELECT indexname, ddl, verified FROM free WHERE action = 'drop' ORDER BY 1;
SELECT count(*) FROM caliper.advise_indexes(include_drops => false) WHERE action = 'drop';

-- the same question, the same answer
SELECT count(*) AS differences
  FROM (SELECT ddl FROM free) AS a
  FULL JOIN (SELECT ddl FROM caliper.advise_indexes() WHERE schemaname = 'choose') AS b USING (ddl)
 WHERE a.ddl IS NULL OR b.ddl IS NULL;

-- a budget is kept, and what is left out is what saves least
CREATE FUNCTION total(budget bigint, OUT n bigint, OUT fits bool, OUT saved float8) LANGUAGE sql AS
  'SELECT count(*), coalesce(sum(estimated_size), 0) <= $1, coalesce(sum(benefit * total_exec_time), 0)
     FROM caliper.advise_indexes($1, include_drops => false)';
SELECT (total(8192)).n AS nothing, (total(400000)).fits, (total(800000)).fits,
       (total(100000000)).n = (SELECT count(*) FROM free WHERE action <> 'drop') AS all_of_them;

-- a limited number
SELECT n, (SELECT count(*) FROM caliper.advise_indexes(max_indexes => n, include_drops => false)) AS advised
  FROM generate_series(1, 3) AS n;

-- some tables only
SELECT DISTINCT tablename
  FROM caliper.advise_indexes(tables => ARRAY['choose.accounts'::regclass]);

-- a benefit that is asked for
SELECT count(*) FROM caliper.advise_indexes(min_benefit => 1, include_drops => false);

-- hardly any time: no error
SELECT count(*) >= 0 AS fine FROM caliper.advise_indexes(time_limit => '1 ms');

-- what is advised is used, and then there is nothing left to say
\set ECHO none
SELECT ddl FROM free ORDER BY rank \gexec
\set ECHO all
VACUUM ANALYZE events, accounts;
SELECT count(*) <= 1 AS quiet FROM caliper.advise_indexes() WHERE schemaname = 'choose' AND action <> 'drop';

-- a wider index replaces a narrower one
DROP TABLE events CASCADE;
CREATE TABLE events (id int PRIMARY KEY, account int, at timestamptz, note text);
INSERT INTO events SELECT i, i % 20, timestamptz '2024-01-01' + i * interval '1 min', repeat('x', 80)
  FROM generate_series(1, 40000) AS i;
CREATE INDEX events_account ON events (account);
VACUUM ANALYZE events;
SELECT caliper.reset();
SELECT id FROM events WHERE account = 1 ORDER BY at DESC LIMIT 5;
SELECT id FROM events WHERE account = 2 ORDER BY at DESC LIMIT 5;
SELECT id FROM events WHERE account = 3 ORDER BY at DESC LIMIT 5;
SELECT action, indexname, columns, ddl FROM caliper.advise_indexes() WHERE tablename = 'events' ORDER BY rank;
RESET search_path;
DROP SCHEMA choose CASCADE;
