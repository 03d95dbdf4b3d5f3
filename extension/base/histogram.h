/*
 * histogram.h
 *	  A log-linear histogram of durations in whole microseconds.
 *
 * Cell 0 holds the value 0; cells 1..224 hold 1 us .. 2^32 us, seven to an
 * octave; cell 225 holds everything longer (from 71 minutes on).  The value
 * given back for a cell differs from any value counted in it by less than
 * CAL_HIST_ERROR of the latter.  Histograms are merged by adding their cells,
 * which adds no error.
 */
#ifndef CAL_BASE_HISTOGRAM_H
#define CAL_BASE_HISTOGRAM_H

#include "port/pg_bitutils.h"

#define CAL_HIST_PER_OCTAVE	7
#define CAL_HIST_OCTAVES	32
#define CAL_HIST_CELLS		(CAL_HIST_PER_OCTAVE * CAL_HIST_OCTAVES + 2)
#define CAL_HIST_OVERFLOW	(CAL_HIST_CELLS - 1)

/* bound of the relative error: 144 / 2900, in the cell from 1378 to 1522 */
#define CAL_HIST_ERROR		0.0497

typedef struct CalHist16
{
	uint16		cell[CAL_HIST_CELLS];
} CalHist16;

typedef struct CalHist32
{
	uint32		cell[CAL_HIST_CELLS];
} CalHist32;

/* the cell within its octave, by the ten bits that follow the leading one */
extern uint8 cal_hist_sub[1024];

extern void cal_hist_add16(CalHist32 *to, const CalHist16 *from);
extern void cal_hist_add32(CalHist32 *to, const CalHist32 *from);
extern uint64 cal_hist_total(const CalHist32 *h);
extern double cal_hist_cell_value(int cell);
extern double cal_hist_deviation(const CalHist32 *h);
extern void cal_hist_quantiles_within(const CalHist32 *h, int first, int last,
									  const double *q, int nq,
									  double *out_usec);
extern void cal_hist_quantiles(const CalHist32 *h, const double *q, int nq,
							   double *out_usec);

/*
 * The cell that counts a duration: inline, since every execution needs it.
 * A double has the octave in its exponent and the ten bits that follow the
 * leading one at the top of its fraction; up to 2^53 it is exact.
 */
static inline int
cal_hist_cell(uint64 usec)
{
	double		number = (double) (int64) usec;
	uint64		bits;
	uint32		octave;

	memcpy(&bits, &number, sizeof(bits));
	octave = (uint32) (bits >> 52) - 1023;
	if (unlikely(octave >= CAL_HIST_OCTAVES))
		return usec == 0 ? 0 : CAL_HIST_OVERFLOW;
	return 1 + CAL_HIST_PER_OCTAVE * octave +
		cal_hist_sub[(bits >> 42) & 1023];
}

#endif							/* CAL_BASE_HISTOGRAM_H */
