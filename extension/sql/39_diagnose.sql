/*
 * The verdict: which one, how sure it is, what it rests on, and what to do.
 * What it judges is measured by the functions in 36_diagnosis.sql.
 */

CREATE FUNCTION caliper.diagnosis_step_raw(application text, verdict text, e jsonb)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE diagnosis_step_raw.verdict
WHEN 'connection_leak' THEN format(
    '%s opened %s%s, used none of them again after their first moments, %sand closed %s: %s; create '
    'the pool (or client object) once per process instead of once per request, and give back what '
    'is taken.',
    w.app, caliper.diagnosis_number_raw((e->>'unused_connections')::numeric, 'connection'),
    ' in ' || caliper.diagnosis_time_raw(NULLIF((e->>'unused_s')::double precision, 0) * 1000),
    'left ' || NULLIF(e->>'unused_in_transaction_connections', '0') || ' idle in transaction, ',
    COALESCE('only ' || NULLIF(e->>'closed_count', '0'), 'none'),
    CASE WHEN e ? 'filled_count' OR e ? 'refused_count'
         THEN format('that has filled %s, which refused %s since %s',
                     CASE e->>'refused_reason'
                          WHEN 'role_limit' THEN 'the CONNECTION LIMIT of its role'
                          WHEN 'database_limit' THEN 'the CONNECTION LIMIT of its database'
                          ELSE 'the server' END,
                     caliper.diagnosis_number_raw(greatest((e->>'filled_count')::numeric,
                         (e->>'refused_count')::numeric), 'connection'),
                     to_char(least((e->>'filled_first_at')::timestamp with time zone,
                                   (e->>'refused_first_at')::timestamp with time zone),
                             'YYYY-MM-DD HH24:MI:SS'))
         WHEN (e->>'free_connections')::numeric <= 0 THEN 'the server has no free slot left'
         WHEN e->>'free_connections' = '1' THEN 'the server has one free slot left'
         WHEN e ? 'free_last_s'
         THEN format('at this rate the %s free slots of the server last %s', e->>'free_connections',
                     caliper.diagnosis_time_raw((e->>'free_last_s')::double precision * 1000))
         ELSE 'it goes on until the server is full' END)
WHEN 'server_limit' THEN format(
    'The server refused %s %s because %s.',
    w.app,
    CASE WHEN e->>'refused_count' = '1' THEN 'a connection at '
         ELSE (e->>'refused_count') || ' connections since ' END
    || to_char((e->>'refused_first_at')::timestamp with time zone, 'YYYY-MM-DD HH24:MI:SS'),
    CASE
        WHEN e->>'refused_reason' = 'role_limit'
        THEN format('role %1$s has as many as its CONNECTION LIMIT allows: make the pools that '
                    'use it smaller, or raise it with ALTER ROLE %1$s CONNECTION LIMIT',
                    quote_ident(e->>'refused_user'))
        WHEN e->>'refused_reason' = 'database_limit'
        THEN format('database %1$s has as many as its CONNECTION LIMIT allows: make the pools '
                    'that use it smaller, or raise it with ALTER DATABASE %1$s CONNECTION LIMIT',
                    quote_ident(e->>'refused_database'))
        WHEN e->>'top_application' IS NULL
        THEN format('%s taken: see in caliper.pools by whom, and make the largest pool smaller '
                    'before you raise max_connections', w.slots)
        WHEN e->>'top_verdict' = 'connection_leak'
        THEN format('%s taken, %s of them by %s, which opens connections and does not use them '
                    'again: repair that (see its row here) before you raise max_connections',
                    w.slots, e->>'top_connections', w.top)
        WHEN (e->>'top_idle_in_transaction')::bigint * 2 > (e->>'top_connections')::bigint
        THEN format('%s taken, %s of them by %s, which left %s idle in transaction: make it end '
                    'its transactions sooner%s before you raise max_connections',
                    w.slots, e->>'top_connections', w.top,
                    CASE WHEN e->>'top_idle_in_transaction' = e->>'top_connections'
                         THEN 'all of these' ELSE e->>'top_idle_in_transaction' END, w.row)
        ELSE format('%s taken, %s of them by %s: make its pools smaller%s before you raise '
                    'max_connections', w.slots, e->>'top_connections', w.top, w.row)
    END)
