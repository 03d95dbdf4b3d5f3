/*
 * test_queueing.c
 *	  Tests of base/queueing: formulas against tables, textbook results and each
 *	  other.
 */
#include "c.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/queueing.h"
#include "tap.h"

static CalQueue queue;

/*
 * Reports whether a number is near enough, as a share of it.
 */
static void
is_near(double got, double expected, double share, const char *name)
{
	if (!ok(fabs(got - expected) <= share * fabs(expected), "%s", name))
		printf("#   got %.9g, expected %.9g\n", got, expected);
}

/*
 * Erlang B against the published tables of 1 % blocking, and where no factorial
 * can be computed.
 */
static void
test_erlang_b(void)
{
	static const double table[][2] = {{1, 0.0101}, {5, 1.361}, {10, 4.461},
	{20, 12.031}, {50, 37.901}, {100, 84.064}};
	double		worst = 0;

	for (size_t i = 0; i < lengthof(table); i++)
		worst = Max(worst, fabs(cal_queue_erlang_b(table[i][0], table[i][1]) / 0.01 - 1));
	ok(worst < 0.002, "Erlang B agrees with the tables of 1 %% (off by %.4f)", worst);
	is_number(cal_queue_erlang_b(1, 1), 0.5, "one server, load 1");
	is_number(cal_queue_erlang_b(7, 0), 0, "nothing comes, nothing is lost");
	is_number(cal_queue_erlang_b(0, 3), 1, "without servers all is lost");
	is_near(cal_queue_erlang_b(10000, 10000), sqrt(2 / (M_PI * 10000)), 0.01,
			"10,000 servers, as the asymptotic formula has it");
	ok(cal_queue_erlang_b(10000, 1) == 0 && cal_queue_erlang_b(1, 1e6) > 0.99999,
	   "no overflow at the ends");
}

/*
 * Erlang B between whole numbers, against the integral that defines it.
 */
static void
test_real_servers(void)
{
	static const double cases[][2] = {{0.3, 0.2}, {0.9, 5}, {2.5, 1.7},
	{7.25, 9}, {0.5, 100}, {30.99, 25}};
	double		worst = 0;

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		double		x = cases[i][0];
		double		a = cases[i][1];
		double		sum = 0;
		double		step = 1e-3;

		/* 1 / B = integral of exp(-u) (1 + u / a)^x, by the midpoint rule */
		for (double u = step / 2; u < 150; u += step)
			sum += exp(-u + x * log1p(u / a)) * step;
		worst = Max(worst, fabs(cal_queue_erlang_b(x, a) * sum - 1));
	}
	ok(worst < 1e-6, "a real number of servers: off by %.2g", worst);
}

/*
 * Erlang C and M/M/c.
 */
static void
test_erlang_c(void)
{
	CalDemand	demand = {8, 1, 1, 1};
	double		c = cal_queue_erlang_c(10, 8);

	is_near(cal_queue_erlang_c(2, 1), 1.0 / 3, 1e-12, "two servers, half in use");
	is_near(c, 0.4092, 1e-4, "ten servers, load 8, as in the tables");
	is_number(cal_queue_erlang_c(3, 3), 1, "as much load as servers: all wait");
	ok(cal_queue_solve(&queue, &demand, 10), "the queue is solved");
	is_near(cal_queue_late(&queue, 0), c, 1e-9, "it waits who waits in M/M/10");
	is_near(cal_queue_mean_wait(&queue), c / 2, 1e-9, "as long as there");
	is_near(cal_queue_late(&queue, 0.7), c * exp(-1.4), 1e-9, "with that tail");
	is_near(cal_queue_wait_quantile(&queue, 0.95), log(c / 0.05) / 2, 1e-5,
			"and that quantile");
	is_near(cal_queue_wait_mean(10, &demand), c / 2, 1e-9,
			"Allen and Cunneen's formula gives the same");
	is_number(cal_queue_wait_quantile(&queue, 0.5), 0, "half of all do not wait");
}

/*
 * Queues with one server whose mean waits are known: Pollaczek and Khinchine,
 * and batches of ten.
 */
static void
test_one_server(void)
{
	CalDemand	constant = {0.8, 1, 5, 0};
	CalDemand	varied = {0.8, 1, 5, 4};
	CalDemand	batches = {0.5, 5.5, 1, 1};

	cal_queue_solve(&queue, &constant, 1);
	is_near(cal_queue_mean_wait(&queue), 5 * 0.8 / 0.2 / 2, 1e-6, "M/D/1");
	cal_queue_solve(&queue, &varied, 1);
	is_near(cal_queue_mean_wait(&queue), 5 * 0.8 / 0.2 * 2.5, 1e-6,
			"M/G/1, times held that vary much");
	is_near(cal_queue_wait_mean(1, &varied), 50, 1e-6, "by Allen and Cunneen, too");
	cal_queue_solve(&queue, &batches, 1);
	is_near(cal_queue_mean_wait(&queue), 10, 1e-6, "M[10]/M/1");
}

