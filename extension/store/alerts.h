/*
 * alerts.h
 *		What the worker has reported lately.
 */
#ifndef CAL_ALERTS_H
#define CAL_ALERTS_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"
#include "platform/settings.h"
#include "store/party.h"

#define CAL_ALERTS			200
#define CAL_ALERT_USAGE		CAL_ALERT_KINDS /* the kind that no session has */
#define CAL_ALERT_MESSAGE	160

/* What the worker remembers of a session, or of the whole server. */
typedef struct CalAlertWatch
{
	int			pid;
	bool		open[CAL_ALERT_KINDS + 1];	/* the episode goes on */
	TimestampTz episode[CAL_ALERT_KINDS + 1];	/* reported last: its start */
	TimestampTz since[CAL_ALERT_KINDS + 1]; /* what it was above the threshold
											 * by */
	uint64		serial[CAL_ALERT_KINDS + 1];	/* of its alert; 0: none */
	uint32		lxid;			/* where core does not say more: the open */
	TimestampTz lxid_since;		/* transaction, and when it was first seen */
} CalAlertWatch;

typedef struct CalAlert
{
	uint64		serial;			/* 1 for the first; given by the store */
	int			kind;			/* CalAlertKind, or CAL_ALERT_USAGE */
	int			pid;
	TimestampTz at;
	TimestampTz ended_at;		/* 0: it goes on */
	CalParty	party;
	double		value;			/* as of the latest look at it */
	double		threshold;
	uint64		queryid;		/* of the current or latest statement, or 0 */
	uint64		opener;			/* of the transaction, or 0 */
	int			blocked;		/* sessions that waited for it then */
	int			root_pid;		/* of a wait: who was at its root; 0: none */
	Oid			root_userid;
	uint64		root_opener;
	bool		logged;			/* false: the rate limit was reached */
	char		message[CAL_ALERT_MESSAGE];
} CalAlert;

extern const CalArea cal_alerts_area;

/* The worker. */
extern CalAlertWatch *cal_alerts_watch(int procno);
extern uint64 cal_alerts_add(CalAlert *alert);
extern void cal_alerts_update(uint64 serial, double value,
							  TimestampTz ended_at);

/* Readers; there is room for CAL_ALERTS.  The oldest comes first. */
extern int	cal_alerts_read(CalAlert *out);
extern void cal_alerts_reset(void);
extern void cal_alerts_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_ALERTS_H */
