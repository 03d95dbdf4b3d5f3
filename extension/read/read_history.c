/*
 * read_history.c
 *		The rows behind caliper.history().
 *
 * Owns nothing beyond a call.  Called by SQL.  Goes through the points twice,
 * a few at a time, the minutes first and then the ticks: once to learn what
 * each pool was like before its first point, then to add points up into steps.
 * Between two points of a pool nothing changed, so it has a row in each step
 * that the worker saw, if it had connections.  Where the worker was away, what
 * was known ends: rows without numbers stand there, and its first tick
 * afterwards has a point of each pool.
 *
 * A clock that was set back makes steps come twice, one that was set forward
 * leaves steps out; neither makes a loop longer than what is kept.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "platform/memory.h"
#include "platform/privilege.h"
#include "platform/settings.h"
#include "read/read_pools.h"
#include "read/result.h"
#include "store/history_read.h"

#define COLUMNS		29
#define BATCH		256			/* points copied under the lock in one go */

CAL_FUNCTION(caliper_history_0_1);

/* One of those that points are about, in the step under way. */
typedef struct Series
{
	const CalHistoryEntry *entry;
	bool		visible;		/* to the caller */
	bool		known;			/* what it was like at first */
	bool		touched;		/* it has a point in this step */
	uint16		connections;	/* now */
	uint16		busy;
	uint64		clock_ms;		/* as far as sums are complete */
	CalHistoryPoint sum;		/* but for times, which outgrow its fields */
	uint64		elapsed_ms;
	uint64		seen_ms;
	uint64		waits_ms[CAL_HISTORY_WAITS];
} Series;

typedef struct Reader
{
	CalRow		row;
	TimestampTz now;
	TimestampTz since;			/* steps that end before are not shown */
	int64		wanted;			/* length of a step; 0: as fine as can be */
	int64		length;			/* of the one under way */
	TimestampTz step;			/* its start */
	bool		started;		/* there is one */
	TimestampTz latest;			/* the latest tick in it */
	uint64		clock_ms;		/* time that the worker has seen */
	uint32		tick_ms;		/* the part of it that the last tick is */
	int			n;
	Series	   *series;
	CalHistoryEntry *entries;
	CalHistoryView view;
	CalHistoryPoint point[BATCH];
} Reader;

/* What to do with each point. */
typedef void (*Visit) (Reader *r, int log, const CalHistoryPoint *point);

/* Whose point it is; what has no owner any more is (other)'s. */
static Series *
series_of(Reader *r, const CalHistoryPoint *point)
{
	if (point->entry < r->n &&
		r->entries[point->entry].generation == point->generation)
		return &r->series[point->entry];
	return &r->series[CAL_HISTORY_OTHER];
}

/* Whether a point is its own: then it tells what the series was like. */
static inline bool
is_own(const Reader *r, const Series *s, const CalHistoryPoint *point)
{
	return s - r->series == point->entry;
}

/* First time: a pool was like that until its first point. */
static void
note_first(Reader *r, int log, const CalHistoryPoint *point)
{
	Series	   *s = series_of(r, point);

	if (s->known || !is_own(r, s, point))
		return;
	s->known = true;
	s->connections = point->connections.before;
	s->busy = point->busy.before;
}

/* Time in which nothing changed: the sums go on at the same level. */
static void
add_still(Series *s, uint64 until_ms)
{
	uint64		ms = until_ms > s->clock_ms ? until_ms - s->clock_ms : 0;

	s->sum.connected_usec += ms * 1000 * s->connections;
	s->sum.busy_usec += ms * 1000 * s->busy;
	s->clock_ms = until_ms;
}

/* How long a step is, in the log of the points under way. */
static int64
length_of(const Reader *r, int log)
{
	int64		finest = cal_history_interval * INT64CONST(1000);

	if (finest == 0)
		finest = USECS_PER_SEC;
	if (log == CAL_HISTORY_COARSE)
		finest = Max(finest, USECS_PER_MINUTE);
	return Max(finest, r->wanted);
}

