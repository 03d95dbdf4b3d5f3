-- The extension in a database of its own, and what is there after that.
CREATE EXTENSION pg_caliper;
SELECT extname, extversion, nspname, extrelocatable
  FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
 WHERE extname = 'pg_caliper';
SELECT caliper.reset();
SELECT calls > 0 AS counted FROM caliper.statements WHERE query LIKE 'SELECT caliper.reset%';
-- a user without any rights, for the tests that follow
CREATE ROLE regress_caliper_user;
CREATE ROLE regress_caliper_other;
CREATE ROLE regress_caliper_reader IN ROLE pg_read_all_stats;
