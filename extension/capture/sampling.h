/*
 * sampling.h
 *		Which executions are looked at more closely.
 */
#ifndef CAL_SAMPLING_H
#define CAL_SAMPLING_H

#include "executor/execdesc.h"
#include "executor/instrument.h"
#include "platform/local.h"

#define CAL_SAMPLE_EVERY	256 /* executions of any statement */
#define CAL_SAMPLE_COST		10000.0 /* planner's cost that counts as high */

/* The execution that was chosen last; only its address matters. */
CAL_LOCAL QueryDesc *cal_sampling_chosen;
CAL_LOCAL uint32 cal_sampling_count;

#define CAL_SAMPLE_SEEN		256 /* statements remembered; a power of two */
CAL_LOCAL uint32 cal_sampling_seen[CAL_SAMPLE_SEEN];
extern void cal_sampling_decide(QueryDesc *queryDesc);

/* Whether this backend has not seen the statement lately. */
static inline bool
cal_sampling_is_new(const QueryDesc *queryDesc)
{
	uint64		id = (uint64) queryDesc->plannedstmt->queryId;
	uint32		mark = (uint32) (id >> 32);

	return cal_sampling_seen[id & (CAL_SAMPLE_SEEN - 1)] != mark;
}

/*
 * Before ExecutorStart: whether rows per plan node are to be counted.  That is
 * one execution in 256, one in 8 of those that the planner finds expensive,
 * and some of statements that this backend has not looked at lately.
 */
static inline void
cal_sampling_choose(QueryDesc *queryDesc)
{
	cal_sampling_chosen = NULL;
	if (unlikely((++cal_sampling_count & 7) == 0 ||
				 cal_sampling_is_new(queryDesc)))
		cal_sampling_decide(queryDesc);
}

#endif							/* CAL_SAMPLING_H */
