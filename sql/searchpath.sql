-- Hostile objects in the search path shadow nothing that the extension uses.
CREATE SCHEMA regress_hostile;
CREATE FUNCTION regress_hostile.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile lower'; END $$;
CREATE FUNCTION regress_hostile.coalesce_text(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
CREATE FUNCTION regress_hostile.eq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile equality'; END $$;
CREATE FUNCTION regress_hostile.div(double precision, double precision) RETURNS double precision LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile division'; END $$;
CREATE FUNCTION regress_hostile.minus(timestamptz, timestamptz) RETURNS interval LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile minus'; END $$;
CREATE OPERATOR regress_hostile.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = regress_hostile.eq);
CREATE OPERATOR regress_hostile./ (LEFTARG = double precision, RIGHTARG = double precision, FUNCTION = regress_hostile.div);
CREATE OPERATOR regress_hostile.- (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = regress_hostile.minus);
CREATE TABLE regress_hostile.pg_class (a int);
CREATE TABLE regress_hostile.pg_roles (a int);
CREATE TABLE regress_hostile.pg_database (a int);
CREATE FUNCTION regress_hostile.sum_sfunc(double precision, double precision) RETURNS double precision LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile sum'; END $$;
CREATE AGGREGATE regress_hostile.sum(double precision) (SFUNC = regress_hostile.sum_sfunc, STYPE = double precision);
CREATE TEMP TABLE pg_namespace (a int);
SET search_path = regress_hostile, pg_catalog, public;
CREATE FUNCTION pg_catalog_call(source text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT count(x) FROM %s AS x', source);
  RETURN 'fine';
EXCEPTION WHEN raise_exception THEN RETURN SQLERRM;
END $$;
-- every view and every function without arguments
SELECT format('caliper.%I', c.relname) AS source, pg_catalog_call(format('caliper.%I', c.relname)) AS outcome
  FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace OPERATOR(pg_catalog.=) 'caliper'::regnamespace AND c.relkind OPERATOR(pg_catalog.=) 'v'
 ORDER BY c.relname::text COLLATE "C";
SELECT DISTINCT pg_catalog_call(format('caliper.%I()', p.proname)) AS outcome
  FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace OPERATOR(pg_catalog.=) 'caliper'::regnamespace
   AND p.proretset AND p.pronargs OPERATOR(pg_catalog.=) p.pronargdefaults;
RESET search_path;
SET client_min_messages = warning;
DROP TABLE pg_temp.pg_namespace;
DROP SCHEMA regress_hostile CASCADE;
