/*
 * run.h
 *		The hooks into ExecutorRun and ExecutorFinish.
 */
#ifndef CAL_RUN_H
#define CAL_RUN_H

extern void cal_run_init(void);

#endif							/* CAL_RUN_H */
