/*
 * shield.h
 *		Runs work that may fail without failing the user's statement.
 */
#ifndef CAL_SHIELD_H
#define CAL_SHIELD_H

typedef void (*CalShielded) (void *arg);

extern bool cal_shield(CalShielded work, void *arg);
extern uint64 cal_shield_failures(void);

#endif							/* CAL_SHIELD_H */
