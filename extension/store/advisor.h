/*
 * advisor.h
 *		How far the advisor is, for those who wait for it.
 */
#ifndef CAL_ADVISOR_H
#define CAL_ADVISOR_H

#include "platform/info.h"
#include "platform/memory.h"

extern const CalArea cal_advisor_area;

/* The latest call; saved is the share of all time that would go away. */
extern void cal_advisor_begin(int pid);
extern void cal_advisor_progress(int pid, const char *phase, int done,
								 int total, double saved);
extern void cal_advisor_end(int pid, int left_out);
extern void cal_advisor_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_ADVISOR_H */
