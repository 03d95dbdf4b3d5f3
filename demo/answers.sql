--
-- The answers, as make demo prints them.  Each query also works alone on any
-- server with pg_caliper; pg_temp.short() only clips text to the screen.
--
\pset footer off
\pset null '-'
CREATE FUNCTION pg_temp.short(query text, width integer) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN (SELECT CASE WHEN length(q) > width THEN left(q, width - 2) || '..' ELSE q END
		FROM (SELECT btrim(regexp_replace(regexp_replace(query, '/\*.*?\*/', '', 'g'),
										  '\s+', ' ', 'g')) AS q) s);

\echo
\echo 'SLOW STATEMENTS'
\echo 'Executions of half a second or more. The percentages say where their time went: waiting for a lock, reading and'
\echo 'writing files, waiting for the client; the rest is work. An SQLSTATE other than - is how they failed.'
\echo
SELECT count(*) AS times,
	round(max(duration)) AS worst_ms,
	round(100 * sum(lock_time) / sum(duration)) AS "lock%",
	round(100 * sum(io_time) / sum(duration)) AS "io%",
	round(100 * sum(client_time) / sum(duration)) AS "client%",
	round(100 * sum(other_time) / sum(duration)) AS "rest%",
	coalesce(nullif(application_name, ''), usename || ' (no name)') AS application,
	route,
	sqlstate,
	pg_temp.short(min(query), 58) AS statement
FROM caliper.slow_statements
WHERE application_name <> 'demo'
GROUP BY application, route, sqlstate, queryid
ORDER BY sum(duration) DESC
LIMIT 5;

\echo 'STATEMENTS BY COST'
\echo 'Half of the executions took at most p50 and 95 % of them at most p95; share is the part of all execution time.'
\echo
SELECT calls,
	errors,
	round(p50_exec_time::numeric, 1) AS p50_ms,
	round(p95_exec_time::numeric, 1) AS p95_ms,
	round(total_exec_time::numeric / 1000, 1) AS total_s,
	round(100 * share) AS "share%",
	coalesce(nullif(application_name, ''), usename || ' (no name)') AS application,
	pg_temp.short(query, 78) AS statement
FROM caliper.statements
WHERE application_name <> 'demo'
ORDER BY total_exec_time DESC
LIMIT 8;

\echo 'CONNECTIONS BY APPLICATION'
\echo 'A connection is busy, or held, while a transaction is open on it: working, or in a gap, where the server waits for'
\echo 'the client to go on. Many connections and few busy: the pool is too large. A large gap: the transactions are too long.'
\echo
SELECT application_name AS application,
	connections,
	connections_peak AS peak,
	busy_peak,
	round((held_time / extract(epoch FROM now() - stats_since) / 1000)::numeric, 1) AS busy_on_average,
	xacts AS transactions,
	round(held_time::numeric / 1000, 1) AS held_s,
	round(work_time::numeric / 1000, 1) AS work_s,
	round(gap_time::numeric / 1000, 1) AS gap_s,
	round(100 * gap_time / nullif(held_time, 0)) AS "gap%"
FROM caliper.pools
WHERE application_name <> 'demo' AND datname = current_database()
ORDER BY held_time DESC;

\echo 'INDEX SUGGESTIONS'
\echo 'Each was verified: the statements it serves were planned again as if it existed. Benefit is the cost that it saves.'
\echo
SELECT ddl AS statement,
	round(100 * benefit) AS "benefit%",
	pg_size_pretty(estimated_size) AS size,
	calls AS calls_served,
	round(total_exec_time::numeric / 1000, 1) AS their_time_s
FROM caliper.advise_indexes()
WHERE verified = 'planned'
ORDER BY benefit * total_exec_time DESC
LIMIT 8;

\echo 'WHAT PG_CALIPER ITSELF USED'
\echo 'All of its memory is set aside when the server starts and never grows.'
\echo
SELECT component, name, pg_size_pretty(value) AS memory, detail
FROM caliper.info
WHERE unit = 'bytes'
ORDER BY value DESC;
