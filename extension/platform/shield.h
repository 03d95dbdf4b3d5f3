/*
 * shield.h
 *		Runs what might raise an error, and lets none out.
 */
#ifndef CAL_SHIELD_H
#define CAL_SHIELD_H

/* What to run; CurrentMemoryContext is one of its own, gone afterwards. */
typedef void (*CalShielded) (void *arg);

extern bool cal_shield(CalShielded work, void *arg);

/* The same; nor does a warning get out, which the client has had already. */
extern bool cal_shield_quietly(CalShielded work, void *arg);

#endif							/* CAL_SHIELD_H */
