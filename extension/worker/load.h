/*
 * load.h
 *		Takes over what was saved, at server start.
 */
#ifndef CAL_WORKER_LOAD_H
#define CAL_WORKER_LOAD_H

extern void cal_load_at_start(void);

#endif							/* CAL_WORKER_LOAD_H */