WHEN 'lock_waits' THEN format(
    '%s spends %s of its transactions'' time waiting for locks; %s.',
    w.app, caliper.diagnosis_share_raw((e->>'lock_ratio')::double precision),
    CASE
        WHEN w.b->>'root_application' IS NULL AND w.b->>'root_pid' IS NULL
        THEN 'it waited for transactions that have ended or that you may not see, so look at '
             'caliper.blocking while it waits'
        ELSE format('%s is for %s%s%s: have that transaction do less before it commits%s',
                    CASE WHEN w.b ? 'blocked_since'     /* at whose door, and of what */
                         THEN format('%s of what was waited in its databases since %s',
                                     w.blamed, to_char((w.b->>'blocked_since')
                                         ::timestamp with time zone, 'YYYY-MM-DD HH24:MI'))
                         ELSE format('%s of the waiting that goes on now', w.blamed) END,
                    COALESCE(quote_ident(w.b->>'root_application'),
                             'an application that you may not see'),
                    ' (' || (w.b->>'root_state') || ')',
                    ', in the transaction that begins with "' || (w.b->>'root_opener') || '"',
                    CASE WHEN w.b->>'root_pid' = '0'    /* it has no process */
                         THEN '; COMMIT PREPARED or ROLLBACK PREPARED, with its name from '
                              'pg_prepared_xacts, ends that wait right now'
                         ELSE '; SELECT pg_terminate_backend(' || (w.b->>'root_pid')
                              || ') ends that wait right now' END)
    END)
WHEN 'held_idle' THEN format(
    'The server waits for %s during %s of its transactions'' time%s%s%s: %s%s.',
    w.app, caliper.diagnosis_share_raw((e->>'gap_ratio')::double precision),
    ', ' || caliper.diagnosis_share_raw((w.o->>'share_ratio')::double precision) || ' of that in '
    || COALESCE('those that begin with "' || (w.o->>'opener') || '"',
                'those that begin with the statement with query id ' || (w.o->>'opener_queryid'),
                'one that has not run a statement yet'),
    ' on ' || (w.o->'routes'->>0),
    ', up to ' || caliper.diagnosis_time_raw(w.gap) || ' after "' || (w.o->>'gap_after') || '"',
    CASE WHEN w.gap < l.short_gap
         THEN 'these are many short pauses, so send the statements of a transaction together (as '
              'one statement, a function, or a pipeline)'
         ELSE 'commit before the code does anything else there (calls a service, computes, waits '
              'for a person)'
    END,
    CASE WHEN w.gap >= l.short_gap AND (w.o->>'open_count')::bigint > 0
         THEN format('; SELECT pg_terminate_backend(%s) frees %s',
                     w.o->>'longest_open_pid',
                     CASE WHEN w.o->>'open_count' = '1' THEN 'the one that is idle now'
                          ELSE 'the one that is idle longest now' END) END)
WHEN 'slow_statements' THEN format(
    '%s, %s of that with "%s" (%s): %s.',
    CASE WHEN e->>'connections_max' = '1'
         THEN format('The one connection of %s is busy %s of the time', w.app,
                     caliper.diagnosis_share_raw((e->>'busy_connections_mean')::double precision))
         ELSE format('On average %s keeps %s of its %s connections busy', w.app,
                     e->>'busy_connections_mean', e->>'connections_max') END,
    caliper.diagnosis_share_raw((w.s->>'share_ratio')::double precision),
    COALESCE(w.s->>'statement', 'statements that you may not see'),
    CASE WHEN w.s->>'mean_ms' IS NULL THEN COALESCE(w.s->>'running_count', 'some') || ' running now'
         ELSE format('%s of %s', caliper.diagnosis_number_raw((w.s->>'calls_count')::numeric,
                                                              'execution'),
                     caliper.diagnosis_time_raw((w.s->>'mean_ms')::double precision)) END,
    CASE WHEN (w.s->>'mean_ms')::double precision < l.slow_mean
         THEN 'send it less often, with many values at once or its result kept'
         ELSE 'make that one faster first, with its plan from caliper.slow_statements and the '
              'indexes from caliper.advise_indexes()'
    END)
