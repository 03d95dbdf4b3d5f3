/*
 * observe.h
 *		Has the plans of sampled executions read.
 */
#ifndef CAL_OBSERVE_H
#define CAL_OBSERVE_H

#include "capture/execution_state.h"

/* How many are under way. */
CAL_LOCAL int cal_observe_count;

/* Behind ExecutorStart and ExecutorFinish.  Neither allocates nor raises. */
extern void cal_observe_begin(QueryDesc *queryDesc, uint32 weight);
extern void cal_observe_end(QueryDesc *queryDesc);

/* At the end of a sampled execution that is measured. */
extern void cal_observe_measured(const CalExecution *ex);

#endif							/* CAL_OBSERVE_H */
