/*
 * histogram.c
 *	  Sums, quantiles and cell values of log-linear histograms.
 *
 * Owns the boundaries of the cells.  Called by the stores (which fold one
 * histogram into another) and by the readers (which ask for quantiles).
 * Takes no lock: the caller sees to it that nobody changes what it passes.
 * Never allocates and never fails.
 *
 * An octave is cut at 2^(i/7), rounded to 1/1024.  A cell from a to b is given
 * back as its harmonic midpoint 2ab/(a+b), which is off by the same share,
 * (b-a)/(b+a), at both its ends; no such share exceeds CAL_HIST_ERROR.
 */
#include "c.h"

#include <float.h>
#include <math.h>

#include "base/histogram.h"

/* where the cells of an octave begin, and where the last one ends */
enum
{
	CUT0 = 1024,
	CUT1 = 1131,
	CUT2 = 1248,
	CUT3 = 1378,
	CUT4 = 1522,
	CUT5 = 1680,
	CUT6 = 1855,
	CUT7 = 2048
};

static const uint64 cut[CAL_HIST_PER_OCTAVE + 1] =
{CUT0, CUT1, CUT2, CUT3, CUT4, CUT5, CUT6, CUT7};

/*
 * Constant, but among the variables that every new process writes to: so it is
 * not on one more page for it to touch.
 */
#define HOT __attribute__((section("cal_hot")))

HOT uint8	cal_hist_sub[1024] = {
	[CUT0 - CUT0...CUT1 - CUT0 - 1] = 0,
	[CUT1 - CUT0...CUT2 - CUT0 - 1] = 1,
	[CUT2 - CUT0...CUT3 - CUT0 - 1] = 2,
	[CUT3 - CUT0...CUT4 - CUT0 - 1] = 3,
	[CUT4 - CUT0...CUT5 - CUT0 - 1] = 4,
	[CUT5 - CUT0...CUT6 - CUT0 - 1] = 5,
	[CUT6 - CUT0...CUT7 - CUT0 - 1] = 6,
};

/*
 * Addition that stops at the largest value: a count may stand still, but must
 * not begin again at zero.
 */
static inline uint32
add_saturating(uint32 a, uint32 b)
{
	return a <= PG_UINT32_MAX - b ? a + b : PG_UINT32_MAX;
}

/*
 * Folds a small histogram into a large one.  Most cells of most statements are
 * empty, hence the test of four at a time.
 */
void
cal_hist_add16(CalHist32 *to, const CalHist16 *from)
{
	int			i = 0;

	while (i < CAL_HIST_CELLS)
	{
		int			stop = Min(i + 4, CAL_HIST_CELLS);
		uint64		word = 1;

		if (stop - i == 4)
			memcpy(&word, &from->cell[i], sizeof(word));
		if (word == 0)
			i = stop;
		for (; i < stop; i++)
			to->cell[i] = add_saturating(to->cell[i], from->cell[i]);
	}
}

/*
 * Merges two large histograms, two cells at a time while they are empty.
 */
void
cal_hist_add32(CalHist32 *to, const CalHist32 *from)
{
	StaticAssertStmt(CAL_HIST_CELLS % 2 == 0, "cells must come in pairs");

	for (int i = 0; i < CAL_HIST_CELLS; i += 2)
	{
		uint64		word;

		memcpy(&word, &from->cell[i], sizeof(word));
		if (word == 0)
			continue;
		to->cell[i] = add_saturating(to->cell[i], from->cell[i]);
		to->cell[i + 1] = add_saturating(to->cell[i + 1], from->cell[i + 1]);
	}
}

/*
 * How many values were counted, to which quantiles and averages refer.
 */
uint64
cal_hist_total(const CalHist32 *h)
{
	uint64		total = 0;

	for (int i = 0; i < CAL_HIST_CELLS; i++)
		total += h->cell[i];
	return total;
}

/*
 * The duration that stands for all those counted in a cell: the harmonic
 * midpoint of the smallest and the largest whole number that fall into it, so
 * that below 12 us the value is exact.  The value 0 means "less than one" and
 * becomes 0.5; what overflowed becomes 2^32, of which it is at least.
 */
double
cal_hist_cell_value(int cell)
{
	int			octave = (cell - 1) / CAL_HIST_PER_OCTAVE;
	int			part = (cell - 1) % CAL_HIST_PER_OCTAVE;
	double		low;
	double		high;

	if (cell <= 0)
		return 0.5;
	if (cell >= CAL_HIST_OVERFLOW)
		return 4294967296.0;

	/* low is rounded up, and high is the last number before the next cell */
	low = (double) (((cut[part] << octave) + 1023) >> 10);
	high = (double) (((cut[part + 1] << octave) - 1) >> 10);

	/* a cell of the lowest octaves that no whole number falls into */
	if (high < low)
		high = low;
	return 2.0 * low * high / (low + high);
}

/* Standard deviation of what was counted; without values it is NaN. */
double
cal_hist_deviation(const CalHist32 *h)
{
	double		n = 0;
	double		mean = 0;
	double		squares = 0;

	for (int i = 0; i < CAL_HIST_CELLS; i++)
	{
		double		weight = h->cell[i];
		double		off = cal_hist_cell_value(i) - mean;

		if (weight == 0)
			continue;
		n += weight;
		mean += off * weight / n;
		squares += weight * off * (cal_hist_cell_value(i) - mean);
	}
	return n > 0 ? sqrt(squares / n) : (double) NAN;
}

/*
 * Quantiles by nearest rank of the values counted in the cells from first to
 * last: the smallest value that at least q of them do not exceed.  q must
 * ascend.  Without values each of them is NaN.
 */
void
cal_hist_quantiles_within(const CalHist32 *h, int first, int last,
						  const double *q, int nq, double *out_usec)
{
	double		total = 0.0;
	uint64		seen = 0;
	int			cell = first - 1;

	for (int i = first; i <= last; i++)
		total += h->cell[i];

	for (int i = 0; i < nq; i++)
	{
		/* q * total may come out a trifle above the whole number it means */
		double		rank = ceil(q[i] * total * (1.0 - 4.0 * DBL_EPSILON));

		if (total == 0.0)
		{
			out_usec[i] = (double) NAN;
			continue;
		}
		if (!(rank >= 1.0))
			rank = 1.0;
		while ((double) seen < rank && cell < last)
			seen += h->cell[++cell];
		out_usec[i] = cal_hist_cell_value(cell);
	}
}

/* Quantiles of all that was counted. */
void
cal_hist_quantiles(const CalHist32 *h, const double *q, int nq,
				   double *out_usec)
{
	cal_hist_quantiles_within(h, 0, CAL_HIST_OVERFLOW, q, nq, out_usec);
}