WHEN 'churn' THEN format(
    '%s opened %s for %s in %s: keep them open, in a pool in the application or with PgBouncer in '
    'front of the server%s.',
    w.app, caliper.diagnosis_number_raw((e->>'opened_count')::numeric, 'connection'),
    caliper.diagnosis_number_raw((e->>'transactions_count')::numeric, 'transaction'), w.span,
    CASE WHEN (e->>'errors_count')::bigint * 2 > (e->>'opened_count')::bigint
         THEN format(', but look at its %s errors first, since some drivers close a connection '
                     'after one',
                     e->>'errors_count') END)
WHEN 'pool_too_small' THEN format(
    '%s connections of %s%s are busy during %s of the time, with transactions of %s and hardly a '
    'pause in them: %s.',
    CASE WHEN e->>'full_connections' = '2' THEN 'Both'
         ELSE 'All ' || (e->>'full_connections') END, w.app, ' (pool ' || (e->>'full_pool') || ')',
    caliper.diagnosis_share_raw((e->>'full_time_ratio')::double precision),
    caliper.diagnosis_time_raw((e->>'held_mean_ms')::double precision),
    CASE WHEN (e->>'ceiling_connections')::double precision
              <= (e->>'full_connections')::double precision
         THEN format('add none, since the server did no more work with more than %s of them busy, '
                     'but send fewer or shorter transactions',
                     e->>'ceiling_connections')
         ELSE format('give it about %s (the server has %s free) and look here again, since how '
                     'many requests wait in the application cannot be seen from here',
                     e->>'needed_connections',
                     CASE WHEN (e->>'free_connections')::numeric <= 0 THEN 'none'
                          ELSE e->>'free_connections' END) END)
WHEN 'client_side_wait' THEN format(
    '%s opened %s connections while requests came, but in 99 %% of the time the server saw at most '
    '%s of them busy (%s at the peak): if it waits for a connection, it waits for itself, and a '
    'larger pool or more pools cannot help; look for code that takes a connection and then does '
    'something else (calls a service, computes) before it gives it back; if it opens all of them '
    'when it starts, a smaller pool will do.',
    w.app, e->>'connections_now', CASE w.p99 WHEN 1 THEN 'one' ELSE w.p99::text END,
    greatest((e->>'busy_connections_max')::numeric, w.p99))
WHEN 'over_provisioned' THEN format(
    '%s keeps %s connections open, of which %s since %s: a pool of %s would do; if it reports a full '
    'pool all the same, it waits for itself and not for the server.',
    w.app, e->>'connections_now',
    CASE (e->>'busy_connections_peak')::numeric WHEN 0 THEN 'none was busy'
         WHEN 1 THEN 'never more than one was busy'
         ELSE format('never more than %s were busy at the same time',
                     e->>'busy_connections_peak') END,
    to_char((e->>'busy_since')::timestamp with time zone, 'YYYY-MM-DD HH24:MI'),
    CASE e->>'needed_connections' WHEN '1' THEN 'one' ELSE e->>'needed_connections' END)
WHEN 'healthy' THEN format(
    'Nothing to do: %s%s; if it is slow, it does not wait for a connection to the server.',
    CASE WHEN w.size = 1 THEN format('%s has one connection and does not need another', w.app)
         WHEN w.p99 >= w.size THEN format('the %s connections of %s were seldom all busy',
                                          w.size, w.app)
         ELSE format('at most %s of %s connections of %s %s busy in 99 %% of the time',
                     CASE w.p99 WHEN 1 THEN 'one' ELSE w.p99::text END, w.size, w.app,
                     CASE WHEN w.p99 = 1 THEN 'was' ELSE 'were' END) END,
    ', with transactions of '
    || caliper.diagnosis_time_raw(NULLIF((e->>'held_mean_ms')::double precision, 0)))
