--
-- caliper.slow_statements: what is kept of single executions, and for whom
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_caliper;
RESET client_min_messages;

-- what this session has run, in order
CREATE VIEW slow_seen AS
  SELECT * FROM caliper.slow_statements
  WHERE pid = pg_backend_pid() AND application_name LIKE 'slow test%';
CREATE TABLE slow_numbers AS SELECT generate_series(0, 9) AS n;
SET application_name = 'slow test';

-- nothing is slow, then everything
SET pg_caliper.slow_min_duration = -1;
SELECT max(n) + 1 AS n FROM slow_numbers;
SET pg_caliper.slow_min_duration = 0;
SELECT count(*) FROM slow_numbers;
SET pg_caliper.slow_min_duration = -1;
SELECT query, rows, toplevel, sampled, sqlstate, usename = current_user AS me,
       datname = current_database() AS here, duration >= 0 AS duration,
       plan_time > 0 AS plan_time, now() - started < '1 min' AS started,
       client_addr, queryid IS NOT NULL AS queryid, shared_blks_hit > 0 AS hit,
       pool, parameters, split_part(plan, ' ', 1) AS plan
  FROM slow_seen WHERE query LIKE 'SELECT%' \gx

-- where the time went adds up, if there were samples
SELECT bool_and((wait_samples > 0) = (lock_time IS NOT NULL)
                AND (wait_samples > 0) = (wait_profile IS NOT NULL)
                AND abs(duration - coalesce(io_time + lock_time + client_time
                                            + other_time, duration)) < 0.001)
  FROM slow_seen;

-- tags: in front, behind, behind the semicolon, percent-encoded, far behind
SELECT caliper.reset('slow');
SET pg_caliper.slow_min_duration = 0;
/*route='/front',traceparent='00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'*/ SELECT max(n) + 1 AS n FROM slow_numbers;
SELECT max(n) + 2 AS n FROM slow_numbers /*controller='users',action='index'*/;
SELECT max(n) + 3 AS n FROM slow_numbers\; /*route='%2Fbehind%20semicolon'*/ ;
SELECT max(n) + 4 AS n FROM slow_numbers\; /*route='/second'*/ SELECT max(n) + 5 AS n FROM slow_numbers;
SELECT max(n) + 6 AS n FROM slow_numbers /*route='/broken*/;
SELECT repeat('x', 5000) AS filler \gset
SELECT max(n) + length(:'filler') AS n FROM slow_numbers /*route='/far'*/;
SET pg_caliper.slow_min_duration = -1;
SELECT query, route, traceparent FROM slow_seen WHERE query ~ 'AS n' ORDER BY started;

-- failures, with what they failed with
SELECT caliper.reset('slow');
SET pg_caliper.slow_min_duration = 0;
SELECT 1 / n FROM slow_numbers;
SET statement_timeout = '50ms';
SELECT pg_sleep(5) FROM slow_numbers;
RESET statement_timeout;
VACUUM slow_missing;
SET pg_caliper.slow_min_duration = -1;
SELECT query, sqlstate, rows, plan FROM slow_seen WHERE sqlstate IS NOT NULL
  ORDER BY started;

-- parameters: off, on, clipped; types that come from users are not shown
SELECT caliper.reset('slow');
CREATE TYPE slow_mood AS ENUM ('fine', 'sad');
PREPARE slow_query(text, int, slow_mood) AS SELECT length($1), $2, $3;
SET pg_caliper.slow_min_duration = 0;
EXECUTE slow_query('off', 1, 'fine');
SET pg_caliper.log_parameter_max_length = -1;
EXECUTE slow_query(E'it''s\non', NULL, 'fine');
EXECUTE slow_query(repeat('x', 1000), 3, 'sad');
EXECUTE slow_query(repeat('x', 10000), 4, 'sad');
SET pg_caliper.log_parameter_max_length = 5;
EXECUTE slow_query('clipped', 5, 'sad');
RESET pg_caliper.log_parameter_max_length;
SET pg_caliper.slow_min_duration = -1;
SELECT left(parameters, 60) AS parameters, length(parameters)
  FROM slow_seen WHERE query LIKE 'PREPARE%' ORDER BY started;

