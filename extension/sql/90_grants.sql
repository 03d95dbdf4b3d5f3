/* Every right, in one place.  Who sees what is decided in C, row by row. */

GRANT USAGE ON SCHEMA caliper TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA caliper TO PUBLIC;
REVOKE ALL ON FUNCTION caliper.reset(text) FROM PUBLIC;