/*
 * Busy servers without a limit: Poisson without bursts, and the peakedness that
 * was asked for with them.
 */
static void
test_unlimited(void)
{
	CalDemand	demand = {4, 1, 1, 1};
	double		mean;
	double		variance;
	double		worst = 0;

	cal_queue_solve(&queue, &demand, CAL_QUEUE_MAX_SERVERS);
	is_number(cal_queue_busy_quantile(&queue, 0.95), 8, "p95 of Poisson(4)");
	is_number(cal_queue_busy_quantile(&queue, 0.99), 9, "p99 of Poisson(4)");
	is_near(cal_queue_busy_share(&queue, 2), 13 * exp(-4.0), 1e-9, "P(at most 2)");
	for (double z = 1; z < 200; z *= 1.17)
	{
		demand.peakedness = z;
		demand.load = 300 / z;
		cal_queue_solve(&queue, &demand, CAL_QUEUE_MAX_SERVERS);
		cal_queue_busy_moments(&queue, &mean, &variance);
		worst = Max(worst, fabs(variance / mean / z - 1) + fabs(mean / demand.load - 1));
	}
	ok(worst < 1e-6, "mean and peakedness are as asked (off by %.2g)", worst);
}

/*
 * Large and extreme queues stay numbers, and are quick.
 */
static void
test_extremes(void)
{
	CalDemand	large = {9999.9, 1, 1, 1};
	CalDemand	bursts = {9000, 1000, 1, 1};
	CalDemand	tiny = {1e-9, 1, 1, 1};
	CalDemand	wide = {1, 20000, 1, 1};
	CalWaitTarget target = {0.01, 0.05};
	clock_t		begin = clock();
	int			needed;

	ok(cal_queue_solve(&queue, &large, 10000), "10,000 servers, nearly all in use");
	is_near(cal_queue_late(&queue, 0), cal_queue_erlang_c(10000, 9999.9), 1e-5,
			"those who wait are as many as by Erlang C");
	ok(!cal_queue_solve(&queue, &large, 9999), "one less, and there is no end");
	needed = cal_queue_needed(&queue, &bursts, &target);
	ok(needed == 0 || needed > 9000, "a target out of reach is no answer");
	is_number(cal_queue_needed(&queue, &tiny, &target), 1, "one server for nothing");
	ok(cal_queue_solve(&queue, &wide, 1000) && isfinite(cal_queue_mean_wait(&queue)),
	   "the largest bursts");
	ok(clock() - begin < CLOCKS_PER_SEC, "all of this takes less than a second");
}

/*
 * The number of servers for a target is the smallest that keeps it; and the
 * peakedness of a demand comes back from what its pool shows.
 */
static void
test_inverse(void)
{
	int			wrong = 0;
	double		worst = 0;

	for (int i = 0; i < 300; i++)
	{
		double		u = (double) (tap_random() >> 11) / 9007199254740992.0;
		CalDemand	demand = {0.1 * pow(1000, u), 1 + (i % 40) / 2.0, 1, (i % 5) / 2.0};
		CalWaitTarget target = {0.01 * (1 + i % 200), 0.05};
		int			n = cal_queue_needed(&queue, &demand, &target);
		CalDemand	seen = demand;
		double		variance;

		wrong += !cal_queue_solve(&queue, &demand, n) ||
			cal_queue_late(&queue, target.time) > target.late;
		wrong += n > 1 && cal_queue_solve(&queue, &demand, n - 1) &&
			cal_queue_late(&queue, target.time) <= target.late;

		cal_queue_solve(&queue, &demand, n + 5);
		cal_queue_busy_moments(&queue, &seen.load, &variance);
		seen.peakedness = variance / seen.load;
		worst = Max(worst, fabs(cal_queue_fit(&queue, &seen, n + 5) /
								demand.peakedness - 1));
	}
	is_number(wrong, 0, "no fewer servers keep the target");
	ok(worst < 1e-4, "bursts that the pool cut off are found again (off by %.2g)",
	   worst);
}

/*
 * Hayward's formula is near where bursts are small against the pool.
 */
static void
test_hayward(void)
{
	CalDemand	demand = {200, 3, 1, 1};

	cal_queue_solve(&queue, &demand, 230);
	is_near(cal_queue_wait_mean(230, &demand), cal_queue_mean_wait(&queue), 0.1,
			"Hayward's mean wait is near that of batches");
	is_near(cal_queue_wait_over(230, &demand, 0.2), cal_queue_late(&queue, 0.2), 0.1,
			"and so is its tail");
	ok(cal_queue_wait_over(200, &demand, 1) == 1 &&
	   isinf(cal_queue_wait_mean(200, &demand)), "too few servers: no end");
}

int
main(void)
{
	test_erlang_b();
	test_real_servers();
	test_erlang_c();
	test_one_server();
	test_unlimited();
	test_extremes();
	test_inverse();
	test_hayward();
	return tap_done();
}
