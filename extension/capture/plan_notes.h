/*
 * plan_notes.h
 *		What is being read out of one plan, table by table.
 */
#ifndef CAL_PLAN_NOTES_H
#define CAL_PLAN_NOTES_H

#include "nodes/plannodes.h"

#include "capture/plan_vars.h"
#include "store/sightings.h"
#include "store/predicates.h"

#define CAL_PLAN_TABLES 24		/* tables of one statement, at most */
#define CAL_PLAN_SIGHTINGS	64	/* indexes and foreign keys of one */

typedef struct CalPlanNotes
{
	const PlannedStmt *stmt;
	int			nodes;			/* visited so far */
	int			depth;			/* of the node being visited */
	bool		limit;			/* a LIMIT is right above it */
	bool		clipped;		/* something was passed over */
	int			added;			/* columns noted so far */
	int			n;
	CalPredicate table[CAL_PLAN_TABLES];
	int			nsightings;
	CalSighting sighting[CAL_PLAN_SIGHTINGS];
} CalPlanNotes;

/* Where a partition belongs, and what number its column has there. */
extern Index cal_plan_notes_root(const CalPlanNotes *notes, Index rti,
								 AttrNumber *attno);
extern CalPredicate *cal_plan_notes_table(CalPlanNotes *notes, Index rti);

/* A place for a sighting, with its kind and object filled in; or NULL. */
extern CalSighting *cal_plan_notes_sighting(CalPlanNotes *notes,
											CalSightingKind kind, Oid object);
extern void cal_plan_notes_add(CalPlanNotes *notes,
							   const CalPlanColumn *where,
							   CalPredicateColumn *what);

/* False if there were conditions that name no single column. */
extern bool cal_plan_notes_quals(CalPlanNotes *notes, Plan *plan,
								 List *quals);

#endif							/* CAL_PLAN_NOTES_H */
