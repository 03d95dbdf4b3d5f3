/*
 * fetches.h
 *		Rows that a plan fetches one by one, from pages here and there.
 */
#ifndef CAL_FETCHES_H
#define CAL_FETCHES_H

#include "advise/hypothetical.h"

/*
 * How many, and what the planner counts for the scans that fetch them; and how
 * often a scan begins in another place than before, although its rows are in
 * the order of the table.
 */
typedef struct CalFetches
{
	double		rows;
	double		cost;
	double		jumps;
} CalFetches;

/* Add what a plan does. */
extern void cal_fetches_add(CalFetches *sum, const CalShow *show,
							const PlannedStmt *plan);

#endif							/* CAL_FETCHES_H */
