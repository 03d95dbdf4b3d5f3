/*
 * alert_kinds.h
 *		What a session may want to be reported.
 */
#ifndef CAL_ALERT_KINDS_H
#define CAL_ALERT_KINDS_H

/* The index of its threshold. */
typedef enum CalAlertKind
{
	CAL_ALERT_IDLE,				/* idle in transaction */
	CAL_ALERT_HELD,
	CAL_ALERT_LOCK
}			CalAlertKind;

#define CAL_ALERT_KINDS	3

/* This session's, in ms; -1 is off.  Where others read them, if it can be. */
extern int *cal_alert_thresholds;

#endif							/* CAL_ALERT_KINDS_H */
