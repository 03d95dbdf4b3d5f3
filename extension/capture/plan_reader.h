/*
 * plan_reader.h
 *		Reads the predicates, joins and orders out of an executed plan.
 */
#ifndef CAL_PLAN_READER_H
#define CAL_PLAN_READER_H

#include "executor/execdesc.h"
#include "store/text_key.h"

/* An execution whose work is done and whose plan nodes counted rows. */
typedef struct CalObserved
{
	QueryDesc  *queryDesc;
	CalTextKey	key;			/* its statement */
	bool		nested;			/* inside another */
	uint32		weight;			/* for how many executions it stands */
	uint64		usec;
} CalObserved;

/*
 * At the end of a successful sampled execution.  Writes to the stores of
 * predicates, sightings and samples.  Raises nothing.
 */
extern void cal_plan_reader_observe(const CalObserved *seen);

#endif							/* CAL_PLAN_READER_H */
