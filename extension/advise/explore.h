/*
 * explore.h
 *		Which candidates are of any use to which statements.
 */
#ifndef CAL_EXPLORE_H
#define CAL_EXPLORE_H

#include "advise/select.h"
#include "advise/subject.h"

typedef struct CalSelection
{
	CalWorkload *workload;
	CalChoice  *choice;
	TimestampTz begun;
	MemoryContext context;		/* where all of it lives */
	CalPool    *pool;
	CalSubject *subject;		/* the statements that could be planned */
	int			n;
	double		value;			/* microseconds that the choice would take */
	double		bytes;			/* of the chosen indexes */
	CalMember **chosen;
	int			nchosen;
	uint64		clock;			/* counts changes of the choice */
	CalSubject **touched;		/* those that a move concerns */
	int			ntouched;
} CalSelection;

/* Why statements that could be planned are left out. */
extern const char cal_explore_time[];
extern const char cal_explore_memory[];

extern void cal_explore(CalSelection *sel);
extern void cal_select_progress(const CalSelection *sel, const char *phase,
								int done, int total);

/* A share of the time that there is. */
extern TimestampTz cal_select_until(const CalSelection *sel, double share);

#endif							/* CAL_EXPLORE_H */
