/*
 * session.h
 *		The connection that this backend serves, and its pool.
 */
#ifndef CAL_SESSION_H
#define CAL_SESSION_H

#include "platform/settings.h"
#include "utils/guc.h"

/* A name as we saw it: where it lay, how it began, and a copy. */
typedef struct CalSeenName
{
	const char *at;
	char		copy[NAMEDATALEN];
} CalSeenName;

/* Set once the server has admitted the connection. */
extern bool cal_session_started;
extern CalSeenName cal_session_application;
extern CalSeenName cal_session_label;

extern void cal_session_start(void);
extern void cal_session_look(void);

/*
 * Whether a name is where we saw it.  A new value never lies where the old one
 * is, which core keeps until the transaction that changed it ends, and of such
 * a transaction we take notice; the first letter is for what may slip through.
 */
static inline bool
cal_session_kept(const CalSeenName *seen, const char *name)
{
	return name == seen->at && name && name[0] == seen->copy[0];
}

/* If a name may have changed, look, and move to the pool it belongs to. */
static inline void
cal_session_follow(void)
{
	if (unlikely(!cal_session_kept(&cal_session_application,
								   application_name) ||
				 !cal_session_kept(&cal_session_label, cal_pool_label)))
		cal_session_look();
}

#endif							/* CAL_SESSION_H */
