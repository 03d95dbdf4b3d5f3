/*
 * blocking.h
 *		Looks who keeps others waiting.
 */
#ifndef CAL_WORKER_BLOCKING_H
#define CAL_WORKER_BLOCKING_H

/* In ms; 0 is never. */
extern int	cal_blocking_interval(void);
extern void cal_blocking_sample(void);

#endif							/* CAL_WORKER_BLOCKING_H */
