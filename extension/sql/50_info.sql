/* What pg_caliper says about itself, and how to begin anew. */

CREATE FUNCTION caliper.info_raw(
    OUT component text,
    OUT name text,
    OUT value double precision,
    OUT unit text,
    OUT detail text
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_info_raw_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;

COMMENT ON FUNCTION caliper.info_raw() IS
'The rows of caliper.info, but for the version of the SQL objects';

CREATE VIEW caliper.info AS
SELECT
    i.component,
    i.name,
    i.value::numeric AS value,
    i.unit,
    i.detail
FROM caliper.info_raw() AS i
UNION ALL
SELECT
    'version'::text,
    'sql_objects'::text,
    NULL::numeric,
    NULL::text,
    e.extversion
FROM pg_catalog.pg_extension AS e
WHERE e.extname OPERATOR(pg_catalog.=) 'pg_caliper'::name;

COMMENT ON VIEW caliper.info IS
'What pg_caliper itself costs, holds and has lost: memory of each structure, entries and their limits, evictions, dropped events, the background worker, the save files, versions. Counts are since server start';
COMMENT ON COLUMN caliper.info.component IS
'The structure that the row is about';
COMMENT ON COLUMN caliper.info.name IS
'What is told about it';
COMMENT ON COLUMN caliper.info.value IS
'The number; null where there is none';
COMMENT ON COLUMN caliper.info.unit IS
'The unit of value: bytes, entries, s (seconds) and so on';
COMMENT ON COLUMN caliper.info.detail IS
'An explanation, and what to do if something is not as it should be; usually null';

CREATE FUNCTION caliper.reset(kind text DEFAULT 'all')
RETURNS void
AS 'MODULE_PATHNAME', 'caliper_reset_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION caliper.reset(text) IS
'Forgets what was collected of a kind: statements, slow, pools, refusals, blocking, alerts, history, predicates, advice, trials, or all. Takes effect in every database at once, and in the save file within a moment. Texts of statements stay as long as there is room, because statements that clients keep prepared could not be shown without them';
