-- Connections and what they are held for.  The session watches itself, under
-- names of its own.
SET application_name = 'regress pool';
SELECT 'work' AS work;
BEGIN;
SELECT 'work' AS work;
COMMIT;
BEGIN;
SELECT 1 / 0;
ROLLBACK;
SHOW work_mem;
ROLLBACK;
SET application_name = 'regress watcher';
SELECT datname = current_database() AS here, usename = current_user AS me, pool,
       connections, connections_peak, busy, busy_peak, xacts, setups, opened, closed
  FROM caliper.pools WHERE application_name = 'regress pool';
SELECT held_time > 0 AS held, gap_time > 0 AS gap, held_p95 >= held_p50 AS p95,
       abs(held_time - gap_time - work_time) < 0.001 AS sum, gap_estimated,
       stats_since <= connections_peak_at AS since, busy_peak_at <= now() AS peak
  FROM caliper.pools WHERE application_name = 'regress pool';
-- the watcher is busy watching
SELECT connections, busy, busy_peak FROM caliper.pools WHERE application_name = 'regress watcher';

-- A label makes a pool of its own.
SET pg_caliper.pool = 'cache';
SELECT pool, connections, xacts, setups FROM caliper.pools
 WHERE application_name = 'regress watcher' ORDER BY pool;
RESET pg_caliper.pool;

-- Names are data: quotes, other bytes, more than fit.
SET application_name = 'it''s "x" \ %s -- é';
SELECT connections FROM caliper.pools WHERE application_name LIKE 'it''s "x" \\ \%s -- %';
SET pg_caliper.pool = '''; DROP TABLE pools; --
line two';
SELECT pool FROM caliper.pools WHERE application_name LIKE 'it''s%' AND pool IS NOT NULL;
RESET pg_caliper.pool;
SET client_min_messages = error;
SET application_name = 'a name that is longer than the sixty-three bytes that a name may have';
RESET client_min_messages;
SELECT application_name, connections FROM caliper.pools WHERE application_name LIKE 'a name%';
SET application_name = '';
SELECT application_name = current_user || '@[local]' OR client_addr IS NOT NULL AS fallback
  FROM caliper.pools WHERE connections > 0 AND busy > 0;

-- A procedure that commits: its transactions count one by one.
SET application_name = 'regress procedure';
CREATE TABLE pools_t (i int);
DO $$ BEGIN FOR i IN 1 .. 3 LOOP INSERT INTO pools_t VALUES (i); COMMIT; END LOOP; END $$;
DROP TABLE pools_t;
SET application_name = 'regress watcher';
SELECT xacts, gap_time FROM caliper.pools WHERE application_name = 'regress procedure';

-- The session as it is now.
BEGIN;
SELECT application_name, datname = current_database() AS here, state, held_time > 0 AS held,
       gap_time >= 0 AND gap_time <= held_time AS gap, queryid IS NOT NULL AS id, query
  FROM caliper.active WHERE pid = pg_backend_pid();
COMMIT;
-- core's id of a statement and ours
SELECT caliper.group_queryid(12345), caliper.group_queryid(0), caliper.group_queryid(NULL);

-- Other users see whose pools there are, and nothing else.
SET ROLE regress_caliper_user;
SELECT count(*) > 0 AS rows, count(usename) > 0 AS users,
       count(application_name) + count(pool) + count(client_addr) + count(connections) +
       count(busy) + count(held_time) + count(work_time) + count(xacts) + count(stats_since) AS shown
  FROM caliper.pools;
SELECT application_name, state, held_time, gap_time, queryid, query, wait_event
  FROM caliper.active WHERE pid = pg_backend_pid();
SET ROLE regress_caliper_reader;
SELECT xacts FROM caliper.pools WHERE application_name = 'regress pool';
RESET ROLE;
RESET application_name;
