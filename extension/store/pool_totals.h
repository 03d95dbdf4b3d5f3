/*
 * pool_totals.h
 *		What transactions amount to.
 */
#ifndef CAL_POOL_TOTALS_H
#define CAL_POOL_TOTALS_H

/* What finished transactions amount to; work is held less gap. */
typedef struct CalPoolTotals
{
	uint64		xacts;
	uint64		setups;			/* nothing but SET, SHOW ...; not in xacts */
	uint64		estimated;		/* xacts whose gap core did not measure */
	uint64		errors;			/* that the client got to see */
	uint64		held_usec;
	uint64		gap_usec;
	uint64		commit_usec;
} CalPoolTotals;

/* Add to totals. */
static inline void
cal_totals_add(CalPoolTotals *to, const CalPoolTotals *from)
{
	to->xacts += from->xacts;
	to->setups += from->setups;
	to->estimated += from->estimated;
	to->errors += from->errors;
	to->held_usec += from->held_usec;
	to->gap_usec += from->gap_usec;
	to->commit_usec += from->commit_usec;
}

#endif							/* CAL_POOL_TOTALS_H */
