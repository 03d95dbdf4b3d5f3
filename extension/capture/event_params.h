/*
 * event_params.h
 *		The values of a slow execution's parameters, in a few bytes.
 */
#ifndef CAL_EVENT_PARAMS_H
#define CAL_EVENT_PARAMS_H

#include "nodes/params.h"

/* May raise: call it under a guard. */
extern void cal_event_parameters(ParamListInfo params, char *buf, int room);

#endif							/* CAL_EVENT_PARAMS_H */
