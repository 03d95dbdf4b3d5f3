/*
 * recorder.h
 *		Writes the history of pools, tick by tick.
 */
#ifndef CAL_WORKER_RECORDER_H
#define CAL_WORKER_RECORDER_H

#include "datatype/timestamp.h"

/* At server start, before there are connections. */
extern void cal_recorder_startup(void);

/* The worker: a look at what is waited for, and a tick. */
extern void cal_recorder_sample(void);
extern void cal_recorder_tick(void);
extern TimestampTz cal_recorder_next(TimestampTz now);

#endif							/* CAL_WORKER_RECORDER_H */
