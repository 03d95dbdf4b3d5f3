/*
 * alerts.h
 *		Reports sessions that are idle, hold or wait for too long.
 */
#ifndef CAL_WORKER_ALERTS_H
#define CAL_WORKER_ALERTS_H

#include "datatype/timestamp.h"

#define CAL_ALERTS_INTERVAL	500 /* ms between two looks */

extern void cal_alerts_look(TimestampTz now);

#endif							/* CAL_WORKER_ALERTS_H */