ELSE format(
    '%s of %s ended in %s%s: ask again when it has done more%s.',
    CASE e->>'transactions_count' WHEN '0' THEN 'No transaction'
         ELSE 'Only ' || caliper.diagnosis_number_raw((e->>'transactions_count')::numeric,
                                                      'transaction') END,
    w.app, w.span,
    CASE e->>'open_transactions_count' WHEN '0' THEN ''
         WHEN '1' THEN ', and one is open (see caliper.active)'
         ELSE format(', and %s are open (see caliper.active)', e->>'open_transactions_count') END,
    CASE WHEN (e->>'window_s')::double precision < 7000
         THEN ', or about a longer time, as with SELECT * FROM caliper.diagnose(''2 hours'')' END)
END
FROM caliper.diagnosis_limits() AS l, LATERAL (
    SELECT quote_ident(diagnosis_step_raw.application) AS app,
           CASE WHEN e->>'top_application' = diagnosis_step_raw.application THEN 'itself'
                ELSE quote_ident(e->>'top_application') END AS top,
           CASE WHEN e->>'top_application' = diagnosis_step_raw.application THEN ''
                ELSE ' (see its row here)' END AS row,
           CASE e->>'slots_used' WHEN '1' THEN 'the only slot was'
                ELSE format('all %s slots were', e->>'slots_used') END AS slots,
           greatest((e->>'busy_connections_p99')::numeric, 1) AS p99,
           (e->>'connections_max')::numeric AS size,
           e->'blocker' AS b, e->'openers'->0 AS o, e->'statements'->0 AS s,
           (e->'openers'->0->>'longest_gap_ms')::double precision AS gap,
           CASE WHEN (e->'blocker'->>'blocked_share_ratio')::numeric < 0.5
                THEN 'the largest part, ' ELSE '' END || caliper.diagnosis_share_raw(
                (e->'blocker'->>'blocked_share_ratio')::double precision) AS blamed,
           CASE WHEN (e->>'window_s')::numeric < 1 THEN 'less than a second'
                ELSE caliper.diagnosis_time_raw((e->>'window_s')::double precision * 1000)
                END AS span) AS w
$$;

COMMENT ON FUNCTION caliper.diagnosis_step_raw(text, text, jsonb) IS
'The sentence (text) that says what to do about a verdict, made of the application, the verdict and the evidence';

