-- Planning a captured statement runs code that its author chose.  A superuser
-- who asks for advice must not lend it any rights, and gets advice all the same.
SELECT current_user AS me \gset
CREATE ROLE regress_caliper_attacker LOGIN;
CREATE ROLE regress_caliper_victim;
CREATE ROLE regress_caliper_auditor;
GRANT pg_read_all_stats TO regress_caliper_auditor;
CREATE SCHEMA trap AUTHORIZATION regress_caliper_attacker;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
ALTER ROLE regress_caliper_attacker SET search_path = trap;
SELECT caliper.reset('predicates');

-- the attacker, in a session of his own, which could not go back to a superuser
\c - regress_caliper_attacker
-- sequences tell what happened even if it was rolled back
CREATE SEQUENCE ran;
CREATE SEQUENCE as_another;
CREATE SEQUENCE succeeded;
GRANT ALL ON ran, as_another, succeeded TO PUBLIC;
CREATE TABLE bait AS SELECT i AS id, i % 1000 AS kind FROM generate_series(1, 20000) AS i;
ANALYZE bait;
CREATE FUNCTION attempt(command text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  EXECUTE command;
  PERFORM nextval('trap.succeeded');
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM nextval('trap.ran');
  IF current_user <> 'regress_caliper_attacker' THEN
    PERFORM nextval('trap.as_another');
  END IF;
  PERFORM trap.attempt('ALTER ROLE regress_caliper_attacker SUPERUSER');
  PERFORM trap.attempt('RESET ROLE; ALTER ROLE regress_caliper_attacker SUPERUSER');
  PERFORM trap.attempt('RESET SESSION AUTHORIZATION; ALTER ROLE regress_caliper_attacker SUPERUSER');
  PERFORM trap.attempt('SET ROLE postgres');
  PERFORM trap.attempt($x$SELECT set_config('role', 'none', false); ALTER ROLE regress_caliper_attacker SUPERUSER$x$);
  PERFORM trap.attempt('CREATE TEMP TABLE left_behind (a int)');
  PERFORM trap.attempt('LISTEN evil');
  PERFORM trap.attempt('PREPARE left_behind AS SELECT 1');
  PERFORM set_config('work_mem', '64kB', false);
  RAISE WARNING 'evil was here';
  RETURN 1;
END $$;
CREATE FUNCTION harmless() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT trap.evil()';
CREATE FUNCTION innocent() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN trap.evil(); END';
CREATE FUNCTION endless() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  LOOP
    BEGIN
      IF pg_catalog.current_setting('trap.sleep', true) = 'no' THEN RETURN 1; END IF;
      PERFORM pg_catalog.pg_sleep(30);
    EXCEPTION WHEN query_canceled THEN RETURN 2;
    END;
  END LOOP;
END $$;
CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF pg_catalog.current_setting('trap.sleep', true) = 'no' THEN RETURN 1; END IF;
  PERFORM pg_catalog.pg_sleep(30);
  RETURN 1;
END $$;
CREATE TABLE tarpit AS SELECT * FROM bait;
CREATE TABLE swamp AS SELECT * FROM bait;
ANALYZE tarpit, swamp;
SET client_min_messages = error;
SET trap.sleep = 'no';
SELECT count(*) FROM bait WHERE kind = innocent();
SELECT count(*) FROM bait WHERE kind = harmless() AND id > 5;
SELECT count(*) FROM tarpit WHERE kind = endless();
SELECT count(*) FROM swamp WHERE kind = slow();
\c - :me
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_caliper_attacker';
SELECT (SELECT is_called FROM trap.ran) AS ran, (SELECT is_called FROM trap.as_another) AS as_another,
       (SELECT is_called FROM trap.succeeded) AS succeeded;
-- the trap is live: to plan it as a superuser would make its author one
BEGIN;
SET LOCAL client_min_messages = error;
EXPLAIN (COSTS OFF) SELECT count(*) FROM trap.bait WHERE kind = trap.innocent();
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_caliper_attacker';
ROLLBACK;
DEALLOCATE ALL;
ALTER SEQUENCE trap.ran RESTART;
ALTER SEQUENCE trap.as_another RESTART;
ALTER SEQUENCE trap.succeeded RESTART;

-- others' statements: a view, row security, rights that are gone
CREATE TABLE secret AS SELECT i AS id, i % 1000 AS kind, 'regress_caliper_victim' AS owner
  FROM generate_series(1, 20000) AS i;
CREATE VIEW window_on_it AS SELECT id, kind FROM secret;
CREATE TABLE guarded AS SELECT * FROM secret;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (owner = current_user);
CREATE TABLE lost AS SELECT * FROM secret;
CREATE TABLE shadowed AS SELECT * FROM secret;
ANALYZE secret, guarded, lost, shadowed;
GRANT SELECT ON window_on_it, guarded, lost, shadowed TO regress_caliper_victim;
SET ROLE regress_caliper_victim;
SELECT count(*) FROM window_on_it WHERE kind = 1;
SELECT count(*) FROM guarded WHERE kind = 1;
SELECT count(*) FROM lost WHERE kind = 1;
SELECT count(*) FROM shadowed WHERE kind = 1;
RESET ROLE;
REVOKE SELECT ON lost FROM regress_caliper_victim;
CREATE TEMP TABLE shadowed (kind int);

-- a superuser's own statement, and a function that comes to mean something else
CREATE TABLE late (id int, kind varchar);
INSERT INTO late SELECT i, 'kind ' || i % 1000 FROM generate_series(1, 20000) AS i;
ANALYZE late;
SELECT count(*) FROM late WHERE kind = 'kind 1' AND length(kind) > 0;
GRANT CREATE ON SCHEMA public TO regress_caliper_attacker;
SET ROLE regress_caliper_attacker;
CREATE FUNCTION public.length(varchar) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN trap.evil(); END';
RESET ROLE;

-- the superuser asks
SELECT tablename, columns, verified FROM caliper.advise_indexes(max_indexes => 20, time_limit => '4 s')
 WHERE tablename IN ('bait', 'tarpit', 'swamp', 'secret', 'guarded', 'lost', 'shadowed', 'late')
 ORDER BY tablename COLLATE "C", columns, verified COLLATE "C";
SELECT current_user = session_user AS still_myself, current_setting('work_mem') <> '64kB' AS settings_kept,
       to_regclass('pg_temp.left_behind') IS NULL
       AND NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'left_behind') AS nothing_left;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_caliper_attacker';
