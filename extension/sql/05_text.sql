-- The text of one statement, by the key that views know it by.

CREATE FUNCTION caliper.statement_text(
    queryid bigint,
    userid pg_catalog.oid,
    dbid pg_catalog.oid
)
RETURNS pg_catalog.text
AS 'MODULE_PATHNAME', 'caliper_statement_text_0_1'
LANGUAGE C STRICT STABLE PARALLEL SAFE;

COMMENT ON FUNCTION caliper.statement_text(bigint, pg_catalog.oid, pg_catalog.oid) IS
'The text of a statement (text), with constants replaced by $n; null if it is not kept, <insufficient privilege> if it is another user''s';
