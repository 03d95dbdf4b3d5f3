/*
 * event.h
 *		A slow or sampled execution becomes an event and a line in the log.
 */
#ifndef CAL_EVENT_H
#define CAL_EVENT_H

#include "capture/execution.h"

/*
 * At the end of an execution at top level (or nested, if those are tracked),
 * also of a failed one.  Cheap when the execution is below the thresholds.
 * After an error (sqlstate set), and while a transaction is being aborted,
 * nothing but ex itself is looked at: no plan, no catalogs, no palloc, and no
 * line in the log, in which core itself reports the error.
 */
extern void cal_event_consider(const CalExecution *ex);

#endif							/* CAL_EVENT_H */
