/*
 * loops.h
 *		What nested loops cost beyond what the planner takes them for.
 */
#ifndef CAL_LOOPS_H
#define CAL_LOOPS_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/* Before a planning; and for each of its relations, when its paths are made. */
extern void cal_loops_forget(void);
extern void cal_loops_note(PlannerInfo *root, RelOptInfo *rel);

/* After it, in the same memory. */
extern double cal_loops_excess(PlannedStmt *plan);

#endif							/* CAL_LOOPS_H */
