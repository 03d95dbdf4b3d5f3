/*
 * samples.h
 *		Keeps an execution as it was sent, with the values of its parameters.
 */
#ifndef CAL_CAPTURE_SAMPLES_H
#define CAL_CAPTURE_SAMPLES_H

#include "capture/plan_reader.h"

/* At the end of a sampled execution, if it is wanted.  Raises nothing. */
extern void cal_samples_take(const CalObserved *seen);

#endif							/* CAL_CAPTURE_SAMPLES_H */
