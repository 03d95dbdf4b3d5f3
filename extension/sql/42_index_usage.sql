/*
 * What there is already: every index with its use, its price and its duty, and
 * foreign keys that have none.  All of it is core's own statistics and catalogs,
 * which everybody may read.
 *
 *	index_limits()			every threshold, here and in 43_index_trials.sql
 *	index_facts_raw()		indexes as they are defined, in a form to compare
 *	index_counts_raw()		what was counted of each
 *	index_foreign_keys_raw()	which foreign keys they would do for
 *	index_trials_raw()		which indexes came or went, of which 43 has more
 *	index_usage_raw()		the judgement
 */

CREATE FUNCTION caliper.index_limits(
    OUT unused_after interval,
    OUT calls_before integer,
    OUT calls_after integer,
    OUT calls_sure integer,
    OUT change double precision,
    OUT certainty double precision,
    OUT cost_btree double precision,
    OUT cost_gin double precision,
    OUT cost_gist double precision,
    OUT cost_brin double precision
)
RETURNS record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT
    interval '7 days',  /* unused_after: shorter proves nothing */
    5,      /* calls_before: fewer executions are nothing to compare with */
    10,     /* calls_after: fewer are too early, */
    100,    /* calls_sure: and so are these if the mean changed, but may have by chance */
    0.1,    /* change: of the mean; less is no effect */
    2.576,  /* certainty: standard deviations, 99 of 100 */
    5.0,    /* cost_btree: ms per 1,000 entries made; also hash */
    50.0,   /* cost_gin */
    20.0,   /* cost_gist: also spgist, and what is not known */
    0.3     /* cost_brin */
$$;

COMMENT ON FUNCTION caliper.index_limits() IS
'The thresholds that caliper.index_usage and caliper.index_trials judge by: an index is worth dropping as unused after unused_after (interval); a trial compares statements with at least calls_before and calls_after executions; a mean that changed by less than the ratio change has not changed, nor has one that changed by less than certainty standard deviations in spite of calls_sure executions; cost_btree and so on are what an entry costs those who write, ms per 1,000, a rule of thumb';

CREATE FUNCTION caliper.index_facts_raw(
    OUT indexrelid oid,
    OUT relid oid,
    OUT partitioned boolean,
    OUT attached_to oid,
    OUT method name,
    OUT columns text[],
    OUT keys text[],
    OUT key_columns smallint[],
    OUT all_columns smallint[],
    OUT included smallint[],
    OUT predicate text,
    OUT options text,
    OUT is_unique boolean,
    OUT unique_kind text,
    OUT is_valid boolean,
    OUT enforces text,
    OUT is_primary boolean,
    OUT is_exclusion boolean,
    OUT is_bound boolean,
    OUT hold integer
)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH duties AS MATERIALIZED (
    SELECT c.conindid AS indexrelid,
           concat_ws(', ',
               string_agg(DISTINCT CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
                                                  ELSE 'exclusion' END, ', ') FILTER (WHERE c.contype <> 'f'),
               string_agg(DISTINCT 'foreign key ' || c.conname, ', ') FILTER (WHERE c.contype = 'f')) AS enforces,
           bool_or(c.contype <> 'f') AS is_constraint
    FROM pg_catalog.pg_constraint AS c
    WHERE c.conindid <> 0 AND c.contype IN ('p', 'u', 'x', 'f')
    GROUP BY c.conindid
)
SELECT
    x.indexrelid,
    x.indrelid,
    i.relkind = 'I',
    h.inhparent,
    a.amname,
    k.names,
    k.keys,
    (x.indkey::int2[])[0:x.indnkeyatts - 1],
    x.indkey::int2[],
    ARRAY(SELECT unnest((x.indkey::int2[])[x.indnkeyatts:x.indnatts - 1]) ORDER BY 1),
    pg_get_expr(x.indpred, x.indrelid),
    concat(CASE WHEN a.amname <> 'btree' THEN i.reloptions END,
           (SELECT string_agg(c.attoptions::text, ' ' ORDER BY c.attnum)
            FROM pg_catalog.pg_attribute AS c WHERE c.attrelid = x.indexrelid)),
    x.indisunique,
    concat(x.indnullsnotdistinct, x.indimmediate),
    x.indisvalid,
    NULLIF(concat_ws(', ', d.enforces,
        CASE WHEN x.indisunique AND x.indisvalid AND d.is_constraint IS NOT TRUE THEN 'unique' END,
        CASE WHEN x.indisreplident THEN 'replica identity' END,
        CASE WHEN x.indisclustered THEN 'clustered' END), ''),
    x.indisprimary,
    x.indisexclusion,
    d.indexrelid IS NOT NULL OR x.indisreplident,
    /* of two that are the same, the higher stays */
    CASE WHEN d.is_constraint THEN 32 ELSE 0 END + CASE WHEN d.indexrelid IS NOT NULL THEN 16 ELSE 0 END
    + CASE WHEN h.inhparent IS NOT NULL THEN 8 ELSE 0 END + CASE WHEN x.indisreplident THEN 4 ELSE 0 END
    + CASE WHEN x.indisunique THEN 2 ELSE 0 END + CASE WHEN x.indisclustered THEN 1 ELSE 0 END
