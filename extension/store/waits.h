/*
 * waits.h
 *		What running statements wait for, as the worker samples it.
 */
#ifndef CAL_WAITS_H
#define CAL_WAITS_H

#include "base/wait_profile.h"
#include "platform/info.h"
#include "platform/local.h"
#include "platform/memory.h"

extern const CalArea cal_waits_area;

/* The backend: a run at top level begins (returns its number), ends. */
CAL_LOCAL volatile uint32 *cal_waits_run;
extern void cal_waits_attach(void);

/* A run begins; one before it may have been left without its end. */
static inline uint32
cal_waits_run_begin(void)
{
	return *cal_waits_run = (*cal_waits_run + 1) | 1;
}

/* The run is over: the number is even until the next. */
static inline void
cal_waits_run_end(void)
{
	*cal_waits_run = (*cal_waits_run | 1) + 1;
}

extern bool cal_waits_profile(uint32 run, CalWaitProfile *out);

/* The worker: one pass over all process slots; it is told what each waits for. */
typedef void (*CalWaitSeen) (void *arg, int procno, CalWaitClass what);
extern void cal_waits_sample(CalWaitSeen seen, void *arg);
extern void cal_waits_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_WAITS_H */
