/*
 * counters.c
 *		What is counted for a statement; plain sums, so that they merge.
 *
 * Owns: the arithmetic of merging.  Called by the stores that keep counters
 * and by readers that merge their copies.  Takes no lock: the caller owns
 * both sides or holds what guards them.  Sums saturate nowhere: 64 bits of
 * microseconds last for half a million years.
 */
#include "postgres.h"

#include "store/counters.h"

/* Add what one execution, or many, used. */
void
cal_usage_add(CalUsage *to, const CalUsage *from)
{
	for (int i = 0; i < CAL_NBLOCKS; i++)
		to->blocks[i] += from->blocks[i];
	to->read_usec += from->read_usec;
	to->write_usec += from->write_usec;
	to->wal_records += from->wal_records;
	to->wal_fpi += from->wal_fpi;
	to->wal_bytes += from->wal_bytes;
}

/* Add counters of the same statement, or fold a statement into others. */
void
cal_counters_add(CalCounters *to, const CalCounters *from)
{
	if (from->max_usec > 0)		/* else no execution has ended */
	{
		if (to->max_usec == 0 || from->min_usec < to->min_usec)
			to->min_usec = from->min_usec;
		to->max_usec = Max(to->max_usec, from->max_usec);
	}
	to->calls += from->calls;
	to->errors += from->errors;
	to->rows += from->rows;
	to->plans += from->plans;
	to->exec_usec += from->exec_usec;
	to->plan_usec += from->plan_usec;
	to->sum_squares += from->sum_squares;
	cal_usage_add(&to->usage, &from->usage);
	to->opened += from->opened;
	to->held_usec += from->held_usec;
	to->gap_usec += from->gap_usec;
	if (from->longest_gap_usec > to->longest_gap_usec)
	{
		to->longest_gap_usec = from->longest_gap_usec;
		to->gap_after = from->gap_after;
	}
	if (to->since == 0 || (from->since != 0 && from->since < to->since))
		to->since = from->since;
	to->last = Max(to->last, from->last);
}
