/*
 * workload.h
 *		The statements that were seen to search tables, and what they cost.
 */
#ifndef CAL_WORKLOAD_H
#define CAL_WORKLOAD_H

#include "nodes/pg_list.h"

#include "store/predicates.h"
#include "advise/table.h"

typedef struct CalWorkStatement
{
	uint64		queryid;
	Oid			userid;
	const CalPredicate *predicate;	/* one per table */
	int			npredicates;
	uint64		calls;
	double		usec;			/* total execution time */
	const char *search_path;
	char	   *text;
	const char *trouble;		/* why it cannot be planned, or NULL */
} CalWorkStatement;

typedef struct CalWorkload
{
	CalWorkStatement *statement;	/* the most expensive first */
	int			n;
	List	   *tables;			/* CalTable, as far as they were read */
} CalWorkload;

extern CalWorkload *cal_workload_load(void);
extern CalTable *cal_workload_table(CalWorkload *workload, Oid relid);

#endif							/* CAL_WORKLOAD_H */