/* The start of the step that a moment is in. */
static TimestampTz
start_of(TimestampTz at, int64 length)
{
	int64		rest = at % length;

	return at - (rest < 0 ? rest + length : rest);
}

/* Where a row is, what it is about. */
static void
put_identity(Reader *r, const Series *s, TimestampTz at)
{
	CalRow	   *row = &r->row;
	bool		server = s == &r->series[CAL_HISTORY_SERVER];

	cal_row_time(row, at);
	cal_row_text(row, server ? "server" : "pool");
	cal_row_oid(row, s->entry->key.userid);
	cal_row_oid(row, s->entry->key.dbid);
	if (server)
		cal_row_nulls_to(row, row->n + 3);
	else
		cal_read_pool(row, &s->entry->key);
}

/*
 * A number of connections: at the end, most of them, and the mean over time,
 * which clocks that are read one after the other must not put above the most.
 */
static void
put_level(CalRow *row, uint16 now, uint16 max, uint64 usec, uint64 elapsed_ms,
		  double most)
{
	cal_row_int(row, now);
	cal_row_int(row, max);
	cal_row_float(row, elapsed_ms == 0 ? NAN :
				  Min(rint((double) usec / elapsed_ms) / 1000, most));
}

/* What a series amounts to in the step that ends. */
static void
put_series(Reader *r, const Series *s, int64 span)
{
	const Series *server = &r->series[CAL_HISTORY_SERVER];
	CalRow	   *row = &r->row;
	const CalHistoryPoint *sum = &s->sum;

	put_identity(r, s, r->step);
	cal_row_ms(row, span);
	cal_row_float(row, server->seen_ms);
	cal_row_float(row, server->elapsed_ms);
	put_level(row, s->connections, sum->connections.max, sum->connected_usec,
			  server->elapsed_ms, s == server ? INFINITY : sum->connections.max);
	put_level(row, s->busy, sum->busy.max, sum->busy_usec,
			  server->elapsed_ms, s == server ? INFINITY : sum->busy.max);
	cal_row_ms(row, sum->held_usec);
	cal_row_ms(row, sum->gap_usec);
	cal_row_int(row, sum->xacts);
	cal_row_int(row, sum->errors);
	cal_row_int(row, sum->opened);
	cal_row_int(row, sum->closed);
	if (s == server)
		cal_row_int(row, sum->refused);
	else
		cal_row_null(row);
	for (int i = 0; i < CAL_HISTORY_WAITS; i++)
		cal_row_float(row, s->waits_ms[i]);
	cal_row_end(row);
}

/* A series starts anew. */
static void
begin_series(Series *s, uint64 clock_ms)
{
	memset(&s->sum, 0, sizeof(s->sum));
	memset(s->waits_ms, 0, sizeof(s->waits_ms));
	s->elapsed_ms = s->seen_ms = 0;
	s->sum.connections.max = s->connections;
	s->sum.busy.max = s->busy;
	s->touched = false;
	s->clock_ms = clock_ms;
}

/* The step is over: its rows.  Of the latest, only a part has passed. */
static void
end_step(Reader *r)
{
	bool		shown = r->step + r->length > r->since;
	int64		span = r->length;

	if (r->latest == r->view.at)
		span = Min(span, Max(r->latest - r->step, 1));
	for (int i = 0; i < r->n; i++)
	{
		Series	   *s = &r->series[i];

		if (i != CAL_HISTORY_SERVER)
			add_still(s, r->clock_ms);
		if (shown && s->visible && (s->touched || s->connections > 0))
			put_series(r, s, span);
	}
	for (int i = 0; i < r->n; i++)
		begin_series(&r->series[i], r->clock_ms);
	CHECK_FOR_INTERRUPTS();
}

/* A step of which nothing is known, but who had connections before. */
static void
put_unknown(Reader *r, TimestampTz at, int64 span)
{
	for (int i = 0; i < r->n; i++)
	{
		const Series *s = &r->series[i];

		if (!s->visible || (i != CAL_HISTORY_SERVER && s->connections == 0))
			continue;
		put_identity(r, s, at);
		cal_row_ms(&r->row, span);
		cal_row_float(&r->row, 0);
		cal_row_nulls_to(&r->row, COLUMNS);
		cal_row_end(&r->row);
	}
	CHECK_FOR_INTERRUPTS();
}

