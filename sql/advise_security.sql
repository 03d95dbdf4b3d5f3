-- The advisor plans and measures again what others ran.  Whatever they prepare
-- for it, nothing of theirs runs with anybody else's rights, nothing gets out
-- that they may not read, and nothing breaks.
SELECT current_user AS me \gset
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE ROLE regress_caliper_attacker LOGIN;
CREATE ROLE regress_caliper_victim LOGIN;
CREATE SCHEMA trap AUTHORIZATION regress_caliper_attacker;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
SELECT caliper.reset();
\c - regress_caliper_attacker
SET max_parallel_workers_per_gather = 0;
-- tells, even if it is rolled back, that his code ran as somebody else
CREATE SEQUENCE trap.as_another;
GRANT ALL ON trap.as_another TO PUBLIC;
CREATE FUNCTION trap.evil() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'regress_caliper_attacker' THEN
    PERFORM nextval('trap.as_another');
  END IF;
  RETURN 1;
END $$;
CREATE TABLE trap.bait AS SELECT i AS id, i % 1000 AS kind, i % 7 AS day FROM generate_series(1, 20000) AS i;
CREATE TABLE trap.guarded AS SELECT * FROM trap.bait;
CREATE TABLE trap.shared AS SELECT * FROM trap.bait;
CREATE TABLE trap.measured AS SELECT * FROM trap.bait;
ANALYZE trap.bait, trap.guarded, trap.shared, trap.measured;
ALTER TABLE trap.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_days ON trap.guarded USING (day < 7);
CREATE DOMAIN trap.positive AS int CHECK (VALUE > 0);
GRANT SELECT ON ALL TABLES IN SCHEMA trap TO PUBLIC;
-- an index that others' statements might want as well
CREATE FUNCTION trap.same(int) RETURNS int LANGUAGE plpgsql IMMUTABLE COST 0.0001 AS $$
BEGIN
  IF current_setting('trap.calm', true) = 'yes' THEN RETURN $1; END IF;
  IF current_user = 'regress_caliper_attacker' THEN RAISE EXCEPTION 'not for you'; END IF;
  PERFORM nextval('trap.as_another');
  RETURN $1;
END $$;
SET trap.calm = 'yes';
SELECT count(*) FROM trap.shared WHERE kind = 7 AND trap.same(day) = 3;
SELECT count(*) FROM trap.shared WHERE kind = 8 AND trap.same(day) = 3;
SELECT count(*) FROM trap.measured WHERE trap.same(kind) = 7;
SELECT count(*) FROM trap.measured WHERE trap.same(kind) = 8;

-- what his victims run
\c - regress_caliper_victim
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM trap.bait WHERE kind = 17;
SELECT count(*) FROM trap.guarded WHERE kind = 17;
SELECT count(*) FROM trap.shared WHERE kind = 17 AND day < 3;
PREPARE p (trap.positive) AS SELECT count(*) FROM trap.bait WHERE id = $1 + 1;
EXECUTE p (6);
\c - :me
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM trap.bait WHERE day = 17;
CREATE FUNCTION public.regress_caliper_late() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 5';
CREATE FUNCTION public.regress_caliper_body() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT regress_caliper_late()';
SET search_path = trap, public;
SELECT count(*) FROM trap.measured WHERE id = regress_caliper_body();
RESET search_path;

-- then he turns the table into a view, and puts himself wherever he can
SET ROLE regress_caliper_attacker;
ALTER TABLE trap.bait RENAME TO turned;
CREATE VIEW trap.bait AS SELECT * FROM trap.turned WHERE trap.evil() = 1;
GRANT SELECT ON trap.bait TO PUBLIC;
DROP POLICY all_days ON trap.guarded;
CREATE POLICY all_days ON trap.guarded USING (day < 7 * trap.evil());
ALTER DOMAIN trap.positive ADD CONSTRAINT evil CHECK (VALUE > -trap.evil());
CREATE FUNCTION trap.regress_caliper_late() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT trap.evil()';
\c - :me
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SELECT tablename, columns, verified FROM caliper.advise_indexes(time_limit => '20 s', include_drops => false)
 WHERE schemaname = 'trap' ORDER BY tablename COLLATE "C", columns, verified COLLATE "C";
SELECT is_called AS ran_as_another FROM trap.as_another;

