/*
 * plan_vars.h
 *		Finds the table column behind an expression of a finished plan.
 */
#ifndef CAL_PLAN_VARS_H
#define CAL_PLAN_VARS_H

#include "nodes/plannodes.h"

/* A column of a table: an index into the range table, and its number. */
typedef struct CalPlanColumn
{
	Index		rti;
	AttrNumber	attno;
} CalPlanColumn;

extern bool cal_plan_vars_column(Plan *plan, Node *expr, CalPlanColumn *out);
extern bool cal_plan_vars_output(Plan *plan, AttrNumber n, CalPlanColumn *out);

#endif							/* CAL_PLAN_VARS_H */
