-- Clients that were refused a connection.

CREATE FUNCTION caliper.refusals_raw(
    OUT application_name pg_catalog.text,
    OUT usename pg_catalog.text,
    OUT datname pg_catalog.text,
    OUT client_addr pg_catalog.inet,
    OUT reason pg_catalog.text,
    OUT sqlstate pg_catalog.text,
    OUT refused bigint,
    OUT first_at timestamp with time zone,
    OUT last_at timestamp with time zone,
    OUT slots_used bigint,
    OUT top_userid pg_catalog.oid,
    OUT top_application pg_catalog.text,
    OUT top_client_addr pg_catalog.inet,
    OUT top_connections bigint,
    OUT top_idle_in_xact bigint
)
RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'caliper_refusals_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 100;

COMMENT ON FUNCTION caliper.refusals_raw() IS
'The rows of caliper.refusals, with names as the clients gave them (null if they gave none), and the application that held most connections by name, user (null if there were several) and address';

CREATE VIEW caliper.refusals AS
SELECT
    COALESCE(f.application_name,
             pg_catalog.concat(f.usename, '@',
                               COALESCE(pg_catalog.host(f.client_addr), '[local]'))
            ) AS application_name,
    f.usename::pg_catalog.name AS usename,
    f.datname::pg_catalog.name AS datname,
    f.client_addr,
    f.reason,
    f.sqlstate,
    f.refused,
    f.first_at,
    f.last_at,
    f.slots_used,
    CASE WHEN f.top_application OPERATOR(pg_catalog.=) ''
         THEN pg_catalog.concat(COALESCE(r.rolname, f.top_userid::pg_catalog.text), '@',
                                COALESCE(pg_catalog.host(f.top_client_addr), '[local]'))
         ELSE f.top_application
    END AS top_application,
    f.top_connections,
    f.top_idle_in_xact
FROM caliper.refusals_raw() AS f
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) f.top_userid;

COMMENT ON VIEW caliper.refusals IS
'One row per application, user, database, address and reason for which the server refused a connection. Each refusal that the server logs as FATAL is counted, as soon as it happens. Not seen are clients that never reached the server or its port (a pooler, a firewall, a full queue of the operating system), those that gave up when they were asked for a password or failed in TLS, and all of them while log_min_messages is panic. Names are what the client said it was; nobody has checked them. No address can block more than half of the 512 rows; what finds no place, or made room for others, is added up in the rows (other), one for each reason. Who may read all statistics sees all rows, others those that name a user whose rights they have. Kept across a restart; of a crash, those since the last save are lost';
COMMENT ON COLUMN caliper.refusals.application_name IS 'application_name in the client''s connection string; user@address (user@[local] for a Unix socket) if it gave none; (other) for what found no place';
COMMENT ON COLUMN caliper.refusals.usename IS 'User that the client wanted to be; null if it did not come to say so, and for (other)';
COMMENT ON COLUMN caliper.refusals.datname IS 'Database that it wanted; null as for usename';
COMMENT ON COLUMN caliper.refusals.client_addr IS 'Address of the client as the server sees it, which may be a pooler''s; null for a Unix socket';
COMMENT ON COLUMN caliper.refusals.reason IS 'too_many_clients: max_connections were in use; reserved_slots: those left are reserved; role_limit, database_limit: CONNECTION LIMIT of the role, of the database; starting_up, shutting_down, recovery: the state of the server; authentication: password, pg_hba.conf, no such role or database, or no right to connect; other';
COMMENT ON COLUMN caliper.refusals.sqlstate IS 'SQLSTATE that the client got; null for (other)';
COMMENT ON COLUMN caliper.refusals.refused IS 'How many connections were refused';
COMMENT ON COLUMN caliper.refusals.first_at IS 'When the first of them was';
COMMENT ON COLUMN caliper.refusals.last_at IS 'When the latest of them was';
COMMENT ON COLUMN caliper.refusals.slots_used IS 'Of the connections that max_connections grants, how many were in use at last_at, including those of clients that were just connecting and not counting the refused one';
COMMENT ON COLUMN caliper.refusals.top_application IS 'Application that had most connections at last_at, as in caliper.pools; null if there was none, and if it is not the caller''s and he may not read all statistics';
COMMENT ON COLUMN caliper.refusals.top_connections IS 'How many connections that application had';
COMMENT ON COLUMN caliper.refusals.top_idle_in_xact IS 'How many of these were idle in transaction; those whose transaction had failed are not among them';