CREATE FUNCTION caliper.diagnose(
    period interval DEFAULT '10 minutes',
    application text DEFAULT NULL,
    OUT application_name text,
    OUT verdict text,
    OUT confidence double precision,
    OUT window_start timestamp with time zone,
    OUT window_end timestamp with time zone,
    OUT transactions bigint,
    OUT evidence jsonb,
    OUT next_step text
)
RETURNS SETOF record
LANGUAGE sql VOLATILE PARALLEL RESTRICTED ROWS 50
SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $$
WITH fact AS MATERIALIZED (
    SELECT f.*, l.*, s.headroom,
           EXTRACT(epoch FROM f.window_end - f.window_start)::double precision AS span,
           f.xacts + f.open_xacts AS n_xacts,
           greatest(f.xacts + f.open_xacts, f.busy_points) AS n,
           CASE f.source WHEN 'history' THEN f.points
                ELSE floor(f.observed / 1000) END AS n_points,
           COALESCE(f.gap_time / NULLIF(f.held_time, 0), 0) AS gap_ratio,
           COALESCE(least(f.lock_time / NULLIF(f.held_time, 0), 1), 0) AS lock_ratio,
           f.held_time - f.gap_time AS work_time,
           COALESCE((f.held_time - f.gap_time) / NULLIF(f.xacts + f.open_xacts, 0), 0) AS work_mean,
           f.full_size >= 2 AND f.full_time >= l.full_share
               AND f.full_missed >= l.full_missed_min AS is_full,
           greatest(f.busy_peak, f.busy_max) AS busy_most,
           p.period, EXTRACT(epoch FROM p.period)::double precision AS period_s,
           greatest(f.observed, 1) * least(l.lost_connections,
               l.lost_share * greatest(f.connections_mean, 1)) AS matters,
           least(EXTRACT(epoch FROM p.period)::double precision, greatest(   /* since a reset, */
               EXTRACT(epoch FROM f.window_end - f.window_start)::double precision,
               EXTRACT(epoch FROM p.period)::double precision * f.unused_parts / 10)) AS unused_s,
           f.unused >= l.leak_connections AND f.unused_parts >= l.spread AND f.unused_late > 0
               AND f.closed <= l.leak_closed * greatest(f.opened, f.unused) AS leaks,
           f.lost >= l.leak_connections AND f.lost_moments >= l.spread
               AND 2 * f.lost >= f.connections
               AND f.closed <= l.leak_closed * greatest(f.opened, f.lost) AS has_leaked
    FROM (SELECT caliper.checked_period_raw(COALESCE(diagnose.period, interval '10 minutes')))
         AS p (period)
    CROSS JOIN LATERAL caliper.diagnosis_facts_raw(p.period) AS f
    CROSS JOIN caliper.diagnosis_limits() AS l
    LEFT JOIN caliper.server AS s ON true
    WHERE f.application_name = COALESCE(diagnose.application, f.application_name)
       OR f.application_name IN (       /* what is wrong with who is in its way */
           SELECT r.top_application FROM caliper.refusals AS r
           WHERE r.application_name = diagnose.application)
), fault AS MATERIALIZED (  /* what costs more to find out, only where it may matter */
    SELECT f.*, r.refused, s.top AS statements,
           least(1, COALESCE(greatest(s.slow_seen, CASE   /* of older ones, if it adds up */
               WHEN s.total_time BETWEEN 0.5 * f.work_time AND 2 * f.work_time
               THEN s.slow_time END) / NULLIF(f.work_time, 0), 0)) AS slow_ratio
    FROM fact AS f
    LEFT JOIN LATERAL caliper.diagnosis_refused_raw(f.application_name,
        f.window_end - f.period) AS r (refused) ON true
    LEFT JOIN LATERAL (
        SELECT t.*
        FROM caliper.diagnosis_statements_raw(f.application_name, f.window_start) AS t
        WHERE f.work_time >= f.matters OR f.is_full) AS s ON true
), candidate AS (         /* the order is that of cause before symptom */
    SELECT f.application_name, v.verdict, v.n, v.distance,
           CASE WHEN v.verdict = 'server_limit'
                     AND (f.refused->>'top_application' = f.application_name
                          OR f.refused->>'refused_reason' IN ('role_limit', 'database_limit'))
                THEN 5.5 ELSE v.rank END AS rank
    FROM fault AS f, LATERAL (VALUES
        (1, 'connection_leak', CASE WHEN f.leaks THEN f.unused ELSE f.lost END::double precision,
         f.leaks OR f.has_leaked AND f.refused IS NOT NULL,     /* full, it cannot go on */
         CASE WHEN f.leaks THEN f.unused / greatest(f.opened, f.unused, 1)::double precision
              ELSE f.lost / greatest(f.connections, 1) END),
        (2, 'server_limit', (f.refused->>'refused_count')::double precision,
         f.refused ? 'refused_count', 1),
        (3, 'lock_waits', f.n,
         f.n >= f.enough AND f.lock_time >= f.matters AND f.lock_ratio >= f.lock_share,
         (f.lock_ratio - f.lock_share) / (1 - f.lock_share)),
        (4, 'held_idle', f.n,
         f.n >= f.enough AND f.gap_ratio >=
             CASE WHEN f.is_full THEN f.gap_share_full ELSE f.gap_share END
             AND f.gap_time >= CASE
                 WHEN f.gap_time >= f.short_gap * f.n_xacts OR f.is_full THEN f.matters
                 ELSE f.gap_share * f.observed * f.connections_mean END,
         (f.gap_ratio - f.gap_share) / (1 - f.gap_share)),
        (5, 'slow_statements', f.n,
         f.n >= f.enough AND (f.work_time >= f.matters OR f.is_full)
             AND (f.slow_ratio >= f.slow_share OR f.work_mean >= f.slow_mean),
         greatest((f.slow_ratio - f.slow_share) / (1 - f.slow_share),
                  1 - f.slow_mean / NULLIF(f.work_mean, 0))),
        (6, 'churn', f.opened,
         f.opened >= f.churn_opened AND f.opened >= f.churn_per_xact * f.xacts
             AND f.opened * 1000 >= f.churn_rate * f.observed
             AND least(f.opened, f.closed) >= f.churn_turnover * f.connections_max
             AND COALESCE(f.opened_parts, f.spread) >= f.spread,
         f.opened / greatest(f.xacts, 1)::double precision),
        (7, 'pool_too_small', f.n,
         f.n >= f.enough AND f.is_full,
         least(10 * f.full_time,
               (f.gap_share_full - f.gap_ratio) / (f.gap_share_full - f.gap_share_none))),
        (8, 'client_side_wait', f.n_points,
         f.n >= f.enough AND f.connections >= f.idle_connections
             AND f.busy_p99 <= f.idle_busy * f.connections
             AND f.grown >= greatest(2, f.grown_share * f.connections),
         least(1 - f.busy_p99 / NULLIF(f.idle_busy * f.connections, 0),
               f.grown / NULLIF(f.connections, 0))),
        (9, 'over_provisioned', f.n_points,
         f.n_points >= f.enough
             AND least(f.connections, round(f.connections_mean::numeric, 1)) >= f.idle_connections
             AND f.busy_most <= f.idle_busy * f.connections,
         1 - f.busy_most / NULLIF(f.idle_busy * f.connections, 0)),
        (10, 'healthy', f.n, f.n >= f.enough,
         1 - greatest(f.gap_ratio, f.busy_p99 / NULLIF(f.connections_max, 0))),
        (11, 'insufficient_data', NULL, true, NULL)
        ) AS v (rank, verdict, n, applies, distance)
    WHERE v.applies
), judged AS (
    SELECT DISTINCT ON (c.application_name) f.*, c.rank, c.verdict,
           COALESCE(c.n, f.n) AS sample,
           CASE WHEN c.n IS NULL THEN 1 - f.n::double precision / (f.n + f.half_sure)
                ELSE c.n / (c.n + f.half_sure)
                     * (0.5 + 0.5 * least(greatest(c.distance, 0), 1))
                     * CASE f.source WHEN 'counters' THEN f.counters_trust
                            ELSE least(1, f.observed / (1000 * greatest(f.span, 0.001))) END
           END AS sure
    FROM candidate AS c
    JOIN fault AS f ON f.application_name = c.application_name
    ORDER BY c.application_name, c.rank
), shown AS MATERIALIZED (
    SELECT j.*, jsonb_strip_nulls(jsonb_build_object(
               'window_source', j.source,
               'window_s', round(j.span::numeric, 1),
               'observed_s', round(j.observed::numeric / 1000, 1),
               'points_count', CASE j.source WHEN 'history' THEN j.points END,
               'pools_count', j.pools,
               'connections_now', j.connections,
               'connections_mean', round(j.connections_mean::numeric, 2),
               'connections_max', j.connections_max,
               'busy_connections_mean', round(j.busy_mean::numeric, 1),
               'busy_connections_p99', j.busy_p99,
               'busy_connections_max', j.busy_max,
               'transactions_count', j.xacts,
               'open_transactions_count', j.open_xacts,
               'errors_count', j.errors,
               'opened_count', j.opened,
               'closed_count', j.closed,
               'held_s', round(j.held_time::numeric / 1000, 3),
               'held_mean_ms', round((j.held_time / NULLIF(j.n_xacts, 0))::numeric, 3),
               'gap_ratio', round(j.gap_ratio::numeric, 3),
               'lock_ratio', round(j.lock_ratio::numeric, 3)))
           || COALESCE(j.refused, '{}')
           || jsonb_build_object('sample_count', j.sample) AS facts
    FROM judged AS j
), advice AS MATERIALIZED (     /* once for all, and only if somebody asks */
    SELECT d.application_name, d.ceiling, d.recommended, d.recommended_per_pool
    FROM caliper.advise_pools(NULL, diagnose.application) AS d
    WHERE (SELECT bool_or(s.verdict IN ('pool_too_small', 'over_provisioned')) FROM shown AS s)
), proven AS (
    SELECT s.*, s.facts || jsonb_strip_nulls(CASE s.verdict
        WHEN 'server_limit' THEN jsonb_build_object('top_verdict', (
            SELECT t.verdict FROM shown AS t
            WHERE t.application_name = s.facts->>'top_application'))
        WHEN 'connection_leak' THEN jsonb_build_object(
            'unused_connections', u.n,
            'unused_in_transaction_connections', s.lost_in_xact,
            'unused_parts_tenths', CASE WHEN s.leaks THEN s.unused_parts END,
            'unused_s', round(u.s::numeric, 1),
            'unused_per_minute', round((60 * u.n / NULLIF(u.s, 0))::numeric, 2),
            'free_connections', s.headroom,
            'free_last_s', round((greatest(s.headroom, 0) * u.s / u.n)::numeric))
        WHEN 'lock_waits' THEN jsonb_build_object(
            'lock_s', round(s.lock_time::numeric / 1000, 3),
            'blocker', caliper.diagnosis_blocker_raw(s.application_name, s.window_start))
        WHEN 'held_idle' THEN jsonb_build_object(
            'idle_in_transaction_connections_mean',
            round((s.gap_time / greatest(s.observed, 1))::numeric, 2),
            'openers', caliper.diagnosis_openers_raw(s.application_name, s.window_start))
        WHEN 'slow_statements' THEN jsonb_build_object(
            'slow_ratio', round(s.slow_ratio::numeric, 3),
            'work_mean_ms', round(s.work_mean::numeric, 3),
            'statements', s.statements)
        WHEN 'churn' THEN jsonb_build_object(
            'opened_per_second', round((1000 * s.opened / greatest(s.observed, 1))::numeric, 2),
            'opened_per_transaction', round(s.opened::numeric / greatest(s.xacts, 1), 3))
        WHEN 'pool_too_small' THEN jsonb_build_object(
            'full_pool', s.full_pool, 'full_connections', s.full_size,
            'full_time_ratio', round(s.full_time::numeric, 3),
            'ceiling_connections', a.ceiling,
            'needed_connections', greatest(ceil(1.5 * s.full_size), a.recommended_per_pool),
            'free_connections', s.headroom)
        WHEN 'client_side_wait' THEN jsonb_build_object(
            'opened_while_idle_connections', s.grown)
        WHEN 'over_provisioned' THEN jsonb_build_object(
            'busy_connections_peak', s.busy_most, 'busy_since', s.busy_since,
            'needed_connections', greatest(s.busy_most, 1,
                CASE WHEN a.recommended < s.connections THEN a.recommended
                     ELSE ceil(1.25 * s.busy_most) END))
        ELSE '{}' END) AS evidence
    FROM shown AS s
    LEFT JOIN advice AS a ON a.application_name = s.application_name
    CROSS JOIN LATERAL (SELECT CASE WHEN s.leaks THEN s.unused ELSE s.lost END,
                               CASE WHEN s.leaks THEN s.unused_s ELSE s.lost_s END) AS u (n, s)
)
SELECT p.application_name, p.verdict, round(p.sure::numeric, 2)::double precision,
       p.window_start, p.window_end, p.xacts, p.evidence,
       caliper.diagnosis_step_raw(p.application_name, p.verdict, p.evidence)
