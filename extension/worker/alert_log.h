/*
 * alert_log.h
 *		The line in the server log about an alert.
 */
#ifndef CAL_ALERT_LOG_H
#define CAL_ALERT_LOG_H

#include "store/alerts.h"
#include "store/holders.h"
#include "store/pool_session.h"

/* What is told beyond what the alert itself has; what is not known is zero. */
typedef struct CalAlertFacts
{
	const CalPoolSession *session;
	const char *lock;			/* that is waited for: "mode on object" */
	const CalParty *root;
	const CalPoolSession *root_session;
	const char *root_state;
	int			roots;
	int			used;			/* connections */
	int			limit;			/* connections that are not reserved */
	const CalHolders *holders;
} CalAlertFacts;

extern void cal_alert_describe(CalAlert *alert, const CalAlertFacts *facts);
extern void cal_alert_log(const CalAlert *alert, const CalAlertFacts *facts,
						  uint64 suppressed);

#endif							/* CAL_ALERT_LOG_H */
