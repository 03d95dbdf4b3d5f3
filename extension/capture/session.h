/*
 * session.h
 *		The connection that this backend serves, and its pool.
 */
#ifndef CAL_SESSION_H
#define CAL_SESSION_H

#include "platform/settings.h"
#include "utils/guc.h"

/* Set once the server has admitted the connection. */
extern bool cal_session_started;

/* application_name as we saw it. */
CAL_LOCAL char cal_session_application[NAMEDATALEN];

extern void cal_session_start(void);
extern void cal_session_look(void);

/*
 * If a name may have changed, look, and move to the pool it belongs to.  A new
 * value never lies where the old one is, which core keeps until the transaction
 * that changed it ends, and of such a transaction we take notice; the first
 * letter is for what may slip through.
 */
static inline void
cal_session_follow(void)
{
	const char *name = application_name;

	if (unlikely(name != cal_name_seen ||
				 name[0] != cal_session_application[0]))
		cal_session_look();
}

#endif							/* CAL_SESSION_H */
