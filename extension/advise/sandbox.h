/*
 * sandbox.h
 *		Plans a captured statement, without lending anybody any rights.
 */
#ifndef CAL_SANDBOX_H
#define CAL_SANDBOX_H

#include "datatype/timestamp.h"

#include "advise/fetches.h"
#include "advise/hypothetical.h"
#include "base/sample_codec.h"

/* What to plan, as whom, and under which sets of hypothetical indexes. */
typedef struct CalSandboxJob
{
	Oid			owner;			/* who ran the statement */
	const char *search_path;	/* in force when it ran */
	int			nsamples;		/* executions to plan; a cost is their mean */
	const CalSample *sample;	/* text, and values of parameters if known */
	const Oid  *relids;			/* tables it was seen to use */
	int			nrelids;
	CalHypothetical *const *indexes;
	int			nindexes;
	const Oid  *hidden;			/* existing indexes not to be seen */
	int			nhidden;
	List	   *tables;			/* CalTable, with statistics of expressions */
	int			ms;				/* time for all of it */
	int			nsets;
	const uint64 *sets;			/* bit i stands for indexes[i] */
	List	  **wants;			/* collect what it wants, or NULL */
	double	   *costs;			/* result: the planner's total cost */
	uint64	   *used;			/* result: the indexes the plan uses */
	CalFetches *fetches;		/* result: rows fetched singly; or NULL */
	char	  **plans;			/* result: as EXPLAIN shows them; or NULL */
	int			done;			/* results that are there */
	const char *trouble;		/* result: why not all, in one line */
} CalSandboxJob;

extern bool cal_sandbox_run(CalSandboxJob *job);

/* Call this as that user, safe as planning is; NULL, or the trouble. */
typedef void (*CalSandboxWork) (void *arg);
extern const char *cal_sandbox_call(Oid owner, const char *search_path, int ms,
									CalSandboxWork work, void *arg);

#endif							/* CAL_SANDBOX_H */
