-- Dropping and creating again, in two databases; what is dropped meanwhile.
SELECT current_database() AS home \gset
CREATE DATABASE regress_caliper_second;
CREATE ROLE regress_caliper_gone;
SELECT caliper.reset();
\c regress_caliper_second
CREATE EXTENSION pg_caliper;
SELECT 'second' AS place;
SET ROLE regress_caliper_gone;
SELECT 'gone' AS place;
RESET ROLE;
-- both databases read the same statistics
SELECT datname, usename = current_user AS own, calls FROM caliper.statements WHERE query LIKE 'SELECT % AS place' ORDER BY calls, own;
\c :home
SELECT count(*) FROM caliper.statements WHERE query LIKE 'SELECT % AS place' AND datname = 'regress_caliper_second';
DROP DATABASE regress_caliper_second;
DROP ROLE regress_caliper_gone;
-- rows of what is gone are still there, without the name
SELECT datname, usename IS NULL AS no_name, calls, query FROM caliper.statements
 WHERE query LIKE 'SELECT % AS place' ORDER BY no_name;
SELECT count(*) > 0 AS readable FROM caliper.pools;
SELECT count(*) >= 0 AS readable FROM caliper.slow_statements;
-- created again, nothing is left over and nothing is missing
SELECT count(*) AS objects FROM pg_depend WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_caliper') AND deptype = 'e' \gset
DROP EXTENSION pg_caliper;
SELECT count(*) AS left_over FROM pg_proc WHERE probin LIKE '%pg_caliper%';
CREATE EXTENSION pg_caliper;
SELECT count(*) = :objects AS complete FROM pg_depend WHERE refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_caliper') AND deptype = 'e';
-- an object that is in the way is not adopted
DROP EXTENSION pg_caliper;
CREATE VIEW caliper.statements AS SELECT 1 AS trap;
\set VERBOSITY terse
CREATE EXTENSION pg_caliper;
\set VERBOSITY default
DROP SCHEMA caliper CASCADE;
CREATE EXTENSION pg_caliper;
CREATE SCHEMA regress_elsewhere;
ALTER EXTENSION pg_caliper SET SCHEMA regress_elsewhere;
DROP SCHEMA regress_elsewhere;
-- an old script with a newer library, or the other way round, gets an error
CREATE FUNCTION caliper.older(OUT a oid, OUT b oid) RETURNS SETOF record
AS '$libdir/pg_caliper', 'caliper_statements_0_1' LANGUAGE C STRICT;
SELECT * FROM caliper.older();
DROP FUNCTION caliper.older();
