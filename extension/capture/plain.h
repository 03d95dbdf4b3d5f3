/*
 * plain.h
 *		Counts a call whose work was done in one run.
 */
#ifndef CAL_PLAIN_H
#define CAL_PLAIN_H

#include "capture/clock.h"
#include "capture/usage.h"
#include "store/slab.h"

/* As count_run and count_end of execution.c in one; mark may be NULL. */
static pg_attribute_always_inline void
cal_plain_count(CalSlabEntry *entry, uint64 usec, uint64 rows,
				const CalUsageMark *mark)
{
	CalCounters *c = &entry->counters;
	double		square = (double) (int64) usec;
	int			cell = cal_hist_cell(usec);

	cal_slab_begin(entry);
	c->calls++;
	c->rows += rows;
	c->exec_usec += usec;
	if (c->min_usec > usec || c->max_usec == 0)
		c->min_usec = usec;
	if (c->max_usec < usec)
		c->max_usec = usec;
	c->sum_squares += square * square;
	if (mark)
		cal_usage_add_since(&c->usage, mark);
	c->last = cal_clock_last;
	entry->hist.cell[cell]++;
	cal_slab_end(entry);
	if (unlikely(entry->hist.cell[cell] == PG_UINT16_MAX))
		cal_slab_overflow(entry);
}

#endif							/* CAL_PLAIN_H */
