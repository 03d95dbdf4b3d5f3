/*
 * test_histogram.c
 *	  Tests of base/histogram: cells, their error, quantiles, merging, speed.
 */
#include "c.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/histogram.h"
#include "tap.h"

#define SAMPLES		20000

static const int cuts[] = {1024, 1131, 1248, 1378, 1522, 1680, 1855};

static uint64 samples[SAMPLES];

/*
 * The cell by the definition, without bit tricks.
 */
static int
reference_cell(uint64 usec)
{
	int			cell = 0;

	for (int octave = 0; octave < 32; octave++)
	{
		for (int i = 0; i < 7; i++)
		{
			if ((double) usec < ldexp(cuts[i], octave - 10))
				return cell;
			cell++;
		}
	}
	return (double) usec < ldexp(1.0, 32) ? cell : 225;
}

/*
 * How far the value given back for a duration is off, as a share of it.
 */
static double
error_of(uint64 usec)
{
	double		value = cal_hist_cell_value(cal_hist_cell(usec));

	return fabs(value - (double) usec) / (double) usec;
}

/*
 * A random duration, as probable in each octave.
 */
static uint64
random_usec(void)
{
	return (tap_random() >> 32) >> (tap_random() % 32);
}

/*
 * Cells and their values at all boundaries, all small and many random values.
 */
static void
test_cells(void)
{
	int			wrong = 0;
	int			falling = 0;
	int			inexact = 0;
	double		worst = 0.0;

	for (uint64 v = 1; v < 200000; v++)
	{
		wrong += cal_hist_cell(v) != reference_cell(v);
		falling += cal_hist_cell(v) < cal_hist_cell(v - 1);
		worst = Max(worst, error_of(v));
		inexact += v < 12 && error_of(v) != 0.0;
	}
	is_number(wrong, 0, "small values fall into the right cells");
	is_number(falling, 0, "cells never fall while values rise");
	is_number(inexact, 0, "below 12 us the value is exact");

	for (int octave = 0; octave < 32; octave++)
	{
		for (int i = 0; i < 7; i++)
		{
			uint64		edge = ((uint64) cuts[i] << octave) >> 10;

			for (uint64 v = edge > 1 ? edge - 1 : 1; v <= edge + 1; v++)
			{
				wrong += cal_hist_cell(v) != reference_cell(v);
				worst = Max(worst, error_of(v));
			}
		}
	}
	is_number(wrong, 0, "values at all boundaries fall into the right cells");

	for (int i = 0; i < 1000000; i++)
	{
		uint64		v = random_usec();

		if (v == 0)
			continue;
		wrong += cal_hist_cell(v) != reference_cell(v);
		worst = Max(worst, error_of(v));
	}
	is_number(wrong, 0, "random values fall into the right cells");
	ok(worst < CAL_HIST_ERROR, "no value is off by more than the bound (%.5f)",
	   worst);
	ok(worst > CAL_HIST_ERROR - 0.0005, "the bound is not idle");
}

/*
 * The ends of the range.
 */
static void
test_ends(void)
{
	int			falling = 0;

	is_number(CAL_HIST_CELLS, 226, "there are 226 cells");
	is_number(cal_hist_cell(0), 0, "zero has its own cell");
	is_number(cal_hist_cell(1), 1, "1 us is in the first cell");
	is_number(cal_hist_cell(UINT64CONST(0xFFFFFFFF)), 224,
			  "2^32 - 1 us is in the last cell");
	is_number(cal_hist_cell(UINT64CONST(1) << 32), 225, "2^32 us overflows");
	is_number(cal_hist_cell(PG_UINT64_MAX), 225, "so does the largest number");
	is_number(cal_hist_cell_value(0), 0.5, "zero is given back as half");
	is_number(cal_hist_cell_value(225), 4294967296.0,
			  "what overflows is given back as 2^32");
	for (int cell = 1; cell < CAL_HIST_CELLS; cell++)
		falling += cal_hist_cell_value(cell) < cal_hist_cell_value(cell - 1);
	is_number(falling, 0, "values of cells never fall, not even of empty ones");
	ok(cal_hist_cell_value(-7) == 0.5 && cal_hist_cell_value(999) > 4e9,
	   "cells that do not exist are not looked up");
}

/*
 * For qsort.
 */
