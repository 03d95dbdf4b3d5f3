/*
 * trust.h
 *		Whose functions may run in the sandbox.
 */
#ifndef CAL_TRUST_H
#define CAL_TRUST_H

#include "nodes/parsenodes.h"

#include "advise/index.h"

/* Refuse to run functions of others from now on, whoever calls them; or stop. */
extern void cal_trust_begin(void);
extern void cal_trust_end(void);

/* An error if a statement, as it is written, calls such a function. */
extern void cal_trust_check(Query *query);

/* The rewritten statement with such calls of views and policies left unknown. */
extern Query *cal_trust_hide(Query *query);

/* Whether an index calls nothing that might not run for this user. */
extern bool cal_trust_covers(const CalIndex *index, Oid user);

#endif							/* CAL_TRUST_H */
