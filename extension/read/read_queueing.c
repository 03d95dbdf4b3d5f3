/*
 * read_queueing.c
 *		The formulas of queues as SQL functions.
 *
 * Owns nothing beyond a call.  Called by SQL.  Reads no shared memory, so that
 * the formulas work without it.  What makes no sense as an argument is an
 * error with the range that does.
 */
#include "postgres.h"

#include <math.h>
#include <unistd.h>

#include "access/htup_details.h"
#include "datatype/timestamp.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/forecast.h"
#include "platform/memory.h"

#define MS_MAX			1e12	/* thirty years */
#define USERS_MAX		1e9
#define PEAKEDNESS_MAX	(2.0 * CAL_QUEUE_MAX_SERVERS)
#define CV_MAX			100.0
#define PERIOD_MAX_DAYS	366.0
#define MODEL_COLUMNS	9
#define LEARN_COLUMNS	3
#define FORECAST_COLUMNS	15

CAL_FUNCTION(caliper_erlang_b_0_1);
CAL_FUNCTION(caliper_erlang_c_0_1);
CAL_FUNCTION(caliper_offered_load_0_1);
CAL_FUNCTION(caliper_pool_model_0_1);
CAL_FUNCTION(caliper_pool_needed_0_1);
CAL_FUNCTION(caliper_pool_learn_0_1);
CAL_FUNCTION(caliper_pool_forecast_0_1);
CAL_FUNCTION(caliper_processors_0_1);
CAL_FUNCTION(caliper_checked_0_1);
CAL_FUNCTION(caliper_checked_period_0_1);

/* What an argument may be. */
typedef struct Range
{
	const char *name;
	double		low;
	double		high;
	const char *hint;
} Range;

static const Range load_range = {"load", 0, 1e6,
"The load is how many arrive per second, times for how many seconds each stays."};
static const Range servers_range = {"servers", 0, CAL_QUEUE_MAX_SERVERS};
static const Range size_range = {"size", 1, CAL_QUEUE_MAX_SERVERS};
static const Range held_range = {"held_mean", 1e-3, MS_MAX,
"It is in milliseconds."};
static const Range cv_range = {"held_cv", 0, CV_MAX,
"It is the standard deviation of the time held, divided by its mean."};
static const Range peakedness_range = {"peakedness", 0, PEAKEDNESS_MAX,
"It is the variance of the connections busy, divided by their mean."};
static const Range wait_range = {"wait", 0, MS_MAX, "It is in milliseconds."};

/*
 * Refuses nonsense, infinities included.  It needs no memory, but without the
 * library preloaded all functions answer alike.
 */
static double
checked(double value, const Range *range)
{
	cal_memory_require();
	if (!(value >= range->low && value <= range->high))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %g and %g",
						range->name, range->low, range->high),
				 errdetail("It is %g.", value),
				 range->hint ? errhint("%s", range->hint) : 0));
	return value;
}

/* An argument that is a double precision. */
static double
get_checked(FunctionCallInfo fcinfo, int n, const Range *range)
{
	return checked(PG_GETARG_FLOAT8(n), range);
}

/* Half a megabyte to work in. */
static CalQueue *
new_queue(void)
{
	return palloc(sizeof(CalQueue));
}

/*
 * Nine decimals, and no more: the sums behind a model are not as exact as their
 * digits, and a wait of 5e-13 ms is none.
 */
static double
tidy(double value)
{
	return isfinite(value) ? rint(value * 1e9) / 1e9 : value;
}

