/*
 * refusal.h
 *		A client that is refused a connection.
 */
#ifndef CAL_REFUSAL_H
#define CAL_REFUSAL_H

#include "utils/elog.h"

#include "capture/session.h"

extern void cal_refusal_count(const ErrorData *edata);

/* In the log hook: whatever ends a process before its client is admitted. */
static inline void
cal_refusal_notice(const ErrorData *edata)
{
	if (unlikely(edata->elevel == FATAL && !cal_session_started))
		cal_refusal_count(edata);
}

#endif							/* CAL_REFUSAL_H */
