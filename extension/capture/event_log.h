/*
 * event_log.h
 *		The line in the server log about a slow execution.
 */
#ifndef CAL_EVENT_LOG_H
#define CAL_EVENT_LOG_H

#include "capture/execution.h"
#include "store/events.h"

extern bool cal_event_log_wanted(void);

/* May raise: call it under a guard. */
extern void cal_event_log(const CalExecution *ex, const CalEvent *event,
						  uint64 suppressed);

#endif							/* CAL_EVENT_LOG_H */