FROM pg_catalog.pg_index AS x
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_am AS a ON a.oid = i.relam
LEFT JOIN duties AS d ON d.indexrelid = x.indexrelid
LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = x.indexrelid
CROSS JOIN LATERAL (
    SELECT array_agg(c.name ORDER BY c.k) AS names,
           array_agg(concat_ws('/', c.name, x.indkey[c.k - 1] <> 0, x.indclass[c.k - 1],
                               x.indcollation[c.k - 1], x.indoption[c.k - 1]) ORDER BY c.k) AS keys
    FROM (SELECT k, COALESCE(o.attname, pg_get_indexdef(x.indexrelid, k, false))
          FROM pg_catalog.generate_series(1, x.indnkeyatts) AS k
          LEFT JOIN pg_catalog.pg_attribute AS o ON o.attrelid = x.indrelid AND o.attnum = x.indkey[k - 1]
                                     AND x.indkey[k - 1] <> 0) AS c (k, name)
) AS k
WHERE t.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
$$;

COMMENT ON FUNCTION caliper.index_facts_raw() IS
'The indexes of user tables in the current database, in a form that can be compared: keys (with operator class, collation and order), predicate, options, what each enforces, and in hold which of two that are the same has to stay';

CREATE FUNCTION caliper.index_counts_raw(
    OUT indexrelid oid,
    OUT scans bigint,
    OUT tuples_read bigint,
    OUT last_used timestamp with time zone,
    OUT size bigint,
    OUT table_writes bigint,
    OUT entries double precision
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH RECURSIVE members (root, indexrelid) AS (
    SELECT s.indexrelid, s.indexrelid FROM pg_catalog.pg_stat_user_indexes AS s
    UNION ALL
    SELECT c.oid, c.oid FROM pg_catalog.pg_class AS c WHERE c.relkind = 'I'
    UNION ALL
    SELECT m.root, h.inhrelid FROM members AS m JOIN pg_catalog.pg_inherits AS h ON h.inhparent = m.indexrelid
), leaves AS MATERIALIZED (
    SELECT s.indexrelid, s.idx_scan, s.idx_tup_read,
           (to_jsonb(s) ->> 'last_idx_scan')::timestamptz AS last_used,
           pg_relation_size(s.indexrelid) AS size,
           t.n_tup_ins + t.n_tup_upd - t.n_tup_hot_upd AS writes,
           /* the share of rows that a partial index holds */
           CASE WHEN x.indpred IS NULL OR i.reltuples < 0 OR c.reltuples <= 0 THEN 1
                ELSE LEAST(1, i.reltuples / c.reltuples) END AS part
    FROM pg_catalog.pg_stat_user_indexes AS s
    JOIN pg_catalog.pg_stat_user_tables AS t ON t.relid = s.relid
    JOIN pg_catalog.pg_index AS x ON x.indexrelid = s.indexrelid
    JOIN pg_catalog.pg_class AS i ON i.oid = s.indexrelid
    JOIN pg_catalog.pg_class AS c ON c.oid = s.relid
)
SELECT m.root, sum(l.idx_scan)::bigint, sum(l.idx_tup_read)::bigint, max(l.last_used), sum(l.size)::bigint,
       sum(l.writes)::bigint, sum(l.writes * l.part)
FROM members AS m
JOIN leaves AS l ON l.indexrelid = m.indexrelid
GROUP BY m.root
$$;

COMMENT ON FUNCTION caliper.index_counts_raw() IS
'What core has counted of each index, a partitioned one being the sum of its parts: scans, index entries they returned (tuples_read), the latest scan (from PostgreSQL 16 on), size in bytes, rows of the table that were inserted or updated so that its indexes got new entries (table_writes), and the entries that this one got by that';

CREATE FUNCTION caliper.index_counted_since(
    OUT since timestamp with time zone,
    OUT elsewhere text
)
RETURNS record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
SELECT
    COALESCE((SELECT d.stats_reset FROM pg_catalog.pg_stat_database AS d WHERE d.datname = current_database()),
             (SELECT LEAST(b.stats_reset, a.stats_reset, w.stats_reset)
              FROM pg_catalog.pg_stat_bgwriter AS b, pg_catalog.pg_stat_archiver AS a, pg_catalog.pg_stat_wal AS w)),
    CASE WHEN pg_is_in_recovery() THEN 'scans on the primary are not counted here'
         WHEN EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS s WHERE s.slot_type = 'physical')
           OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication AS r
                      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS s
                                        WHERE s.active_pid = r.pid AND s.slot_type = 'logical'))
         THEN 'there are standbys, and scans on them are not counted here'
    END
