/* pg_caliper: measurements of a slow, connection-starved backend. */

-- complain if the script is sourced in psql, rather than by CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_caliper" to load this file. \quit

COMMENT ON SCHEMA caliper IS
'Measurements, verdicts and advice of pg_caliper; times in ms, sizes in bytes, ratios from 0 to 1';
