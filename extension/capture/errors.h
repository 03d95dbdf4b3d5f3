/*
 * errors.h
 *		Errors that no wrapper of ours sees, each counted once.
 */
#ifndef CAL_ERRORS_H
#define CAL_ERRORS_H

#include "platform/local.h"

/*
 * Whether this process serves a client, so that nobody can catch an error at
 * top level before it comes by the log hook.
 */
CAL_LOCAL bool cal_errors_reported;

extern void cal_errors_init(void);

#endif							/* CAL_ERRORS_H */
