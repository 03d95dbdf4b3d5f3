-- What carries a secret is kept as the name of its command.
SELECT caliper.reset();
CREATE ROLE regress_caliper_secret PASSWORD 'hunter2-a';
ALTER ROLE regress_caliper_secret PASSWORD 'hunter2-b';
ALTER ROLE regress_caliper_secret SET work_mem = '5MB';
CREATE FOREIGN DATA WRAPPER regress_caliper_fdw;
CREATE SERVER regress_caliper_server FOREIGN DATA WRAPPER regress_caliper_fdw OPTIONS (secret 'hunter2-c');
ALTER SERVER regress_caliper_server OPTIONS (SET secret 'hunter2-d');
CREATE USER MAPPING FOR regress_caliper_secret SERVER regress_caliper_server OPTIONS (token 'hunter2-e');
ALTER USER MAPPING FOR regress_caliper_secret SERVER regress_caliper_server OPTIONS (SET token 'hunter2-f');
SET app.token = 'hunter2-g';
RESET app.token;
DO $$ BEGIN EXECUTE 'ALTER ROLE regress_caliper_secret PASSWORD ''hunter2-h'''; END $$;
SELECT 'hunter2-i' AS literal;
SELECT 1 \; ALTER ROLE regress_caliper_secret PASSWORD 'hunter2-j' \; SELECT 2;
ALTER ROLE no_such_role PASSWORD 'hunter2-k';
SET pg_caliper.track = 'all';
DO $$ BEGIN EXECUTE 'ALTER ROLE regress_caliper_secret PASSWORD ''hunter2-l'''; END $$;
SELECT 1 \; ALTER ROLE regress_caliper_secret PASSWORD 'hunter2-m' \; CREATE TABLE ctas AS SELECT 'x' AS y \; EXPLAIN (COSTS off) SELECT 3 FROM ctas;
RESET pg_caliper.track;
DROP TABLE ctas;
SELECT count(*) AS leaked FROM caliper.statements WHERE query ~ 'hunter2';
SELECT query, count(*) > 0 AS kept FROM caliper.statements
 WHERE query ~ '^(CREATE|ALTER|SET|DO)' AND query !~ 'ctas' GROUP BY query ORDER BY query COLLATE "C";
SET client_min_messages = warning;
DROP SERVER regress_caliper_server CASCADE;
DROP FOREIGN DATA WRAPPER regress_caliper_fdw;
DROP ROLE regress_caliper_secret;
RESET client_min_messages;
