/*
 * workload.h
 *		The statements that were seen to search tables, and what they cost.
 */
#ifndef CAL_WORKLOAD_H
#define CAL_WORKLOAD_H

#include "nodes/pg_list.h"

#include "base/sample_codec.h"
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
	TimestampTz since;			/* when it was first recorded; 0: unknown */
	const char *search_path;
	CalSample  *generic;		/* its text, without values of parameters */
	CalSample  *sample;			/* executions, or the same as generic */
	int			nsamples;
	const char *trouble;		/* why it cannot be planned, or NULL */
} CalWorkStatement;

typedef struct CalWorkload
{
	CalWorkStatement *statement;	/* the most expensive first */
	int			n;
	double		usec;			/* of all statements in the database */
	int			left_out;		/* statements beyond what is looked at */
	List	   *tables;			/* CalTable, as far as they were read */
} CalWorkload;

extern CalWorkload *cal_workload_load(void);
extern CalTable *cal_workload_table(CalWorkload *workload, Oid relid);

/* The statement with most time under a query id that may be planned, or NULL. */
extern CalWorkStatement *cal_workload_find(CalWorkload *workload,
										   uint64 queryid);

#endif							/* CAL_WORKLOAD_H */
