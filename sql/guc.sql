-- Every setting, its default, and what it refuses.
SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals
  FROM pg_settings WHERE name LIKE 'pg\_caliper.%' AND name <> 'pg_caliper.slow_min_duration'
 ORDER BY name COLLATE "C";
SELECT boot_val, unit, context FROM pg_settings WHERE name = 'pg_caliper.slow_min_duration';
SELECT name FROM pg_settings WHERE name LIKE 'pg\_caliper.%' AND (short_desc IS NULL OR short_desc !~ '\.$');
\set VERBOSITY sqlstate
SET pg_caliper.slow_min_duration = '-2';
\set VERBOSITY default
SET pg_caliper.slow_min_duration = '5 parsecs';
SET pg_caliper.track = 'some';
SET pg_caliper.sample_rate = 1.5;
SET pg_caliper.no_such_setting = 1;
SET pg_caliper.max_statements = 10;
SET pg_caliper.log_plan = 'yaml';
-- thresholds per application
SET pg_caliper.application_thresholds = 'report:5s, web:200ms/1s, "a, b:c":-1/0';
SET pg_caliper.application_thresholds = 'report';
SET pg_caliper.application_thresholds = 'report:';
SET pg_caliper.application_thresholds = 'report:5 parsecs';
SET pg_caliper.application_thresholds = 'report:5s/';
SET pg_caliper.application_thresholds = 'report:5s extra';
SET pg_caliper.application_thresholds = ':5s';
SET pg_caliper.application_thresholds = '"report:5s';
SET pg_caliper.application_thresholds = 'report:-5s';
SHOW pg_caliper.application_thresholds;
RESET pg_caliper.application_thresholds;
-- only the label of a pool is everybody's
SET ROLE regress_caliper_user;
SET pg_caliper.pool = 'cache';
SET pg_caliper.track = 'none';
SET pg_caliper.slow_min_duration = -1;
SET pg_caliper.application_thresholds = '';
RESET ROLE;
RESET pg_caliper.pool;
-- without query ids there is a hint
BEGIN;
SET LOCAL compute_query_id = off;
SELECT count(*) >= 0 AS readable FROM caliper.statements;
ROLLBACK;
