/*
 * hypothetical.h
 *		Indexes that only the planner believes in.
 */
#ifndef CAL_HYPOTHETICAL_H
#define CAL_HYPOTHETICAL_H

#include "nodes/plannodes.h"

#include "advise/table.h"

/* An index, and the table that it would be on. */
typedef struct CalHypothetical
{
	const CalTable *table;
	CalIndex	index;
} CalHypothetical;

#define CAL_HYPOTHETICAL_MAX 64 /* at a time: a bit each in a set */

extern void cal_hypothetical_init(void);
extern Oid	cal_hypothetical_oid(void);
extern void cal_hypothetical_show(CalHypothetical *const *indexes, int n,
								  uint64 set);
extern void cal_hypothetical_hide(void);
extern uint64 cal_hypothetical_used(PlannedStmt *plan);

#endif							/* CAL_HYPOTHETICAL_H */