$$;

COMMENT ON FUNCTION caliper.index_counted_since() IS
'Since when core counts the use of indexes in the current database (timestamptz): the latest pg_stat_reset(), else the latest crash, else the beginning of the cluster, which core''s statistics of other kinds tell; an orderly restart keeps the counters. And where scans happen that are not counted here (text), or null';

CREATE FUNCTION caliper.index_foreign_keys_raw(
    OUT conoid oid,
    OUT conname name,
    OUT indexrelid oid
)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
SELECT c.oid, c.conname, f.indexrelid
FROM pg_catalog.pg_constraint AS c
JOIN caliper.index_facts_raw() AS f
  ON f.relid = c.conrelid AND f.is_valid AND f.method IN ('btree', 'hash')
 AND cardinality(f.key_columns) >= cardinality(c.conkey)
WHERE c.contype = 'f'
  AND (SELECT array_agg(k ORDER BY k) FROM pg_catalog.unnest(f.key_columns) WITH ORDINALITY AS x (k, i)
       WHERE x.i <= cardinality(c.conkey))
      = (SELECT array_agg(k ORDER BY k) FROM pg_catalog.unnest(c.conkey) AS k)
  AND (f.predicate IS NULL
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                  WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                    AND f.predicate = format('(%I IS NOT NULL)', a.attname)))
$$;

COMMENT ON FUNCTION caliper.index_foreign_keys_raw() IS
'Which indexes would do for which foreign keys of the current database, on the referencing side: valid, the key''s columns in front in any order, not partial but for one of them being not null';

CREATE FUNCTION caliper.index_in_progress_raw(
    indexrelid oid,
    relid oid
)
RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p
               WHERE p.datname = current_database() AND p.index_relid = $1)
    OR EXISTS (SELECT FROM pg_catalog.pg_locks AS l
               LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
               WHERE l.locktype = 'relation' AND l.relation = $2
                 AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
                 AND l.mode = 'ShareUpdateExclusiveLock'
                 AND a.backend_type IS DISTINCT FROM 'autovacuum worker')
$$;

COMMENT ON FUNCTION caliper.index_in_progress_raw(oid, oid) IS
'Whether an index that is not valid may be under construction (boolean): somebody reports to build it, or has the lock on its table that CREATE INDEX CONCURRENTLY needs';

