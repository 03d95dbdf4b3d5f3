/*
 * session.h
 *		The connection that this backend serves, and its pool.
 */
#ifndef CAL_SESSION_H
#define CAL_SESSION_H

/* Set once the server has admitted the connection. */
extern bool cal_session_started;

extern void cal_session_init(void);
extern void cal_session_start(void);
extern void cal_session_follow(void);

#endif							/* CAL_SESSION_H */