-- plans: one text for one shape, JSON if asked for, none if not
SELECT caliper.reset('slow');
SET pg_caliper.slow_min_duration = 0;
SELECT n FROM slow_numbers WHERE n = 1;
SELECT n FROM slow_numbers WHERE n = 2;
SELECT n FROM slow_numbers WHERE n = 3;
SET pg_caliper.log_plan = json;
SELECT n FROM slow_numbers WHERE n = 4;
SET pg_caliper.log_plan = off;
SELECT n FROM slow_numbers WHERE n = 5;
RESET pg_caliper.log_plan;
SET pg_caliper.slow_min_duration = -1;
SELECT plan LIKE 'Seq Scan on slow_numbers%Filter: (n = %' AS text,
       CASE WHEN plan LIKE '{%' THEN plan::jsonb #>> '{Plan,Node Type}' END AS json
  FROM slow_seen WHERE query LIKE 'SELECT n %' ORDER BY started;
SELECT count(DISTINCT plan) FROM slow_seen
  WHERE query LIKE 'SELECT n %' AND plan NOT LIKE '%actual%' AND plan NOT LIKE '{%';

-- statements inside functions
SELECT caliper.reset('slow');
CREATE FUNCTION slow_inner() RETURNS bigint LANGUAGE plpgsql AS
  'BEGIN RETURN (SELECT count(*) FROM slow_numbers WHERE n > 3); END';
SET pg_caliper.slow_min_duration = 0;
SET pg_caliper.track = 'all';
SELECT slow_inner();
SET pg_caliper.track = 'top';
SELECT slow_inner();
RESET pg_caliper.track;
SET pg_caliper.slow_min_duration = -1;
SELECT toplevel, query FROM slow_seen
  WHERE query ~ 'slow_inner|n > ' ORDER BY started, toplevel;

-- thresholds by application, a label, and a sample of all
SELECT caliper.reset('slow');
SET pg_caliper.application_thresholds = 'slow test 2:0, other:1s';
SELECT max(n) + 1 AS n FROM slow_numbers;
SET application_name = 'slow test 2';
SET pg_caliper.pool = 'a pool';
SELECT max(n) + 2 AS n FROM slow_numbers;
RESET pg_caliper.application_thresholds;
SET pg_caliper.sample_rate = 1;
SELECT max(n) + 3 AS n FROM slow_numbers;
RESET pg_caliper.sample_rate;
SELECT application_name, pool, sampled, rows FROM slow_seen
  WHERE query ~ 'AS n' ORDER BY started;
SET application_name = 'slow test';

-- others see whose execution it was, and no more
CREATE ROLE regress_slow_other;
CREATE ROLE regress_slow_reader;
GRANT pg_read_all_stats TO regress_slow_reader;
GRANT SELECT ON slow_seen TO regress_slow_other, regress_slow_reader;
SET ROLE regress_slow_other;
SELECT DISTINCT query, jsonb_strip_nulls(to_jsonb(s)) - '{query,usename,datname}'::text[] AS rest
  FROM caliper.slow_statements AS s WHERE usename <> current_user;
SELECT caliper.reset('slow');
SELECT caliper.statement_text(1, 10, 1);
SET ROLE regress_slow_reader;
SELECT count(*) > 0 AS seen FROM caliper.slow_statements WHERE query ~ 'AS n';
SELECT caliper.statement_text(1, 10, 1);
RESET ROLE;
SELECT DISTINCT s.query = caliper.statement_text(s.queryid, d.datdba, d.oid) AS same
  FROM slow_seen AS s JOIN pg_database AS d USING (datname)
  WHERE s.query ~ 'AS n' AND s.usename = pg_get_userbyid(d.datdba);

-- bad settings
\set VERBOSITY sqlstate
SET pg_caliper.slow_min_duration = '-2s';
\set VERBOSITY default
SET pg_caliper.log_plan = 'xml';
SET pg_caliper.application_thresholds = 'no number';
SET pg_caliper.sample_rate = 2;

SELECT caliper.reset('slow');
SELECT count(*) FROM slow_seen;
DROP VIEW slow_seen;
DROP FUNCTION slow_inner();
DROP TABLE slow_numbers;
DEALLOCATE slow_query;
DROP TYPE slow_mood;
DROP ROLE regress_slow_other, regress_slow_reader;
RESET application_name;
