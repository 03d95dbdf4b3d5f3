/*
 * event.h
 *		A slow or sampled execution becomes an event and a line in the log.
 */
#ifndef CAL_EVENT_H
#define CAL_EVENT_H

#include "capture/execution.h"
#include "platform/local.h"
#include "platform/settings.h"

/*
 * At the end of an execution at top level (or nested, if those are tracked),
 * also of a failed one.  Cheap when the execution is below the thresholds.
 * After an error (sqlstate set), and while a transaction is being aborted,
 * nothing but ex itself is looked at: no plan, no catalogs, no palloc, and no
 * line in the log, in which core itself reports the error.
 */
extern void cal_event_consider(const CalExecution *ex);

/*
 * In the log hook, where no lock may be taken: an execution at top level has
 * failed.  Its event is kept when its transaction has ended.
 */
extern void cal_event_note_failure(const CalExecution *ex);

CAL_LOCAL bool cal_event_noted;
extern void cal_event_keep_noted(void);

/* At the end of a transaction: keep what was noted. */
static inline void
cal_event_settle(void)
{
	if (unlikely(cal_event_noted))
		cal_event_keep_noted();
}

/* Whether it is worth a call: false for nearly all, at default settings. */
static inline bool
cal_event_possible(const CalExecution *ex)
{
	return unlikely(ex->usec >= cal_threshold_floor);
}

#endif							/* CAL_EVENT_H */
