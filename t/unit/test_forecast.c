/*
 * test_forecast.c
 *	  Tests of base/forecast by simulation: bursts come to a pool, once as often
 *	  as now and once at a multiple of that, and what is seen the second time
 *	  lies between the bounds that were told from the first.
 */
#include "c.h"

#include <math.h>
#include <stdlib.h>

#include "base/forecast.h"
#include "tap.h"

#define TRIALS		100
#define REQUESTS	60000
#define WARM_UP		20.0		/* in mean times held */
#define SERVERS		128

/* A client: bursts of so many requests, on average load of them at once. */
struct Client
{
	const char *name;
	double		load;
	int			burst_low;
	int			burst_high;		/* 0: geometric with mean burst_low */
	double		held_cv2;		/* 0 constant, 1 exponential, else two phases */
	double		time;			/* observed, in mean times held */
	int			servers;
	double		factor;
};

/* What is seen of it. */
struct Sight
{
	CalSeen		seen;
	double		busy_p99;
	double		wait_p95;
};

/* A connection becomes busy (1) or free (-1). */
struct Change
{
	double		at;
	int			by;
};

static CalQueue queue;
static struct Change changes[2 * REQUESTS];
static double waits[REQUESTS];

/*
 * Between 0 and 1, neither included.
 */
static double
uniform(void)
{
	return ((double) (tap_random() >> 12) + 0.5) / 4503599627370496.0;
}

/*
 * A time for which a connection is held, 1 on average.
 */
static double
draw_held(const struct Client *client)
{
	double		p = (1 + sqrt((client->held_cv2 - 1) / (client->held_cv2 + 1))) / 2;

	if (client->held_cv2 == 0)
		return 1;
	if (client->held_cv2 == 1)
		return -log(uniform());
	if (uniform() >= p)
		p = 1 - p;
	return -log(uniform()) / (2 * p);
}

/*
 * The size of a burst.
 */
static int
draw_burst(const struct Client *client)
{
	if (client->burst_high == 0)
		return 1 + (int) (log(uniform()) / log1p(-1.0 / client->burst_low));
	return client->burst_low +
		(int) (uniform() * (client->burst_high - client->burst_low + 1));
}

/*
 * Its mean.
 */
static double
burst_mean(const struct Client *client)
{
	if (client->burst_high == 0)
		return client->burst_low;
	return (client->burst_low + client->burst_high) / 2.0;
}

/*
 * For qsort, of numbers and of what begins with a number.
 */
static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * The server that is free first.
 */
static int
first_free(const double *free_at, int servers)
{
	int			first = 0;

	for (int i = 1; i < servers; i++)
		first = free_at[i] < free_at[first] ? i : first;
	return first;
}

/*
 * How many servers were busy, for how long how many.
 */
static void
watch_busy(int n, double time, struct Sight *sight)
{
	double		spent[SERVERS + 1] = {0};
	double		squares = 0;
	double		last = 0;
	int			busy = 0;
	CalDemand  *d = &sight->seen.demand;

	qsort(changes, n, sizeof(struct Change), compare);
	for (int i = 0; i < n; i++)
	{
		double		at = Min(Max(changes[i].at, 0), time);

		spent[busy] += at - last;
		last = at;
		busy += changes[i].by;
	}
	spent[busy] += time - last;
	d->load = 0;
	for (int i = 0; i <= SERVERS; i++)
	{
		d->load += i * spent[i] / time;
		squares += (double) i * i * spent[i] / time;
	}
	d->peakedness = (squares - d->load * d->load) / d->load;
	last = 0;
	for (busy = 0; busy < SERVERS && last + spent[busy] < 0.99 * time; busy++)
		last += spent[busy];
	sight->busy_p99 = busy;
}

/*
 * The client at work for its time, at a multiple of its load.
 */
static struct Sight
simulate(const struct Client *client, double factor)
{
	double		free_at[SERVERS] = {0};
	double		size = burst_mean(client);
	double		now = -WARM_UP;
	double		held_sum = 0;
	double		held_squares = 0;
	int			all = 0;
	int			n = 0;
	struct Sight sight;

	for (int i = 0; i < client->servers; i++)
		free_at[i] = -WARM_UP;
	while ((now -= log(uniform()) * size / (client->load * factor)) < client->time)
	{
		for (int left = draw_burst(client); left > 0 && all < REQUESTS; left--)
		{
			int			i = first_free(free_at, client->servers);
			double		begin = Max(now, free_at[i]);
			double		held = draw_held(client);

			free_at[i] = begin + held;
			changes[2 * all].at = begin;
			changes[2 * all++].by = 1;
			changes[2 * all - 1].at = begin + held;
			changes[2 * all - 1].by = -1;
			if (now < 0)
				continue;
			waits[n++] = begin - now;
			held_sum += held;
			held_squares += held * held;
		}
	}
	sight.seen.arrivals = n;
	sight.seen.servers = client->servers;
	sight.seen.demand.held_mean = held_sum / n;
	sight.seen.demand.held_cv2 = Max(held_squares * n / held_sum / held_sum - 1, 0);
	qsort(waits, n, sizeof(double), compare);
	sight.wait_p95 = waits[(int) (0.95 * (n - 1))];
	watch_busy(2 * all, client->time, &sight);
	return sight;
}