/* A row of numbers; what is not a number is null. */
static Datum
row_of(FunctionCallInfo fcinfo, const double *number, int n)
{
	TupleDesc	desc;
	Datum		values[FORECAST_COLUMNS];
	bool		nulls[FORECAST_COLUMNS];

	(void) get_call_result_type(fcinfo, NULL, &desc);
	cal_memory_require_columns(desc ? desc->natts : 0, n);
	for (int i = 0; i < n; i++)
	{
		values[i] = Float8GetDatum(number[i]);
		nulls[i] = isnan(number[i]);
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* caliper.erlang_b(servers, load) */
Datum
caliper_erlang_b_0_1(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(cal_queue_erlang_b(get_checked(fcinfo, 0, &servers_range),
										get_checked(fcinfo, 1, &load_range)));
}

/* caliper.erlang_c(servers, load) */
Datum
caliper_erlang_c_0_1(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(cal_queue_erlang_c(get_checked(fcinfo, 0, &servers_range),
										get_checked(fcinfo, 1, &load_range)));
}

/* caliper.offered_load(users, per_minute, held): Little's law. */
Datum
caliper_offered_load_0_1(PG_FUNCTION_ARGS)
{
	static const Range users = {"users", 0, USERS_MAX};
	static const Range per_minute = {"per_minute", 0, USERS_MAX};
	static const Range held_ms = {"held (ms)", 0, MS_MAX};
	const Interval *held = PG_GETARG_INTERVAL_P(2);
	double		days = held->day + 30.0 * held->month;
	double		ms = (held->time + days * USECS_PER_DAY) / 1000.0;

	PG_RETURN_FLOAT8(get_checked(fcinfo, 0, &users) *
					 get_checked(fcinfo, 1, &per_minute) / 60.0 *
					 checked(ms, &held_ms) / 1000.0);
}

/* The demand that four arguments from the n-th on describe. */
static CalDemand
get_demand(FunctionCallInfo fcinfo, int n)
{
	CalDemand	demand;
	double		cv;

	demand.load = get_checked(fcinfo, n, &load_range);
	demand.held_mean = get_checked(fcinfo, n + 1, &held_range);
	demand.peakedness = get_checked(fcinfo, n + 2, &peakedness_range);
	cv = get_checked(fcinfo, n + 3, &cv_range);
	demand.held_cv2 = cv * cv;
	return demand;
}

/* caliper.pool_model(load, held_mean, peakedness, held_cv, size, wait) */
Datum
caliper_pool_model_0_1(PG_FUNCTION_ARGS)
{
	CalDemand	demand = get_demand(fcinfo, 0);
	double		size = PG_GETARG_INT32(4);
	double		wait = get_checked(fcinfo, 5, &wait_range);
	CalQueue   *queue = new_queue();
	double		out[MODEL_COLUMNS] = {demand.load / size, 1, INFINITY, INFINITY,
	1, size, size, size, size};
	double		variance;

	checked(size, &size_range);
	if (demand.load == 0)
		memset(out, 0, sizeof(out));
	else if (cal_queue_solve(queue, &demand, size))
	{
		out[1] = cal_queue_late(queue, 0);
		out[2] = cal_queue_mean_wait(queue);
		out[3] = cal_queue_wait_quantile(queue, 0.95);
		out[4] = cal_queue_late(queue, wait);
		cal_queue_busy_moments(queue, &out[5], &variance);
		out[6] = cal_queue_busy_quantile(queue, 0.95);
		out[7] = cal_queue_busy_quantile(queue, 0.99);
		out[8] = cal_queue_busy_quantile(queue, 0.999);
	}
	for (int i = 0; i < MODEL_COLUMNS; i++)
		out[i] = tidy(out[i]);
	return row_of(fcinfo, out, MODEL_COLUMNS);
}

/* caliper.pool_needed(load, held_mean, peakedness, held_cv, wait, share) */
Datum
caliper_pool_needed_0_1(PG_FUNCTION_ARGS)
{
	static const Range share_range = {"share", 0.5, 0.99999};
	CalDemand	demand = get_demand(fcinfo, 0);
	CalWaitTarget target;
	int			needed;

	target.time = get_checked(fcinfo, 4, &wait_range);
	target.late = 1 - get_checked(fcinfo, 5, &share_range);
	if (demand.load == 0)
		PG_RETURN_INT32(1);
	needed = cal_queue_needed(new_queue(), &demand, &target);
	if (needed == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(needed);
}

/*
 * caliper.pool_learn_raw(busy_mean, held_mean, peakedness, held_cv, size,
 * xacts): what was counted may be anything, so nothing is an error here.
 */
Datum
caliper_pool_learn_0_1(PG_FUNCTION_ARGS)
{
	double		cv = PG_GETARG_FLOAT8(3);
	CalSeen		seen = {{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(2),
	PG_GETARG_FLOAT8(1), cv * cv}, PG_GETARG_FLOAT8(5), PG_GETARG_INT32(4)};
	CalEvidence evidence;
	double		out[LEARN_COLUMNS];

	cal_memory_require();
	if (!(seen.demand.load > 0) || !(seen.demand.held_mean > 0) ||
		!(seen.demand.held_cv2 >= 0) || !(seen.demand.peakedness >= 0) ||
		seen.servers < 1 || !(seen.arrivals >= 1))
		PG_RETURN_NULL();
	seen.servers = Min(seen.servers, CAL_QUEUE_MAX_SERVERS);
	cal_forecast_learn(new_queue(), &seen, &evidence);
	out[0] = evidence.demand.peakedness;
	out[1] = evidence.load_error;
	out[2] = evidence.peakedness_error;
	return row_of(fcinfo, out, LEARN_COLUMNS);
}

/*
 * caliper.pool_forecast_raw(load, held_mean, peakedness, held_cv, load_error,
 * peakedness_error, observed, pools, size, factor, wait_target, pool_timeout)
 */
Datum
caliper_pool_forecast_0_1(PG_FUNCTION_ARGS)
{
	static const Range error_range = {"error", 0, 100};
	static const Range observed_range = {"observed", 1e-3, 1e15};
	static const Range pools_range = {"pools", 1, CAL_QUEUE_MAX_SERVERS};
	static const Range factor_range = {"factor", 1e-3, 1e6};
	static const Range target_range = {"wait_target (ms)", 0, MS_MAX};
	static const Range timeout_range = {"pool_timeout (ms)", 0, MS_MAX};
	CalEvidence evidence;
	CalAsked	asked;
	CalOutlook	o[3];
	double		out[FORECAST_COLUMNS];
	int			n = 0;

	evidence.demand = get_demand(fcinfo, 0);
	evidence.load_error = get_checked(fcinfo, 4, &error_range);
	evidence.peakedness_error = get_checked(fcinfo, 5, &error_range);
	evidence.observed = get_checked(fcinfo, 6, &observed_range);
	asked.pools = checked(PG_GETARG_INT32(7), &pools_range);
	asked.servers = checked(PG_GETARG_INT32(8), &size_range);
	asked.factor = get_checked(fcinfo, 9, &factor_range);
	asked.target.time = get_checked(fcinfo, 10, &target_range);
	asked.target.late = 0.05;
	asked.patience = get_checked(fcinfo, 11, &timeout_range);
	if (evidence.demand.load == 0)
		PG_RETURN_NULL();

	cal_forecast(new_queue(), &evidence, &asked, o);
	for (int i = CAL_OUTLOOK_LIKELY; i <= CAL_OUTLOOK_HIGH; i++)
	{
		out[n++] = o[i].busy_mean;
		out[n++] = o[i].busy_p99;
		out[n++] = o[i].wait_p95;
		out[n++] = isinf(o[i].needed) ? NAN : o[i].needed;
	}
	out[n++] = o[CAL_OUTLOOK_LIKELY].wait_prob;
	out[n++] = o[CAL_OUTLOOK_LIKELY].wait_mean;
	out[n++] = o[CAL_OUTLOOK_LIKELY].given_up;
	return row_of(fcinfo, out, n);
}

/* caliper.processors_raw(): what the server may run on, as far as is known. */
Datum
caliper_processors_0_1(PG_FUNCTION_ARGS)
{
	long		n = sysconf(_SC_NPROCESSORS_ONLN);

	cal_memory_require();
	if (n < 1)
		PG_RETURN_NULL();
	PG_RETURN_INT32((int32) n);
}

/* caliper.checked_raw(value, name, low, high), for functions in SQL. */
Datum
caliper_checked_0_1(PG_FUNCTION_ARGS)
{
	Range		range = {0};

	range.name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	range.low = PG_GETARG_FLOAT8(2);
	range.high = PG_GETARG_FLOAT8(3);
	PG_RETURN_FLOAT8(get_checked(fcinfo, 0, &range));
}

/* caliper.checked_period_raw(period): of caliper.diagnose(). */
Datum
caliper_checked_period_0_1(PG_FUNCTION_ARGS)
{
	Interval   *period = PG_GETARG_INTERVAL_P(0);
	double		days = period->day + 30.0 * period->month;
	double		usec = (double) period->time + days * USECS_PER_DAY;

	cal_memory_require();
	if (!(usec >= USECS_PER_SEC && usec <= PERIOD_MAX_DAYS * USECS_PER_DAY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period of a diagnosis must be between 1 second and %d days",
						(int) PERIOD_MAX_DAYS),
				 errdetail("It is %s.",
						   DatumGetCString(DirectFunctionCall1(interval_out,
															   IntervalPGetDatum(period)))),
				 errhint("For example, caliper.diagnose('10 minutes'); caliper.info shows how far back the history reaches.")));
	PG_RETURN_INTERVAL_P(period);
}
