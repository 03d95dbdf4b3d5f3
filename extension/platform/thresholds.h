/*
 * thresholds.h
 *		Thresholds per application: pg_caliper.application_thresholds.
 */
#ifndef CAL_THRESHOLDS_H
#define CAL_THRESHOLDS_H

#include "utils/guc.h"

extern bool cal_thresholds_check(char **newval, void **extra,
								 GucSource source);
extern void cal_thresholds_assign(const char *newval, void *extra);

extern void cal_thresholds_assign_slow(int newval, void *extra);
extern void cal_thresholds_assign_log(int newval, void *extra);
extern void cal_thresholds_assign_idle(int newval, void *extra);
extern void cal_thresholds_assign_held(int newval, void *extra);
extern void cal_thresholds_assign_lock(int newval, void *extra);
extern void cal_thresholds_assign_rate(double newval, void *extra);

#endif							/* CAL_THRESHOLDS_H */
