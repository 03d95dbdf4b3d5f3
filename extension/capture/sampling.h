/*
 * sampling.h
 *		Which executions are looked at more closely.
 */
#ifndef CAL_SAMPLING_H
#define CAL_SAMPLING_H

#include "executor/execdesc.h"
#include "executor/instrument.h"
#include "platform/local.h"

#define CAL_SAMPLE_EVERY	256 /* executions of any statement, on average */
#define CAL_SAMPLE_OFTEN	8	/* of those whose cost is high */
#define CAL_SAMPLE_COST		10000.0 /* planner's cost that counts as high */

/* The execution that was chosen last; only its address matters. */
CAL_LOCAL QueryDesc *cal_sampling_chosen;
CAL_LOCAL uint32 cal_sampling_count;
CAL_LOCAL uint16 cal_sampling_weight;	/* for how many it stands */

#define CAL_SAMPLE_SEEN		256 /* statements remembered; a power of two */
CAL_LOCAL uint32 cal_sampling_seen[CAL_SAMPLE_SEEN];
extern void cal_sampling_decide(QueryDesc *queryDesc, uint64 id);

/* Behind ExecutorStart of the chosen: have the triggers timed. */
extern void cal_sampling_started(QueryDesc *queryDesc);

/* Whether this backend has not seen the statement lately. */
static inline bool
cal_sampling_is_new(uint64 id)
{
	uint32		mark = (uint32) (id >> 32);

	return cal_sampling_seen[id & (CAL_SAMPLE_SEEN - 1)] != mark;
}

/*
 * Before ExecutorStart of the statement with this id (that of a cursor's plan
 * has none until 17): whether rows per plan node are to be counted.  That is
 * one execution in 256 or so, one in 8 of those that the planner finds dear,
 * and some of statements that this backend has not looked at lately.
 */
static inline void
cal_sampling_choose(QueryDesc *queryDesc, uint64 id)
{
	cal_sampling_chosen = NULL;
	if (unlikely((++cal_sampling_count & (CAL_SAMPLE_OFTEN - 1)) == 0 ||
				 cal_sampling_is_new(id)))
		cal_sampling_decide(queryDesc, id);
}

/* For how many executions one stands; 0 if it was not chosen. */
static inline uint16
cal_sampling_weight_of(const QueryDesc *queryDesc)
{
	return cal_sampling_chosen == queryDesc ? cal_sampling_weight : 0;
}

#endif							/* CAL_SAMPLING_H */