CREATE FUNCTION caliper.index_trials_raw(
    OUT trial bigint,
    OUT action text,
    OUT relid oid,
    OUT indexrelid oid,
    OUT indexname text,
    OUT definition text,
    OUT at timestamp with time zone,
    OUT roleid oid,
    OUT advised boolean,
    OUT statements bigint,
    OUT userid oid,
    OUT queryid bigint,
    OUT writes boolean,
    OUT searches boolean,
    OUT calls bigint,
    OUT exec_time double precision,
    OUT squares double precision,
    OUT calls_now bigint,
    OUT exec_time_now double precision,
    OUT squares_now double precision,
    OUT intact boolean
)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'caliper_index_trials_0_1'
LANGUAGE C STRICT VOLATILE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION caliper.index_trials_raw() IS
'What caliper.index_trials judges: one row for each index of the current database that came or went, and statement that touches its table, with the calls, the execution time (ms) and the sum of its squares that the statement had then and has now. intact tells whether nothing was forgotten in between. Of other users'' statements their userid is shown and nothing else';

CREATE FUNCTION caliper.index_usage_raw(
    OUT schemaname name,
    OUT tablename name,
    OUT indexname name,
    OUT indexrelid oid,
    OUT method name,
    OUT columns text[],
    OUT is_unique boolean,
    OUT is_primary boolean,
    OUT supports text,
    OUT kind text,
    OUT covered_by name,
    OUT scans bigint,
    OUT scans_since timestamp with time zone,
    OUT last_used timestamp with time zone,
    OUT tuples_read bigint,
    OUT size bigint,
    OUT table_writes bigint,
    OUT write_cost double precision,
    OUT write_share double precision,
    OUT drop_ddl text,
    OUT note text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp SET jit = off SET intervalstyle = postgres
AS $$
WITH facts AS MATERIALIZED (
    SELECT f.* FROM caliper.index_facts_raw() AS f
), pairs AS MATERIALIZED (
    SELECT a.indexrelid, b.indexrelid AS other, b.hold, cardinality(b.keys) AS width,
           a.keys = b.keys AND a.included = b.included AS same
    FROM facts AS a
    JOIN facts AS b ON b.relid = a.relid AND b.indexrelid <> a.indexrelid AND b.method = a.method
                   AND b.predicate IS NOT DISTINCT FROM a.predicate AND b.options = a.options
                   AND b.keys[1:cardinality(a.keys)] = a.keys AND a.included <@ b.all_columns
    WHERE a.is_valid AND b.is_valid AND NOT a.is_exclusion
      AND (a.method = 'btree' OR (a.keys = b.keys AND a.included = b.included))
      /* what is unique goes only for what is unique in the same way */
      AND (NOT a.is_unique OR (b.is_unique AND a.keys = b.keys AND a.unique_kind = b.unique_kind))
      /* of those that are the same, one stays */
      AND (a.keys <> b.keys OR a.included <> b.included
           OR b.hold > a.hold OR (b.hold = a.hold AND b.indexrelid < a.indexrelid))
), redundant AS MATERIALIZED (
    SELECT DISTINCT ON (p.indexrelid) p.indexrelid, p.other,
           CASE WHEN p.same THEN 'duplicate' ELSE 'covered' END AS kind
    FROM pairs AS p
    ORDER BY p.indexrelid, p.same DESC, p.width DESC, p.hold DESC, p.other
), counts AS MATERIALIZED (
    SELECT c.* FROM caliper.index_counts_raw() AS c
), heirs AS (
    /* those that have to do the work of others, should these go */
    SELECT p.other AS indexrelid, string_agg(i.relname, ', ' ORDER BY i.relname) AS names
    FROM pairs AS p
    JOIN pg_catalog.pg_class AS i ON i.oid = p.indexrelid
    JOIN counts AS c ON c.indexrelid = p.indexrelid AND c.scans > 0
    GROUP BY p.other
), duties AS (
    /* of several that would do for a foreign key, the best one has the duty */
    SELECT d.indexrelid, string_agg(DISTINCT 'foreign key ' || d.conname, ', ') AS supports
    FROM (SELECT DISTINCT ON (k.conoid) k.conname, k.indexrelid
          FROM caliper.index_foreign_keys_raw() AS k
          JOIN facts AS f ON f.indexrelid = k.indexrelid
          LEFT JOIN redundant AS r ON r.indexrelid = k.indexrelid
          LEFT JOIN counts AS c ON c.indexrelid = k.indexrelid
          ORDER BY k.conoid, r.indexrelid IS NOT NULL, f.hold DESC, c.scans DESC NULLS LAST, k.indexrelid) AS d
    GROUP BY d.indexrelid
), judged AS (
    SELECT f.*, c.scans, c.tuples_read, c.size, c.table_writes, t.elsewhere,
           i.relname AS indexname, o.relname AS tablename, n.nspname AS schemaname,
           b.relname AS covered_by, p.relname AS part_of,
           NULLIF(concat_ws(', ', f.enforces, d.supports), '') AS supports,
           GREATEST(c.last_used, s.last_seen) AS last_used,
           GREATEST(t.since, m.created) AS since,
           c.entries * CASE WHEN f.method IN ('btree', 'hash') THEN l.cost_btree
                            WHEN f.method = 'gin' THEN l.cost_gin
                            WHEN f.method = 'brin' THEN l.cost_brin
                            ELSE l.cost_gist END / 1000 AS write_cost,
           clock_timestamp() - GREATEST(t.since, m.created) >= l.unused_after AS enough, l.unused_after,
           NOT f.is_valid AND caliper.index_in_progress_raw(f.indexrelid, f.relid) AS building,
           CASE WHEN NOT f.is_valid AND NOT caliper.index_in_progress_raw(f.indexrelid, f.relid) THEN 'invalid'
                WHEN r.kind IS NOT NULL THEN r.kind
                WHEN c.scans > 0 OR s.last_seen >= COALESCE(GREATEST(t.since, m.created), '-infinity') THEN 'used'
                ELSE 'unused' END AS kind,
           e.names AS heir_of,
           d.indexrelid IS NOT NULL OR f.is_bound OR f.attached_to IS NOT NULL
               OR (r.kind IS NULL AND e.names IS NOT NULL)
               OR (f.is_unique AND f.is_valid AND r.kind IS NULL) AS stays
    FROM facts AS f
    CROSS JOIN caliper.index_limits() AS l
    CROSS JOIN caliper.index_counted_since() AS t
    JOIN pg_catalog.pg_class AS i ON i.oid = f.indexrelid
    JOIN pg_catalog.pg_class AS o ON o.oid = f.relid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = i.relnamespace
    LEFT JOIN pg_catalog.pg_class AS p ON p.oid = f.attached_to
    LEFT JOIN counts AS c ON c.indexrelid = f.indexrelid
    LEFT JOIN redundant AS r ON r.indexrelid = f.indexrelid
    LEFT JOIN pg_catalog.pg_class AS b ON b.oid = r.other
    LEFT JOIN duties AS d ON d.indexrelid = f.indexrelid
    LEFT JOIN heirs AS e ON e.indexrelid = f.indexrelid
    LEFT JOIN (SELECT y.indexrelid, max(y.last_seen) AS last_seen
               FROM caliper.index_seen_raw() AS y
               WHERE y.dbid = (SELECT e.oid FROM pg_catalog.pg_database AS e WHERE e.datname = current_database())
               GROUP BY y.indexrelid) AS s ON s.indexrelid = f.indexrelid
    LEFT JOIN (SELECT y.indexrelid, max(y.at) AS created
               FROM caliper.index_trials_raw() AS y WHERE y.action = 'create'
               GROUP BY y.indexrelid) AS m ON m.indexrelid = f.indexrelid
)
SELECT
    j.schemaname, j.tablename, j.indexname, j.indexrelid, j.method, j.columns, j.is_unique, j.is_primary,
    j.supports, j.kind, j.covered_by, j.scans, j.since, j.last_used, j.tuples_read, j.size, j.table_writes,
    round(j.write_cost::numeric, 3)::double precision,
    round((j.write_cost / NULLIF(sum(j.write_cost) FILTER (WHERE NOT j.partitioned) OVER (), 0))::numeric,
          6)::double precision,
    CASE WHEN j.stays OR j.building OR j.kind = 'used' THEN NULL
         WHEN j.kind = 'unused' AND (j.enough IS NOT TRUE OR pg_is_in_recovery()) THEN NULL
         WHEN j.kind = 'invalid' AND j.partitioned THEN NULL
         ELSE format('DROP INDEX %s%I.%I;', CASE WHEN NOT j.partitioned THEN 'CONCURRENTLY ' END,
                     j.schemaname, j.indexname) END,
    NULLIF(concat_ws('; ',
        CASE WHEN j.building THEN 'it is being built' END,
        CASE WHEN j.kind = 'invalid' AND j.partitioned THEN 'not every partition has a valid index for it' END,
        CASE WHEN j.kind = 'invalid' AND NOT j.partitioned
             THEN 'its build failed: it serves nobody and costs those who write' END,
        CASE WHEN j.part_of IS NOT NULL THEN format('part of %I, with which it stays and goes', j.part_of) END,
        CASE WHEN j.kind IN ('duplicate', 'covered') AND j.is_bound THEN 'its constraint would have to go first' END,
        CASE WHEN j.kind = 'unused' THEN 'needed instead of ' || j.heir_of END,
        CASE WHEN j.kind = 'unused' AND NOT j.stays AND NOT j.building AND j.since IS NULL THEN 'it is not known since when scans are counted' END,
        CASE WHEN j.kind = 'unused' AND NOT j.stays AND NOT j.building AND NOT j.enough
             THEN format('observed for %s only: wait until there are %s',
                         date_trunc('second', clock_timestamp() - j.since), j.unused_after) END,
        CASE WHEN j.kind = 'unused' AND NOT j.building THEN j.elsewhere END,
        CASE WHEN j.partitioned AND NOT j.stays AND j.kind IN ('duplicate', 'covered', 'unused')
             THEN 'to drop a partitioned index locks the table for a moment' END), '')
FROM judged AS j
/* without its library, pg_caliper says so, even where there are no indexes */
WHERE (SELECT count(*) FROM caliper.index_seen_raw() AS y) >= 0
$$;

COMMENT ON FUNCTION caliper.index_usage_raw() IS
'The rows of caliper.index_usage';

CREATE VIEW caliper.index_usage AS
SELECT
    u.schemaname,
    u.tablename,
    u.indexname,
    u.indexrelid,
    u.method,
    u.columns,
    u.is_unique,
    u.is_primary,
    u.supports,
    u.kind,
    u.covered_by,
    u.scans,
    u.scans_since,
    u.last_used,
    u.tuples_read,
    u.size,
    u.table_writes,
    u.write_cost,
    u.write_share,
    u.drop_ddl,
    u.note
FROM caliper.index_usage_raw() AS u;

COMMENT ON VIEW caliper.index_usage IS
'One row per index of the tables of the current database: whether it is used, what it costs those who write, what it enforces or supports, and how to drop it if nothing needs it. By core''s statistics and catalogs, of which nothing is hidden. Of a partitioned index the numbers are the sums of its parts. A scan by any session counts, and so does a look-up by a foreign key; the planner''s own looks at the ends of an index do as well. Scans on other servers of a replication are not seen';
COMMENT ON COLUMN caliper.index_usage.schemaname IS 'Schema of the table and the index';
COMMENT ON COLUMN caliper.index_usage.tablename IS 'Name of the table';
COMMENT ON COLUMN caliper.index_usage.indexname IS 'Name of the index';
COMMENT ON COLUMN caliper.index_usage.indexrelid IS 'OID of the index';
COMMENT ON COLUMN caliper.index_usage.method IS 'Access method: btree, gin and so on';
COMMENT ON COLUMN caliper.index_usage.columns IS 'Its keys in order, columns or expressions; those of INCLUDE are left out';
COMMENT ON COLUMN caliper.index_usage.is_unique IS 'Whether it is unique';
COMMENT ON COLUMN caliper.index_usage.is_primary IS 'Whether it is the primary key';
COMMENT ON COLUMN caliper.index_usage.supports IS 'What depends on it: primary key, unique, exclusion, a foreign key that refers to it or whose columns no other index has in front, replica identity, clustered; null if nothing';
COMMENT ON COLUMN caliper.index_usage.kind IS 'invalid (its build failed), duplicate (same as covered_by in all but the name), covered (its keys are the first ones of covered_by), unused (no scan since scans_since; drop_ddl tells whether it can go), used';
COMMENT ON COLUMN caliper.index_usage.covered_by IS 'The index that makes it superfluous; null if none does';
COMMENT ON COLUMN caliper.index_usage.scans IS 'Scans since scans_since, as core counts them';
COMMENT ON COLUMN caliper.index_usage.scans_since IS 'Since when scans are counted: the latest pg_stat_reset(), crash, or beginning of the cluster, or when the index was created if caliper.index_trials knows; an index may be younger otherwise. Null if unknown';
COMMENT ON COLUMN caliper.index_usage.last_used IS 'Its latest scan: from PostgreSQL 16 on as core knows it; before, the latest sampled plan that used it, so that it may be later, or null though it was used';
COMMENT ON COLUMN caliper.index_usage.tuples_read IS 'Index entries that its scans returned';
COMMENT ON COLUMN caliper.index_usage.size IS 'Its size, bytes';
COMMENT ON COLUMN caliper.index_usage.table_writes IS 'Rows that were inserted into the table, or updated so that its indexes got new entries (heap-only updates are left out), since scans_since';
COMMENT ON COLUMN caliper.index_usage.write_cost IS 'What all of these cost for this index, ms (not per 1,000 rows, as in the advice), by a rule of thumb for its method (caliper.index_limits()); of a partial index for the share of rows that it holds';
COMMENT ON COLUMN caliper.index_usage.write_share IS 'That as a share of the cost of all indexes of the database, ratio';
COMMENT ON COLUMN caliper.index_usage.drop_ddl IS 'The statement that drops it; null if it is used, if a constraint, a foreign key, a replica identity or a partitioned index needs it, if it is the only one that makes its columns unique, or if it was not observed for long enough';
COMMENT ON COLUMN caliper.index_usage.note IS 'What else to know before it is dropped; null if nothing';

CREATE FUNCTION caliper.unindexed_foreign_keys_raw(
    OUT conname name,
    OUT schemaname name,
    OUT tablename name,
    OUT columns name[],
    OUT referenced_schemaname name,
    OUT referenced_tablename name,
    OUT referenced_columns name[],
    OUT table_rows double precision,
    OUT table_size bigint,
    OUT parent_deletes bigint,
    OUT parent_updates bigint,
    OUT trigger_calls bigint,
    OUT trigger_time double precision,
    OUT estimated_time double precision,
    OUT ddl text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
WITH RECURSIVE keys AS MATERIALIZED (
    SELECT c.* FROM pg_catalog.pg_constraint AS c
    WHERE c.contype = 'f' AND c.conparentid = 0
      AND NOT EXISTS (SELECT FROM caliper.index_foreign_keys_raw() AS k WHERE k.conoid = c.oid)
), members (root, relid) AS (
    SELECT k.conrelid, k.conrelid FROM keys AS k
    UNION
    SELECT k.confrelid, k.confrelid FROM keys AS k
    UNION
    SELECT m.root, h.inhrelid FROM members AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.relid AND c.relkind = 'p'
    JOIN pg_catalog.pg_inherits AS h ON h.inhparent = m.relid
), tables AS MATERIALIZED (
    SELECT m.root, sum(pg_relation_size(m.relid))::bigint AS size, sum(NULLIF(c.reltuples, -1)) AS tuples,
           sum(s.n_tup_del)::bigint AS deletes, sum(s.n_tup_upd)::bigint AS updates
    FROM members AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.relid AND c.relkind = 'r'
    LEFT JOIN pg_catalog.pg_stat_all_tables AS s ON s.relid = m.relid
    GROUP BY m.root
), triggers AS (
    SELECT g.conoid, sum(g.trigger_calls)::bigint AS calls, sum(g.trigger_time) AS time,
           sum(g.estimated_time) AS estimated
    FROM caliper.foreign_key_triggers_raw() AS g
    WHERE g.referenced AND g.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
    GROUP BY g.conoid
)
SELECT
    k.conname, n.nspname, o.relname, own.names, pn.nspname, p.relname, others.names,
    t.tuples::double precision, t.size, u.deletes, u.updates, g.calls, g.time, g.estimated,
    format('CREATE INDEX %sON %I.%I (%s);', CASE WHEN o.relkind <> 'p' THEN 'CONCURRENTLY ' END,
           n.nspname, o.relname, own.list)
FROM keys AS k
JOIN pg_catalog.pg_class AS o ON o.oid = k.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.relnamespace
JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname ORDER BY x.i) AS names, string_agg(quote_ident(a.attname), ', ' ORDER BY x.i) AS list
    FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS x (attnum, i)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.attnum) AS own
