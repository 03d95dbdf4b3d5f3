/*
 * waits.h
 *		What running statements wait for, as the worker samples it.
 */
#ifndef CAL_WAITS_H
#define CAL_WAITS_H

#include "platform/info.h"
#include "platform/memory.h"

/* Classes that tell where time went; the rest of core's are CAL_WAIT_OTHER. */
typedef enum CalWaitClass
{
	CAL_WAIT_NONE,				/* on the CPU, or ready for it */
	CAL_WAIT_LOCK,				/* heavyweight locks */
	CAL_WAIT_LWLOCK,
	CAL_WAIT_IO,
	CAL_WAIT_CLIENT,			/* the client must take or send something */
	CAL_WAIT_IPC,
	CAL_WAIT_TIMEOUT,
	CAL_WAIT_OTHER
} CalWaitClass;

#define CAL_WAIT_CLASSES (CAL_WAIT_OTHER + 1)

typedef struct CalWaitProfile
{
	uint32		samples[CAL_WAIT_CLASSES];
} CalWaitProfile;

extern const CalArea cal_waits_area;

/* The backend: a run at top level begins (returns its number), ends. */
extern uint32 cal_waits_run_begin(void);
extern void cal_waits_run_end(void);
extern bool cal_waits_profile(uint32 run, CalWaitProfile *out);

/* The worker: one pass over all process slots. */
extern void cal_waits_sample(void);
extern void cal_waits_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_WAITS_H */
