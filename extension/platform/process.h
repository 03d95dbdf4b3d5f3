/*
 * process.h
 *		Which process is in a process slot.
 */
#ifndef CAL_PROCESS_H
#define CAL_PROCESS_H

#include "storage/proc.h"

/*
 * Its id, or 0 if the slot is free.  PGPROC.pid would not do: until 16, it
 * stays when the process has gone.
 */
static inline int
cal_process_pid(int procno)
{
	return *(volatile int *) &ProcGlobal->allProcs[procno].procLatch.owner_pid;
}

#endif							/* CAL_PROCESS_H */