CROSS JOIN LATERAL (
    SELECT array_agg(a.attname ORDER BY x.i) AS names
    FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS x (attnum, i)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = x.attnum) AS others
LEFT JOIN tables AS t ON t.root = k.conrelid
LEFT JOIN tables AS u ON u.root = k.confrelid
LEFT JOIN triggers AS g ON g.conoid = k.oid
/* as above */
WHERE (SELECT count(*) FROM caliper.foreign_key_triggers_raw() AS y) >= 0
$$;

COMMENT ON FUNCTION caliper.unindexed_foreign_keys_raw() IS
'The rows of caliper.unindexed_foreign_keys';

CREATE VIEW caliper.unindexed_foreign_keys AS
SELECT
    k.conname,
    k.schemaname,
    k.tablename,
    k.columns,
    k.referenced_schemaname,
    k.referenced_tablename,
    k.referenced_columns,
    k.table_rows,
    k.table_size,
    k.parent_deletes,
    k.parent_updates,
    k.trigger_calls,
    k.trigger_time,
    k.estimated_time,
    k.ddl
FROM caliper.unindexed_foreign_keys_raw() AS k;

COMMENT ON VIEW caliper.unindexed_foreign_keys IS
'One row per foreign key of the current database whose columns are not the first ones of a valid btree or hash index on the referencing table (in any order; a partial index counts if its predicate is that one of them is not null). Each row that is deleted from the referenced table, or whose key changes, then costs a scan of the referencing one. Small tables, and parents that never change, need no index';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.conname IS 'Name of the constraint';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.schemaname IS 'Schema of the referencing table';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.tablename IS 'The referencing table, which lacks the index';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.columns IS 'Its columns in the foreign key';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.referenced_schemaname IS 'Schema of the referenced table';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.referenced_tablename IS 'The referenced table';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.referenced_columns IS 'The columns that are referenced';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.table_rows IS 'Rows of the referencing table, as ANALYZE or VACUUM estimated them; null if neither ever ran';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.table_size IS 'Size of the referencing table, bytes, of which each look-up reads all';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.parent_deletes IS 'Rows deleted from the referenced table, since core counts (see caliper.index_counted_since())';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.parent_updates IS 'Rows updated there; only those whose key changes cost a look-up';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.trigger_calls IS 'Look-ups by the constraint''s triggers behind sampled executions that the reader may see; null if none was seen, or if constraints are deferred';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.trigger_time IS 'Time that these took, ms';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.estimated_time IS 'The same for all executions and not only the sampled ones, ms, estimated';
COMMENT ON COLUMN caliper.unindexed_foreign_keys.ddl IS 'The statement that creates the index';