static int
compare(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

/*
 * One sample of a distribution.
 */
static uint64
draw(const char *distribution)
{
	double		u = ((double) (tap_random() >> 11) + 1.0) / 9007199254740994.0;
	double		w = ((double) (tap_random() >> 11) + 1.0) / 9007199254740994.0;

	switch (distribution[0])
	{
		case 'u':				/* uniform */
			return (uint64) (u * 100000.0);
		case 'e':				/* exponential */
			return (uint64) (-3000.0 * log(u));
		case 'l':				/* lognormal */
			return (uint64) exp(7.0 + 2.0 * sqrt(-2.0 * log(u)) *
								cos(2.0 * M_PI * w));
		case 'p':				/* pareto */
			return (uint64) Min(200.0 * pow(u, -0.9), 4e9);
		case 'b':				/* bimodal */
			return u < 0.9 ? (uint64) (50.0 + 20.0 * w) :
				(uint64) (4e6 + 1e6 * w);
		case 'c':				/* constant */
			return 12345;
		default:				/* zero */
			return 0;
	}
}

/*
 * Quantiles against those of the sorted samples.
 */
static void
test_quantiles_of(const char *distribution, int n)
{
	static const int mille[] = {0, 1, 10, 70, 250, 500, 950, 990, 999, 1000};
	double		q[lengthof(mille)];
	double		out[lengthof(mille)];
	double		worst = 0.0;
	CalHist32	h = {{0}};

	for (int i = 0; i < n; i++)
	{
		samples[i] = draw(distribution);
		h.cell[cal_hist_cell(samples[i])]++;
	}
	qsort(samples, (size_t) n, sizeof(uint64), compare);

	for (size_t i = 0; i < lengthof(mille); i++)
		q[i] = mille[i] / 1000.0;
	cal_hist_quantiles(&h, q, lengthof(mille), out);

	for (size_t i = 0; i < lengthof(mille); i++)
	{
		int			rank = Max((mille[i] * n + 999) / 1000, 1);
		double		truth = (double) samples[rank - 1];
		double		error = truth == 0.0 ? out[i] - 0.5 :
		fabs(out[i] - truth) / truth;

		worst = Max(worst, error);
	}
	ok(worst < CAL_HIST_ERROR, "quantiles of %d samples, %s: off by %.4f",
	   n, distribution, worst);
}

/*
 * Quantiles where rounding or emptiness might go wrong.
 */
static void
test_quantiles(void)
{
	static const char *const names[] = {"uniform", "exponential", "lognormal",
	"pareto", "bimodal", "constant", "zero"};
	static const int sizes[] = {1, 2, 3, 10, 100, 1000, SAMPLES};
	const double q[] = {-1.0, 0.5, 2.0};
	const double seven_percent = 0.07;
	double		out[3];
	CalHist32	h = {{0}};

	for (size_t i = 0; i < lengthof(names); i++)
	{
		for (size_t j = 0; j < lengthof(sizes); j++)
			test_quantiles_of(names[i], sizes[j]);
	}

	cal_hist_quantiles(&h, q, 3, out);
	ok(isnan(out[0]) && isnan(out[1]) && isnan(out[2]),
	   "without values a quantile is not a number");
	h.cell[cal_hist_cell(3)] = 1;
	h.cell[CAL_HIST_OVERFLOW] = PG_UINT32_MAX;
	cal_hist_quantiles(&h, q, 3, out);
	ok(out[0] == 3.0 && out[1] == 4294967296.0 && out[2] == 4294967296.0,
	   "quantiles outside 0..1 are the smallest and the largest value");
	memset(&h, 0, sizeof(h));
	h.cell[cal_hist_cell(3)] = 7;
	h.cell[cal_hist_cell(9)] = 93;
	cal_hist_quantiles(&h, &seven_percent, 1, out);
	is_number(out[0], 3.0, "rounding does not push a quantile to the next value");
	h.cell[cal_hist_cell(3)] = 1;
	h.cell[cal_hist_cell(9)] = PG_UINT32_MAX;
	is_number((double) cal_hist_total(&h), 4294967296.0,
			  "the total does not wrap");
}

/*
 * Merging: the sum of histograms is the histogram of all values.
 */
static void
test_merge(void)
{
	CalHist32	all = {{0}};
	CalHist32	sum = {{0}};
	CalHist32	part = {{0}};
	CalHist16	small = {{0}};
	int			wrong = 0;

	for (int i = 0; i < 60000; i++)
	{
		uint64		v = random_usec();

		all.cell[cal_hist_cell(v)]++;
		if (i % 2 == 0)
			small.cell[cal_hist_cell(v)]++;
		else
			part.cell[cal_hist_cell(v)]++;
	}
	cal_hist_add16(&sum, &small);
	cal_hist_add32(&sum, &part);
	ok(memcmp(&sum, &all, sizeof(all)) == 0,
	   "the sum of two histograms is the histogram of all values");

	for (int i = 0; i < CAL_HIST_CELLS; i++)
	{
		CalHist16	one16 = {{0}};
		CalHist32	one32 = {{0}};

		memset(&sum, 0, sizeof(sum));
		one16.cell[i] = PG_UINT16_MAX;
		one32.cell[i] = 5;
		cal_hist_add16(&sum, &one16);
		cal_hist_add32(&sum, &one32);
		wrong += sum.cell[i] != 65540 || cal_hist_total(&sum) != 65540;

		/* and now until it is full */
		sum.cell[i] = PG_UINT32_MAX - 7;
		cal_hist_add16(&sum, &one16);
		wrong += sum.cell[i] != PG_UINT32_MAX;
		sum.cell[i] = PG_UINT32_MAX - 4;
		cal_hist_add32(&sum, &one32);
		wrong += sum.cell[i] != PG_UINT32_MAX;
		wrong += cal_hist_total(&sum) != PG_UINT32_MAX;
	}
	is_number(wrong, 0, "each cell is added, alone, and stops when full");
}

/*
 * Reading must be fast: as many quantiles as a full view asks for.
 */
static void
test_speed(void)
{
	static CalHist32 h[5000];
	const double q[] = {0.5, 0.95, 0.99};
	struct timespec begin;
	struct timespec end;
	double		out[3];
	double		sum = 0.0;
	double		ms;

	for (int i = 0; i < 5000; i++)
	{
		for (int j = 0; j < 100; j++)
			h[i].cell[cal_hist_cell(draw("lognormal"))]++;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < 5000; i++)
	{
		cal_hist_quantiles(&h[i], q, 3, out);
		sum += out[2];
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (double) (end.tv_sec - begin.tv_sec) * 1e3 +
		(double) (end.tv_nsec - begin.tv_nsec) / 1e6;
	ok(ms < 200.0 && sum > 0.0, "5,000 times three quantiles are fast");
	printf("# 5,000 times three quantiles: %.2f ms\n", ms);
}

int
main(void)
{
	test_ends();
	test_cells();
	test_quantiles();
	test_merge();
	test_speed();
	return tap_done();
}
