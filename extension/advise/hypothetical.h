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

/* What the planner is shown: those whose bit is in the set. */
typedef struct CalShow
{
	struct ParamListInfoData *mark; /* to plannings with these parameters */
	CalHypothetical *const *indexes;
	int			n;
	uint64		set;
	const Oid  *hidden;			/* existing indexes it does not see */
	int			nhidden;
	List	   *tables;			/* CalTable, with statistics of expressions */
} CalShow;

extern Oid	cal_hypothetical_oid(void);

/* Put the hooks in place and take them away; what is shown may change between. */
extern void cal_hypothetical_begin(const CalShow *show);
extern void cal_hypothetical_end(void);
extern uint64 cal_hypothetical_used(const CalShow *show, PlannedStmt *plan);

#endif							/* CAL_HYPOTHETICAL_H */
