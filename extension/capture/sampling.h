/*
 * sampling.h
 *		Which executions are looked at more closely.
 */
#ifndef CAL_SAMPLING_H
#define CAL_SAMPLING_H

#include "store/slab.h"

#define CAL_SAMPLE_EVERY	256 /* executions of any statement */
#define CAL_SAMPLE_CREDIT	64	/* first executions in a row, at most */
#define CAL_SAMPLE_COST		10000.0 /* planner's cost that counts as high */

extern uint32 cal_sampling_count;
extern bool cal_sampling_first(void);

/*
 * Whether rows per plan node are counted for an execution: one in 256, one in
 * 8 of those that the planner finds expensive, and the first of each
 * statement, as long as a backend does not see new ones all the time.
 */
static inline bool
cal_sampling_wants(const CalSlabEntry *entry, double cost)
{
	uint32		every = cost > CAL_SAMPLE_COST ? 8 : CAL_SAMPLE_EVERY;

	if ((++cal_sampling_count & (every - 1)) == 0)
		return true;
	return unlikely(entry->counters.calls == 0) && cal_sampling_first();
}

#endif							/* CAL_SAMPLING_H */
