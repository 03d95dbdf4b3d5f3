/*
 * errors.h
 *		Errors that no wrapper of ours sees, each counted once.
 */
#ifndef CAL_ERRORS_H
#define CAL_ERRORS_H

#include "miscadmin.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "version_compat.h"

/*
 * Whether an error at top level is sure to come by the log hook: in a client's
 * backend, unless log_min_messages hides errors.
 */
#define CAL_ERRORS_ARE_REPORTED() \
	(likely(log_min_messages <= ERROR && log_min_messages != LOG) && \
	 CAL_IS_CLIENT_BACKEND())

extern void cal_errors_init(void);

#endif							/* CAL_ERRORS_H */