FROM proven AS p
WHERE p.application_name = COALESCE(diagnose.application, p.application_name)
ORDER BY p.rank, p.held_time DESC, p.application_name
$$;

COMMENT ON FUNCTION caliper.diagnose(interval, text) IS
'One row for each application (or for the one named) that was connected or refused during the period: what is wrong with its connections, how sure that is, and what to do first. See caliper.diagnosis for the columns, caliper.diagnosis_limits() for the thresholds. Of several verdicts that hold, the cause is given and not its symptoms, in this order: connection_leak, server_limit (after the next three if the application itself held most slots), lock_waits, held_idle, slow_statements, churn, pool_too_small, client_side_wait, over_provisioned, healthy. Shows nothing that the views it reads would not show to the caller';

CREATE VIEW caliper.diagnosis AS
SELECT
    d.application_name,
    d.verdict,
    d.confidence,
    d.window_start,
    d.window_end,
    d.transactions,
    d.evidence,
    d.next_step
FROM caliper.diagnose() AS d;

COMMENT ON VIEW caliper.diagnosis IS
'What is wrong with the connections of each application, over the last ten minutes: one row for each that was connected or refused, the worst first. For another time, caliper.diagnose(interval). Judged from the history that the background worker keeps; without it from the counters of caliper.pools since their stats_since, which evidence says in window_source. What waits inside an application is not seen, only what it does on the server. Applications of other users are left out';
COMMENT ON COLUMN caliper.diagnosis.application_name IS 'As in caliper.pools; all pools of the '
                                                        'application together';
