-- Formulas against tables and textbook results.
\set SHOW_CONTEXT never
SELECT round(caliper.erlang_b(10, 4.461)::numeric, 4) AS one_percent,
       round(caliper.erlang_b(100, 84.064)::numeric, 4) AS one_percent_too,
       round(caliper.erlang_c(10, 8)::numeric, 4) AS mm10,
       round(caliper.erlang_c(2, 1)::numeric, 4) AS a_third,
       caliper.erlang_c(3, 3) AS all_wait,
       round(caliper.erlang_b(10000, 9999)::numeric, 4) AS large;
SELECT s, round(caliper.erlang_b(s, 5)::numeric, 6) AS b FROM (VALUES (4.0), (4.5), (5.0)) AS v (s);
-- users and requests are the same, the time held decides
SELECT held, round(caliper.offered_load(200, 5, held)::numeric, 1) AS connections
  FROM (VALUES (interval '50 ms'), ('4 s'), ('19 s')) AS v (held);
-- a pool, without and with bursts
SELECT peakedness, size, round(m.wait_prob::numeric, 3) AS wait_prob, round(m.wait_mean::numeric, 1) AS wait_mean,
       round(m.wait_p95::numeric, 1) AS wait_p95, round(m.late::numeric, 3) AS late,
       round(m.busy_mean::numeric, 2) AS busy_mean, m.busy_p95, m.busy_p99, m.busy_p999
  FROM (VALUES (1.0, 6), (5.6, 6), (5.6, 14), (5.6, 10000), (1.0, 4)) AS v (peakedness, size),
       caliper.pool_model(4, 50, peakedness, 1, size, 100) AS m;
-- what is nothing is shown as nothing
SELECT wait_prob, wait_mean, wait_p95, late, busy_mean FROM caliper.pool_model(4, 50);
SELECT peakedness, wait, caliper.pool_needed(4, 50, peakedness, 1, wait) AS needed
  FROM (VALUES (1.0), (5.6), (20)) AS z (peakedness), (VALUES (1.0), (25), (100)) AS w (wait)
 ORDER BY 1, 2;
SELECT caliper.pool_needed(9999, 50, 100) AS too_many, caliper.pool_needed(0, 50) AS nothing_to_do;
-- what a pool shows of bursts that it cut off
SELECT round(l.peakedness_demand::numeric, 2) AS peakedness, round(l.load_error::numeric, 3) AS load_error,
       round(l.peakedness_error::numeric, 3) AS peakedness_error
  FROM caliper.pool_learn_raw(4, 50, 4.1277, 1, 11, 10000) AS l;
SELECT caliper.pool_learn_raw(0, 50, 1, 1, 11, 100) AS nothing;
-- ten times on pools that are too small
SELECT k, round(f.busy_mean::numeric, 1) AS busy_mean, f.busy_p99, f.wait_p95 = 'Infinity' AS no_end,
       round(f.timeouts::numeric, 3) AS timeouts, f.needed, f.needed_low < f.needed AND f.needed < f.needed_high AS bounded
  FROM (VALUES (1), (5), (10)) AS v (k),
       caliper.pool_forecast_raw(4, 50, 5.6, 1, 0.05, 0.1, 60000, 1, 24, k, 25, 500) AS f;

-- What makes no sense is refused.
SELECT caliper.erlang_c(10001, 1);
SELECT caliper.erlang_b(5, 'NaN');
SELECT caliper.offered_load(-1, 5, '1 s');
SELECT caliper.offered_load(200, 5, '-1 s');
SELECT caliper.pool_model(4, 0);
SELECT caliper.pool_model(4, 50, size => 0);
SELECT caliper.pool_needed(4, 50, wait => 'Infinity');
SELECT caliper.pool_needed(4, 50, share => 1);
SELECT * FROM caliper.advise_pools('-1 s');
SELECT * FROM caliper.forecast('{0}', application => 'nobody');
SELECT * FROM caliper.forecast(pool_size => 0, application => 'nobody');
SELECT * FROM caliper.diagnose('60 years');
SELECT * FROM caliper.diagnose('-1 s');
SELECT * FROM caliper.diagnose('0');
SELECT count(*) >= 0 AS no_error FROM caliper.diagnose('1 year') AS a, caliper.diagnose('1 s') AS b, caliper.diagnose(NULL) AS c;
SELECT * FROM caliper.pool_plan(0, 1, 10);
SELECT * FROM caliper.pool_plan(2, 1, 10, 0.5);
SELECT * FROM caliper.pool_plan(2, 1, 10, role => 'regress_nobody');
SELECT * FROM caliper.pool_plan(2, 1, 10, database => 'regress_nowhere');

-- Where the data do not carry advice, it says so.
SET application_name = 'regress_few';
SELECT 1 AS few;
SELECT recommended, needed_for_target, needed_p99, confidence, regexp_replace(reason, '\d+', 'N') AS reason
  FROM caliper.pool_advice WHERE application_name = 'regress_few';
SELECT factor, users, xact_rate, busy_mean, connections_needed, limiting, regexp_replace(assumption, '\d+', 'N') AS assumption
  FROM caliper.forecast('{4}', users_now => 50, application => 'regress_few');
SELECT factor, assumption FROM caliper.forecast(application => 'nobody');
-- two hundred transactions of 5 ms, one after the other
SET application_name = 'regress_many';
DO $$ BEGIN FOR i IN 1 .. 200 LOOP PERFORM pg_sleep(0.005); COMMIT; END LOOP; END $$;
RESET application_name;
SELECT recommended >= 1 AND recommended_low <= recommended AND recommended <= recommended_high AS advised,
       samples >= 200 AS counted, censored, reason LIKE '%a lower bound%' AS says_so, confidence <= 0.5 AS unsure
  FROM caliper.pool_advice WHERE application_name = 'regress_many';
SELECT factor, users, round((xact_rate / factor / first_value(xact_rate) OVER (ORDER BY factor))::numeric, 1) AS rate,
       busy_mean BETWEEN busy_mean_low AND busy_mean_high AS within, limiting IS NOT NULL AS limited,
       substr(assumption, 1, 11) AS assumption
  FROM caliper.forecast('{1,2,20}', users_now => 50, application => 'regress_many', pool_size => 10);
SELECT factor, limiting IN ('pool', 'cpu') AS limited, assumption ~ 'forced beyond' AS forced
  FROM caliper.forecast('{20}', application => 'regress_many', pool_size => 1, force => true);

-- Does a plan fit?
SELECT total, at_deploy, available, remaining, fits, limiting, pgbouncer_default_pool_size, pgbouncer_max_client_conn
  FROM caliper.pool_plan(1, 71, 5, 1);
SELECT verdict FROM caliper.pool_plan(1, 71, 5, 1);
SELECT total, at_deploy, remaining, fits, verdict FROM caliper.pool_plan(3, 1, 20);
CREATE ROLE regress_pool_plan CONNECTION LIMIT 30;
SELECT available, role_limit, database_limit, fits, limiting, verdict
  FROM caliper.pool_plan(2, 1, 10, role => 'regress_pool_plan');
ALTER ROLE regress_pool_plan CONNECTION LIMIT -1;
CREATE DATABASE regress_pool_plan CONNECTION LIMIT 12;
SELECT available, role_limit, database_limit, fits, limiting, verdict
  FROM caliper.pool_plan(2, 1, 5, role => 'regress_pool_plan', database => 'regress_pool_plan');
DROP DATABASE regress_pool_plan;
DROP ROLE regress_pool_plan;
