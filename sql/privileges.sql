-- Who sees what: every view, function and column of the extension, by role.
-- The lists come from the catalogs, so that a new column cannot be forgotten.
CREATE TABLE mine (a int);
INSERT INTO mine VALUES (1);
SET pg_caliper.slow_min_duration = 0;
SELECT a AS superuser_row FROM mine;
SET ROLE regress_caliper_user;
SELECT 1 AS user_row;
RESET ROLE;
RESET pg_caliper.slow_min_duration;

-- what belongs to the extension and gives rows without being asked for more
CREATE VIEW caliper_rows AS
  SELECT c.oid::regclass::text AS name, format('caliper.%I', c.relname) AS source
    FROM pg_class AS c JOIN pg_depend AS d ON d.objid = c.oid AND d.deptype = 'e'
    JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_caliper'
   WHERE c.relkind IN ('v', 'r')
  UNION ALL
  SELECT p.oid::regprocedure::text, format('caliper.%I()', p.proname)
    FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_caliper'
   WHERE p.proretset AND p.pronargs = p.pronargdefaults
     AND p.proname !~ '^advise';
GRANT SELECT ON caliper_rows TO PUBLIC;

-- values in rows that belong to others, apart from who and where
CREATE FUNCTION leaks() RETURNS TABLE (source text, leaking text, value text)
LANGUAGE plpgsql AS $$
DECLARE s text; j jsonb; own text := current_user; k text; v text;
BEGIN
  FOR s IN SELECT r.source FROM public.caliper_rows AS r ORDER BY 1 LOOP
    FOR j IN EXECUTE format('SELECT to_jsonb(x) FROM %s AS x', s) LOOP
      -- caliper.info, catalogs, and what is of the server as a whole: nobody's
      IF j ? 'component' OR s ~ '^caliper.(index_(usage|facts|counts|foreign_keys)|unindexed_)' OR s LIKE 'caliper.server%' OR j->>'scope' = 'server' THEN CONTINUE; END IF;
      IF j->>'usename' = own OR j->>'userid' = own::regrole::oid::text THEN CONTINUE; END IF;
      FOR k, v IN SELECT * FROM jsonb_each_text(j) LOOP
        IF v IS NULL OR v = '<insufficient privilege>'
           OR k IN ('userid', 'usename', 'usesysid', 'dbid', 'datname', 'datid') THEN CONTINUE; END IF;
        -- pg_stat_activity shows these to everybody
        IF s IN ('caliper.active', 'caliper.active_raw()') AND k IN ('pid', 'application_name') THEN CONTINUE; END IF;
        source := s; leaking := k; value := v;
        RETURN NEXT;
      END LOOP;
    END LOOP;
  END LOOP;
END $$;

SELECT source FROM caliper_rows ORDER BY source COLLATE "C";
SET ROLE regress_caliper_other;
SELECT DISTINCT source, leaking FROM leaks() ORDER BY 1, 2;
-- he sees his own
SELECT 1 AS other_row;
SELECT usename, query, calls FROM caliper.statements WHERE query LIKE '%AS other_row';
SELECT count(*) AS foreign_texts FROM caliper.statements WHERE query ~ 'superuser_row|user_row' AND query !~ 'caliper';
-- and not the text of others by asking for it
RESET ROLE;
CREATE TABLE ids AS SELECT queryid, userid, dbid FROM caliper.statements WHERE query LIKE '%superuser_row FROM mine';
GRANT SELECT ON ids TO PUBLIC;
SET ROLE regress_caliper_other;
SELECT caliper.statement_text(queryid, userid, dbid) FROM ids;
RESET ROLE;
SELECT caliper.statement_text(queryid, userid, dbid) FROM ids;
-- a reader of all statistics sees all of it
SET ROLE regress_caliper_reader;
SELECT query, calls > 0 AS counted FROM caliper.statements
 WHERE query ~ '(superuser|user|other)_row' AND query !~ 'caliper|ids' ORDER BY query COLLATE "C";
SELECT count(*) > 0 AS slow_of_others FROM caliper.slow_statements WHERE query ~ 'superuser_row';
-- but has no right to reset or to change settings
SELECT caliper.reset();
SET pg_caliper.track = 'none';
RESET ROLE;
-- members see what their role did
GRANT regress_caliper_user TO regress_caliper_other;
SET ROLE regress_caliper_other;
SELECT query FROM caliper.statements WHERE query LIKE '%AS user_row';
RESET ROLE;
REVOKE regress_caliper_user FROM regress_caliper_other;
-- functions that anybody but their owner may call, beside those that only read
SELECT p.oid::regprocedure
  FROM pg_proc AS p JOIN pg_depend AS d ON d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'pg_caliper'
 WHERE NOT has_function_privilege('regress_caliper_other', p.oid, 'EXECUTE') ORDER BY 1;
DROP FUNCTION leaks();
DROP VIEW caliper_rows;
DROP TABLE mine, ids;