-- a function may not call the advisor while the advisor plans
CREATE TABLE nested AS SELECT i AS id, i % 1000 AS kind FROM generate_series(1, 20000) AS i;
ANALYZE nested;
CREATE FUNCTION calls_what_if() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  n int;
BEGIN
  SELECT cost_before INTO n FROM caliper.what_if('SELECT FROM nested WHERE kind = 2', '{CREATE INDEX ON nested (kind)}');
  RETURN 1;
END $$;
CREATE FUNCTION calls_advise() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM caliper.advise_indexes();
  RETURN 1;
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  RETURN 2;
END $$;
SELECT used FROM caliper.what_if('SELECT FROM nested WHERE kind = calls_what_if()', '{CREATE INDEX ON nested (kind)}');
SELECT used FROM caliper.what_if('SELECT FROM nested WHERE kind = calls_advise()', '{CREATE INDEX ON nested (kind)}');
-- and no hook is left behind
EXPLAIN (COSTS OFF) SELECT FROM nested WHERE kind = 2;

-- rows and sizes are for those who may read the table
SET ROLE regress_caliper_victim;
SELECT used FROM caliper.what_if('SELECT 1', '{CREATE INDEX ON public.nested (kind)}');
SELECT used FROM caliper.what_if('SELECT FROM public.nested', '{}');
RESET ROLE;

-- values that a user's row security hides are not shown to his operators
CREATE TABLE veiled AS SELECT i AS id, 'value ' || i % 5 AS name, CASE WHEN i % 5 = 0 THEN 'mine' ELSE 'theirs' END AS whose
  FROM generate_series(1, 20000) AS i;
ANALYZE veiled;
ALTER TABLE veiled ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON veiled USING (whose = 'mine');
GRANT SELECT ON veiled TO regress_caliper_attacker;
SELECT count(*) FROM veiled WHERE upper(name) = 'VALUE 1';
\c - regress_caliper_attacker
CREATE SEQUENCE trap.leaked;
CREATE FUNCTION trap.peek(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF $1 ILIKE 'value%' AND $1 NOT ILIKE 'value 0' THEN PERFORM nextval('trap.leaked'); END IF;
  RETURN $1 = $2;
END $$;
CREATE OPERATOR trap.=== (FUNCTION = trap.peek, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
SELECT count(*) FROM public.veiled WHERE upper(name) OPERATOR(trap.===) 'VALUE 0';
\c - :me
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SELECT count(*) > 0 AS advised FROM caliper.advise_indexes(time_limit => '20 s', tables => '{veiled}');
SELECT is_called AS leaked FROM trap.leaked;

-- names cannot end the statement that is advised
CREATE SCHEMA "a.b""; DROP TABLE x --";
CREATE TABLE "a.b""; DROP TABLE x --"."t
$$'); SELECT 1" AS SELECT i AS id, i % 1000 AS "c"", d", 'état ' || i % 500 AS "E'\" FROM generate_series(1, 20000) AS i;
ANALYZE "a.b""; DROP TABLE x --"."t
$$'); SELECT 1";
SELECT count(*) FROM "a.b""; DROP TABLE x --"."t
$$'); SELECT 1" WHERE "c"", d" = 5;
SELECT count(*) FROM "a.b""; DROP TABLE x --"."t
$$'); SELECT 1" WHERE lower("E'\") = E'é''\\t$$;' OR lower("E'\") = 'état 5';
SELECT columns, ddl FROM caliper.advise_indexes(time_limit => '20 s') WHERE schemaname LIKE 'a.b%'
 ORDER BY columns \g /dev/null
SELECT replace(ddl, ' CONCURRENTLY', '') FROM caliper.index_advice WHERE schemaname LIKE 'a.b%' ORDER BY ddl COLLATE "C" \gexec
SELECT count(*) AS created FROM pg_indexes WHERE schemaname LIKE 'a.b%';

SET client_min_messages = warning;
DROP SCHEMA "a.b""; DROP TABLE x --" CASCADE;
DROP TABLE nested, veiled;
DROP FUNCTION calls_what_if(), calls_advise(), regress_caliper_body(), regress_caliper_late();
DROP SCHEMA trap CASCADE;
DROP OWNED BY regress_caliper_attacker, regress_caliper_victim;
DROP ROLE regress_caliper_attacker, regress_caliper_victim;
