/*
 * sandbox.h
 *		Plans a captured statement, without lending anybody any rights.
 */
#ifndef CAL_SANDBOX_H
#define CAL_SANDBOX_H

#include "datatype/timestamp.h"

#include "advise/hypothetical.h"

/* What to plan, as whom, and under which sets of hypothetical indexes. */
typedef struct CalSandboxJob
{
	Oid			owner;			/* who ran the statement */
	const char *text;			/* with parameters for its constants */
	const char *search_path;	/* in force when it ran */
	const Oid  *relids;			/* tables it was seen to use */
	int			nrelids;
	CalHypothetical *const *indexes;
	int			nindexes;
	int			ms;				/* time for all of it */
	int			nsets;
	const uint64 *sets;			/* bit i stands for indexes[i] */
	double	   *costs;			/* result: the planner's total cost */
	uint64	   *used;			/* result: the indexes the plan uses */
	int			done;			/* results that are there */
	const char *trouble;		/* result: why not all, in one line */
} CalSandboxJob;

extern bool cal_sandbox_run(CalSandboxJob *job);

#endif							/* CAL_SANDBOX_H */
