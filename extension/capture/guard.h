/*
 * guard.h
 *		Runs what might raise an error, and lets none out.
 */
#ifndef CAL_GUARD_H
#define CAL_GUARD_H

/* What to run; CurrentMemoryContext is one of its own, gone afterwards. */
typedef void (*CalGuarded) (void *arg);

extern bool cal_guard_run(CalGuarded work, void *arg);

#endif							/* CAL_GUARD_H */
