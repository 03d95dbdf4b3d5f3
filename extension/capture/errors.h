/*
 * errors.h
 *		Errors that no wrapper of ours sees, each counted once.
 */
#ifndef CAL_ERRORS_H
#define CAL_ERRORS_H

/* The error being thrown has left top level and is counted. */
extern bool cal_errors_are_counted;

extern void cal_errors_init(void);
extern void cal_errors_counted(void);

/* A statement begins: whatever was thrown before is over. */
static inline void
cal_errors_fresh(void)
{
	cal_errors_are_counted = false;
}

#endif							/* CAL_ERRORS_H */