/*
 * The worker was away.  A long hole has no steps shorter than a minute; one
 * that is longer than anything is kept comes from a clock that was set.
 */
static void
put_hole(Reader *r, TimestampTz from, TimestampTz until)
{
	int64		length = r->length;

	from = Max(from, start_of(r->since, length));
	if (until - from > cal_history_coarse * USECS_PER_SEC)
		return;
	if (until - from > cal_history_fine * USECS_PER_SEC)
		length = Max(length, USECS_PER_MINUTE);
	for (TimestampTz at = from; at < until; at += length)
		put_unknown(r, at, Min(length, until - at));
}

/* Go on to the step that a moment is in, if it is not the one under way. */
static void
go_on_to(Reader *r, TimestampTz at, int64 length)
{
	TimestampTz step = start_of(at, length);
	TimestampTz end = r->step + r->length;

	if (r->started && r->step == step && r->length == length)
		return;
	if (r->started)
		end_step(r);
	r->length = length;
	r->step = step;
	if (r->started && step > end)
		put_hole(r, end, step);
	r->started = true;
}

/* After a hole, nothing is known but what the points say that follow. */
static void
forget_levels(Reader *r)
{
	for (int i = 0; i < r->n; i++)
	{
		Series	   *s = &r->series[i];

		add_still(s, r->clock_ms);
		s->connections = s->busy = 0;
	}
}

/* The server's point comes first: it is the frame for the others. */
static void
begin_tick(Reader *r, int log, const CalHistoryPoint *point)
{
	TimestampTz middle = point->at - point->seen_ms * INT64CONST(500);

	go_on_to(r, middle, length_of(r, log));
	if (point->resumed)
		forget_levels(r);
	r->latest = point->at;
	r->tick_ms = point->seen_ms;
	r->clock_ms += point->seen_ms;
}

/* Add what a point says of a number of connections. */
static void
add_level(CalHistoryLevel *to, const CalHistoryLevel *from, uint16 *now)
{
	to->max = Max(to->max, from->max);
	*now = from->now;
}

/* Add a point to its series. */
static void
add_point(Series *s, const CalHistoryPoint *from)
{
	CalHistoryPoint *to = &s->sum;

	to->xacts += from->xacts;
	to->held_usec += from->held_usec;
	to->gap_usec += from->gap_usec;
	to->connected_usec += from->connected_usec;
	to->busy_usec += from->busy_usec;
	s->elapsed_ms += from->elapsed_ms;
	s->seen_ms += from->seen_ms;
	to->errors += from->errors;
	to->opened += from->opened;
	to->closed += from->closed;
	to->refused += from->refused;
	for (int i = 0; i < CAL_HISTORY_WAITS; i++)
		s->waits_ms[i] += from->waits_ms[i];
	s->touched = true;
}

/* Second time: add a point to the step it is in. */
static void
take_point(Reader *r, int log, const CalHistoryPoint *point)
{
	Series	   *s = series_of(r, point);
	bool		own = is_own(r, s, point);

	if (point->entry == CAL_HISTORY_SERVER)
		begin_tick(r, log, point);
	else if (!r->started)
		return;					/* the rest of a tick that is overwritten */
	else if (own)
		add_still(s, r->clock_ms - r->tick_ms);
	add_point(s, point);
	if (!own)
		return;
	add_level(&s->sum.connections, &point->connections, &s->connections);
	add_level(&s->sum.busy, &point->busy, &s->busy);
	s->clock_ms = r->clock_ms;
}

