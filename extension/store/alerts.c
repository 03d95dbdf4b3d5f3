/*
 * alerts.c
 *		What the worker has reported lately.
 *
 * Owns: its slice of shared memory.  A ring of a fixed number of alerts, of
 * which a new one overwrites the oldest; one lock guards it, exclusive for the
 * worker and for a reset, shared for readers.  And, for each process slot and
 * for the server, which episodes were reported: the worker's alone, and here so
 * that another worker does not report them again.
 *
 * Never allocates or reports.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"

#include "store/alerts.h"

typedef struct Alerts
{
	uint64		last;			/* serial of the newest alert; 0: none yet */
	uint64		reset_at;		/* what was the newest at the last reset */
	CalAlert	alert[CAL_ALERTS];
	CalAlertWatch watch[FLEXIBLE_ARRAY_MEMBER];
} Alerts;

static Alerts *alerts;
static LWLock *lock;

static Size alerts_size(void);
static void alerts_init(void *base, LWLockPadded *locks);

const CalArea cal_alerts_area = {"alerts", alerts_size, alerts_init, 1};

/* Memory for the ring and the watches; the last watch is the server's. */
static Size
alerts_size(void)
{
	return add_size(offsetof(Alerts, watch),
					mul_size(sizeof(CalAlertWatch), MaxBackends + 1));
}

/* The slice is there, and zero. */
static void
alerts_init(void *base, LWLockPadded *locks)
{
	alerts = base;
	lock = &locks[0].lock;
}

/* What is remembered of a slot, or, by the number MaxBackends, of the server. */
CalAlertWatch *
cal_alerts_watch(int procno)
{
	return &alerts->watch[procno];
}

/* Put an alert into the ring, in the place of the oldest. */
uint64
cal_alerts_add(CalAlert *alert)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	alert->serial = ++alerts->last;
	alerts->alert[alert->serial % CAL_ALERTS] = *alert;
	LWLockRelease(lock);
	return alert->serial;
}

/*
 * How far it has come; what is no longer in the ring stays forgotten.  One
 * that had ended may go on.
 */
void
cal_alerts_update(uint64 serial, double value, TimestampTz ended_at)
{
	CalAlert   *alert = &alerts->alert[serial % CAL_ALERTS];

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (alert->serial == serial)
	{
		alert->value = Max(alert->value, value);
		alert->ended_at = ended_at;
	}
	LWLockRelease(lock);
}

/* Copy all alerts. */
int
cal_alerts_read(CalAlert *out)
{
	int			n = 0;
	uint64		serial;

	LWLockAcquire(lock, LW_SHARED);
	serial = alerts->last - Min(alerts->last, CAL_ALERTS);
	serial = Max(serial, alerts->reset_at);
	while (serial < alerts->last)
		out[n++] = alerts->alert[++serial % CAL_ALERTS];
	LWLockRelease(lock);
	return n;
}

/* Let nobody see the alerts that there are now. */
void
cal_alerts_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	alerts->reset_at = alerts->last;
	LWLockRelease(lock);
}

/* The rows of caliper.info. */
void
cal_alerts_info(CalInfoEmit emit, void *arg)
{
	uint64		last = alerts->last;

	emit(arg, "alerts", "entries", Min(last - alerts->reset_at, CAL_ALERTS),
		 "entries");
	emit(arg, "alerts", "entries_max", CAL_ALERTS, "entries");
	emit(arg, "alerts", "recorded", last, "alerts");
	emit(arg, "alerts", "overwritten", last > CAL_ALERTS ? last - CAL_ALERTS : 0,
		 "alerts");
}
