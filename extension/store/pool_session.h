/*
 * pool_session.h
 *		Who is connected.
 */
#ifndef CAL_POOL_SESSION_H
#define CAL_POOL_SESSION_H

struct PgBackendStatus;

/* In the words of the client, and where core says what it does. */
typedef struct CalPoolSession
{
	struct PgBackendStatus *status; /* core's entry of the backend */
	char		usename[NAMEDATALEN];
	char		datname[NAMEDATALEN];
} CalPoolSession;

#endif							/* CAL_POOL_SESSION_H */