/* Go through all points. */
static void
visit_points(Reader *r, Visit visit)
{
	CalHistoryView view = r->view;
	int			n;

	while ((n = cal_history_copy(CAL_HISTORY_COARSE, &view, r->point,
								 BATCH)) > 0)
		for (int i = 0; i < n; i++)
			visit(r, CAL_HISTORY_COARSE, &r->point[i]);
	for (int i = 0; view.open && i < r->n; i++)
		if (r->entries[i].open.ticks > 0)
			visit(r, CAL_HISTORY_COARSE, &r->entries[i].open);
	while ((n = cal_history_copy(CAL_HISTORY_FINE, &view, r->point,
								 BATCH)) > 0)
		for (int i = 0; i < n; i++)
			visit(r, CAL_HISTORY_FINE, &r->point[i]);
}

/* The latest step, and what has passed since if no worker is there. */
static void
finish(Reader *r)
{
	int64		late = Max(3 * USECS_PER_SEC,
						   cal_history_interval * INT64CONST(3000));
	TimestampTz end = r->step + r->length;

	if (!r->started)
		return;
	end_step(r);
	r->length = length_of(r, CAL_HISTORY_FINE);
	if (r->now - r->view.at > late)
		put_hole(r, end, start_of(r->now, r->length));
}

/* Who there is, and what they are like now. */
static void
begin(Reader *r)
{
	r->n = cal_history_entries();
	r->entries = palloc_extended(r->n * sizeof(CalHistoryEntry),
								 MCXT_ALLOC_HUGE);
	cal_history_look(&r->view, r->now - USECS_PER_MINUTE -
					 cal_history_fine * USECS_PER_SEC, r->entries);
	while (r->entries[r->n - 1].generation == 0)
		r->n--;
	r->series = palloc_extended(r->n * sizeof(Series),
								MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < r->n; i++)
	{
		const CalHistoryEntry *entry = &r->entries[i];

		r->series[i].entry = entry;
		r->series[i].visible = i == CAL_HISTORY_SERVER ||
			cal_privilege_sees(entry->key.userid);
		r->series[i].connections = entry->connections;
		r->series[i].busy = entry->busy;
	}
}

/* The argument "since", which may be null. */
static TimestampTz
since_argument(FunctionCallInfo fcinfo, TimestampTz now)
{
	TimestampTz kept = now - cal_history_coarse * USECS_PER_SEC;
	TimestampTz since;

	if (PG_ARGISNULL(0))
		return kept;
	since = PG_GETARG_TIMESTAMPTZ(0);
	if (since > now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("history cannot begin in the future"),
				 errdetail("\"since\" is %s, and now it is %s.",
						   TIMESTAMP_NOT_FINITE(since) ? "infinity" :
						   pstrdup(timestamptz_to_str(since)),
						   pstrdup(timestamptz_to_str(now))),
				 errhint("For example, since => now() - interval '5 min'.")));
	return Max(since, kept);
}

/* The argument "step", which may be null; in microseconds. */
static int64
step_argument(FunctionCallInfo fcinfo)
{
	const Interval *step;
	double		usec;

	if (PG_ARGISNULL(1))
		return 0;
	step = PG_GETARG_INTERVAL_P(1);
	usec = step->time + (double) step->day * USECS_PER_DAY;
	if (step->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step of the history must not contain months or years"),
				 errdetail("They are not always equally long."),
				 errhint("Use days, hours, minutes or seconds.")));
	if (usec <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step of the history must be greater than zero"),
				 errdetail("Points are added up into steps of that length."),
				 errhint("For example, step => '10 s'; without it, steps are as fine as the history is.")));
	return (int64) Min(usec, 36525.0 * USECS_PER_DAY);
}

/* caliper.history_raw(since, step): rows for each step, the oldest first. */
Datum
caliper_history_0_1(PG_FUNCTION_ARGS)
{
	Reader	   *r = palloc0(sizeof(Reader));

	cal_result_begin(fcinfo, &r->row, COLUMNS);
	r->now = GetCurrentTimestamp();
	r->since = since_argument(fcinfo, r->now);
	r->wanted = step_argument(fcinfo);
	begin(r);
	visit_points(r, note_first);
	for (int i = 0; i < r->n; i++)
		begin_series(&r->series[i], 0);
	visit_points(r, take_point);
	finish(r);
	return (Datum) 0;
}