/*
 * In how many of the trials the bounds held, for each of three numbers.
 */
static void
test_client(const struct Client *client)
{
	CalAsked	asked = {client->factor, 1, client->servers, {0.5, 0.05}, 10};
	int			busy = 0;
	int			p99 = 0;
	int			wait = 0;
	double		wanted = 0.88 * TRIALS; /* nine of ten, less chance */

	for (int i = 0; i < TRIALS; i++)
	{
		struct Sight now = simulate(client, 1);
		struct Sight then = simulate(client, client->factor);
		CalOutlook	o[3];
		CalEvidence evidence;

		cal_forecast_learn(&queue, &now.seen, &evidence);
		cal_forecast(&queue, &evidence, &asked, o);
#define INSIDE(value, field) \
		((value) >= o[CAL_OUTLOOK_LOW].field - 1e-9 && \
		 (value) <= o[CAL_OUTLOOK_HIGH].field + 1e-9)
		busy += INSIDE(then.seen.demand.load, busy_mean);
		p99 += INSIDE(then.busy_p99, busy_p99);
		wait += INSIDE(then.wait_p95, wait_p95);
	}
	ok(busy >= wanted && p99 >= wanted && wait >= wanted,
	   "%s: of %d forecasts, mean of busy held %d times, its p99 %d, p95 of waits %d",
	   client->name, TRIALS, busy, p99, wait);
}

/*
 * Advice at the load observed: within a quarter of the smallest pool that keeps
 * the target when it is tried.
 */
static void
test_knee(const struct Client *client, double target)
{
	CalWaitTarget wanted = {target, 0.05};
	struct Client tried = *client;
	struct Sight sight = simulate(client, 1);
	CalEvidence evidence;
	int			needed;

	cal_forecast_learn(&queue, &sight.seen, &evidence);
	needed = cal_queue_needed(&queue, &evidence.demand, &wanted);
	tried.servers = (int) client->load + 1;
	while (simulate(&tried, 1).wait_p95 > target)
		tried.servers++;
	ok(abs(needed - tried.servers) <= 0.25 * tried.servers,
	   "%s, p95 of waits at most %.1f: %d advised, %d found by trying",
	   client->name, target, needed, tried.servers);
}

/*
 * Pools that do not help each other out need more than one that is shared.
 */
static void
test_pools(void)
{
	CalEvidence evidence = {{6, 3, 1, 1}, 0.05, 0.1, 1000};
	CalAsked	asked = {1, 1, 40, {0.5, 0.05}, 10};
	CalOutlook	one[3];
	CalOutlook	ten[3];

	cal_forecast(&queue, &evidence, &asked, one);
	asked.pools = 10;
	asked.servers = 4;
	cal_forecast(&queue, &evidence, &asked, ten);
	ok(ten->needed >= 2 * one->needed, "one pool needs %.0f connections, ten need %.0f",
	   one->needed, ten->needed);
	ok(ten->wait_p95 > one->wait_p95, "and ten of the same size together wait longer");
	asked.factor = 10;
	cal_forecast(&queue, &evidence, &asked, ten);
	ok(isinf(ten->wait_mean) && ten->wait_prob == 1 && ten->busy_mean == 40,
	   "too much load: all are busy, and waits have no end");
	ok(ten[CAL_OUTLOOK_LOW].wait_p95 > 100 && isfinite(ten[CAL_OUTLOOK_LOW].wait_p95),
	   "but within a limited time waits do");
}

int
main(void)
{
	static const struct Client clients[] = {
		{"bursts of 8 to 12", 4, 8, 12, 1, 400, 24, 4},
		{"the same in a large pool", 2, 8, 12, 1, 300, 40, 4},
		{"the same, ten times", 2, 8, 12, 1, 300, 30, 10},
		{"the same, too much", 4, 8, 12, 1, 300, 12, 4},
		{"the pool is full at times", 4, 8, 12, 1, 400, 9, 1.5},
		{"one by one", 4, 1, 1, 1, 200, 20, 4},
		{"constant times held", 4, 8, 12, 0, 400, 30, 4},
		{"times held that vary much", 4, 8, 12, 4, 400, 26, 4},
		{"large bursts", 4, 30, 30, 1, 400, 50, 4},
	};
	static const struct Client knees[] = {
		{"bursts of 8 to 12", 4, 8, 12, 1, 6000, 40, 1},
		{"large bursts", 8, 30, 30, 1, 5000, 100, 1},
		{"constant times held", 4, 8, 12, 0, 6000, 60, 1},
		{"times held that vary much", 4, 8, 12, 4, 6000, 60, 1},
		{"bursts of any size", 4, 10, 0, 1, 10000, 100, 1},
		{"one by one", 8, 1, 1, 1, 5000, 40, 1},
	};

	for (size_t i = 0; i < lengthof(clients); i++)
		test_client(&clients[i]);
	for (size_t i = 0; i < lengthof(knees); i++)
	{
		test_knee(&knees[i], 0.1);
		test_knee(&knees[i], 1);
	}
	test_pools();
	return tap_done();
}
