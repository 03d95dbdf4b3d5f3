/*
 * plan_notes.h
 *		What is being read out of one plan, table by table.
 */
#ifndef CAL_PLAN_NOTES_H
#define CAL_PLAN_NOTES_H

#include "nodes/plannodes.h"

#include "capture/plan_vars.h"
#include "store/predicates.h"

#define CAL_PLAN_TABLES 24		/* tables of one statement, at most */

typedef struct CalPlanNotes
{
	const PlannedStmt *stmt;
	int			nodes;			/* visited so far */
	int			depth;			/* of the node being visited */
	bool		limit;			/* a LIMIT is right above it */
	bool		clipped;		/* something was passed over */
	int			n;
	CalPredicate table[CAL_PLAN_TABLES];
} CalPlanNotes;

extern CalPredicate *cal_plan_notes_table(CalPlanNotes *notes, Index rti);
extern void cal_plan_notes_add(CalPlanNotes *notes,
							   const CalPlanColumn *where,
							   CalPredicateColumn *what);
extern void cal_plan_notes_quals(CalPlanNotes *notes, Plan *plan,
								 List *quals);

#endif							/* CAL_PLAN_NOTES_H */
