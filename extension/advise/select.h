/*
 * select.h
 *		Chooses the indexes that are worth advising.
 */
#ifndef CAL_SELECT_H
#define CAL_SELECT_H

#include "datatype/timestamp.h"

#include "advise/workload.h"

typedef struct CalAdvice
{
	CalIndex	index;
	CalTable   *table;
	const char *unplanned;		/* why it was not planned; NULL if it was */
	double		before;			/* planner's cost of what it serves */
	double		after;			/* with all advised indexes */
	double		benefit;		/* share of the time saved */
	double		saved;			/* that share in microseconds */
	double		filtered;		/* rows read in vain per execution */
	double		read;			/* rows read per execution */
	List	   *served;			/* CalWorkStatement */
} CalAdvice;

/* CalAdvice, verified by planning, the most useful first. */
extern List *cal_select_planned(CalWorkload *workload, int max,
								TimestampTz deadline);

/* CalAdvice for what could not be planned, beyond the given. */
extern List *cal_select_evident(CalWorkload *workload, List *planned);

/* Add a statement to what an advised index serves, with its rows. */
extern void cal_select_serve(CalAdvice *advice, CalWorkStatement *statement,
							 Oid relid);

#endif							/* CAL_SELECT_H */