COMMENT ON COLUMN caliper.diagnosis.verdict IS 'connection_leak: connections are opened and not '
                                               'used again; server_limit: connections were '
                                               'refused; lock_waits: it waits for locks; '
                                               'held_idle: its transactions let the server wait; '
                                               'slow_statements: slow statements take its '
                                               'connections; churn: connections are opened and '
                                               'closed all the time; pool_too_small: a pool is '
                                               'full of short transactions; client_side_wait: '
                                               'connections were opened on demand, and the server '
                                               'hardly uses them; over_provisioned: more '
                                               'connections than it ever used; healthy; '
                                               'insufficient_data';
COMMENT ON COLUMN caliper.diagnosis.confidence IS 'How sure the verdict is, ratio from 0 to 1: n '
                                                  '/ (n + 5), where n is the size of the sample '
                                                  'that it rests on (transactions, or points at '
                                                  'which it was busy, if more; connections opened '
                                                  'for connection_leak and churn; refusals; '
                                                  'points for the verdicts about idle '
                                                  'connections), times a number that goes from '
                                                  '0.5 on the threshold of the verdict to 1 where '
                                                  'it could not be clearer, times the share of '
                                                  'the window that the history covers, or 0.8 '
                                                  'without it. For insufficient_data 1 - n / (n + '
                                                  '5)';
COMMENT ON COLUMN caliper.diagnosis.window_start IS 'Begin of the time that was judged: as far '
                                                    'back as asked for, or as the history or the '
                                                    'counters of the application reach';
COMMENT ON COLUMN caliper.diagnosis.window_end IS 'End of it: now';
COMMENT ON COLUMN caliper.diagnosis.transactions IS 'Transactions that ended in that time';
COMMENT ON COLUMN caliper.diagnosis.evidence IS 'What the verdict rests on: numbers, each with '
                                                'its unit in its name (_s seconds, _ms, _ratio, '
                                                '_count, connections), and the statements, routes '
                                                'and applications that are to blame';
COMMENT ON COLUMN caliper.diagnosis.next_step IS 'What to do first, in one sentence';
