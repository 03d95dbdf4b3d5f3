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
\echo 'Executions of half a second or more. Where their time went: waiting for a lock, for files, or for the client to take the'
\echo 'rows; the rest is work. What waits for a lock needs no index; error 57014 is a timeout or a cancel.'
\echo
SELECT count(*) AS times,
	round(max(duration)) AS worst_ms,
	round(100 * sum(lock_time) / sum(duration)) AS "lock%",
	round(100 * sum(io_time) / sum(duration)) AS "file%",
	round(100 * sum(client_time) / sum(duration)) AS "client%",
	round(100 * sum(other_time) / sum(duration)) AS "rest%",
	coalesce(nullif(application_name, ''), usename || ' (no name)') AS application,
	route,
	coalesce('error ' || sqlstate, 'done') AS ended,
	pg_temp.short(min(query), 48) AS statement
FROM caliper.slow_statements
WHERE application_name IS DISTINCT FROM 'demo'
GROUP BY application, route, ended, queryid
ORDER BY sum(duration) DESC
LIMIT 5;

\echo 'STATEMENTS BY COST'
\echo 'Half of the executions took at most p50, and 95 of 100 at most p95; share% is their part of all execution time.'
\echo
SELECT calls,
	errors,
	round(p50_exec_time::numeric, 1) AS p50_ms,
	round(p95_exec_time::numeric, 1) AS p95_ms,
	round(total_exec_time::numeric / 1000, 1) AS total_s,
	round(100 * share) AS "share%",
	coalesce(nullif(application_name, ''), usename || ' (no name)') AS application,
	pg_temp.short(query, 72) AS statement
FROM caliper.statements
WHERE application_name IS DISTINCT FROM 'demo'
ORDER BY total_exec_time DESC
LIMIT 8;

\echo 'CONNECTIONS BY APPLICATION'
\echo 'A connection is busy (held) while a transaction is open on it: at work, or in a gap, where the server waits for the'
\echo 'client to go on. Many connections and few busy: the pool is too large. A large gap: the client keeps the server waiting.'
\echo
SELECT application_name AS application,
	connections,
	connections_peak AS peak,
	round((held_time / extract(epoch FROM now() - stats_since) / 1000)::numeric, 1) AS busy_avg,
	busy_p95,
	busy_peak,
	xacts AS transactions,
	round(held_time::numeric / 1000, 1) AS held_s,
	round(work_time::numeric / 1000, 1) AS work_s,
	round(gap_time::numeric / 1000, 1) AS gap_s,
	round(100 * gap_time / nullif(held_time, 0)) AS "gap%"
FROM caliper.pools
WHERE datname = current_database() AND xacts > 0
	AND application_name IS DISTINCT FROM 'demo'
ORDER BY held_time DESC;

\echo 'WHAT IS WRONG WITH THEM, AND WHAT TO DO FIRST'
\echo 'A verdict for each application, how sure it is, and the next step, with the numbers behind it.'
\echo
SELECT CASE line WHEN 1 THEN application_name ELSE '' END AS application,
	CASE line WHEN 1 THEN verdict ELSE '' END AS verdict,
	CASE line WHEN 1 THEN round(100 * confidence)::text ELSE '' END AS "sure%",
	part[1] AS next_step
FROM caliper.diagnosis AS d,
	regexp_matches(next_step, '(.{1,80})(?:\s|$)', 'g') WITH ORDINALITY AS words (part, line)
WHERE application_name IS DISTINCT FROM 'demo' AND verdict <> 'insufficient_data'
ORDER BY verdict = 'healthy', confidence DESC, d.application_name, line;

\echo 'HOW MANY CONNECTIONS THEY NEED'
\echo 'So many that 19 of 20 requests get one within 0.1 s, or within the time of one transaction if that is shorter; by'
\echo 'measured arrivals and times held. Where the pool was full, more may have been wanted than was seen.'
\echo
SELECT application_name AS application,
	connections_peak AS peak,
	round(busy_mean::numeric, 1) AS busy_avg,
	round(busy_p99) AS busy_p99,
	recommended,
	recommended_low AS at_least,
	recommended_high AS at_most,
	round(100 * confidence) AS "sure%",
	CASE WHEN censored THEN 'was full' ELSE '' END AS note
FROM caliper.pool_advice
WHERE application_name IS DISTINCT FROM 'demo' AND recommended IS NOT NULL
ORDER BY busy_mean DESC;

\echo 'WHICH INDEX?'
\echo 'The three that would save most time, and those that could go. Each new one was tried: the statements that it serves were'
\echo 'planned again, with the values they ran with, as if it existed. benefit% is the part of their cost that it takes away.'
\echo
SELECT ddl,
	pg_size_pretty(estimated_size) AS size,
	round(100 * benefit) AS "benefit%",
	nullif(calls, 0) AS calls,
	round(nullif(total_exec_time, 0)::numeric / 1000, 1) AS total_s,
	verified
FROM caliper.advise_indexes(max_indexes => 3)
ORDER BY rank;

\echo 'WHAT PG_CALIPER ITSELF USES'
\echo 'Shared memory, set aside when the server starts; it never grows. When a part is full, the least used entries make room.'
\echo
SELECT component,
	pg_size_pretty(sum(value) FILTER (WHERE name = 'memory')) AS memory,
	sum(value) FILTER (WHERE name = 'entries') AS entries,
	sum(value) FILTER (WHERE name = 'entries_max') AS at_most,
	sum(value) FILTER (WHERE name IN ('evicted', 'refused', 'dropped', 'overwritten', 'overflows')) AS dropped
FROM caliper.info
GROUP BY component
HAVING sum(value) FILTER (WHERE name = 'memory') > 65536
ORDER BY component <> 'total', sum(value) FILTER (WHERE name = 'memory') DESC;