SELECT (SELECT is_called FROM trap.ran) AS ran, (SELECT is_called FROM trap.as_another) AS as_another,
       (SELECT is_called FROM trap.succeeded) AS succeeded;
-- the hypothetical indexes are gone with him
EXPLAIN (COSTS OFF) SELECT count(*) FROM secret WHERE kind = 1;

-- who may read all statistics may read, not act
SET ROLE regress_caliper_auditor;
SELECT tablename, verified FROM caliper.advise_indexes()
 WHERE tablename IN ('bait', 'tarpit', 'swamp', 'secret', 'guarded', 'lost', 'shadowed', 'late')
 GROUP BY 1, 2 ORDER BY tablename COLLATE "C";
-- and others see nothing
SET ROLE regress_caliper_victim;
SELECT tablename, verified FROM caliper.advise_indexes()
 WHERE tablename IN ('bait', 'tarpit', 'swamp', 'secret', 'guarded', 'lost', 'shadowed', 'late')
 ORDER BY tablename COLLATE "C";
SELECT count(*) FROM caliper.predicates WHERE relname IN ('bait', 'late');
RESET ROLE;

-- a cancel of the caller's own is his, not the sandbox's
DROP TABLE trap.tarpit;
\set VERBOSITY terse
SET statement_timeout = '300ms';
SELECT count(*) FROM caliper.advise_indexes(max_indexes => 20, time_limit => '1 min');
RESET statement_timeout;
SELECT current_user = session_user AS still_myself;

REVOKE CREATE ON SCHEMA public FROM regress_caliper_attacker;
SET client_min_messages = warning;
DROP SCHEMA trap CASCADE;
DROP VIEW window_on_it;
DROP TABLE pg_temp.shadowed, public.shadowed, secret, guarded, lost, late;
DROP OWNED BY regress_caliper_attacker;
DROP ROLE regress_caliper_attacker, regress_caliper_victim;
REVOKE pg_read_all_stats FROM regress_caliper_auditor;
DROP ROLE regress_caliper_auditor;
