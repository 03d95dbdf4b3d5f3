/*
 * worker.h
 *		The background worker.
 */
#ifndef CAL_WORKER_H
#define CAL_WORKER_H

extern void cal_worker_register(void);
extern PGDLLEXPORT void cal_worker_main(Datum arg);

#endif							/* CAL_WORKER_H */
