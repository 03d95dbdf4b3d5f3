/*
 * saved_events.c
 *		Slow executions in a save file.
 *
 * Owns: the layout of this kind of record.  The store copies a few events at
 * a time under its lock; nothing is written while it is held.  Never raises.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "store/events.h"
#include "worker/saved.h"

#define BATCH	16

/* Save all events, the oldest first. */
static void
save_events(CalSaver *saver)
{
	CalEvent   *events = cal_saver_alloc(saver, BATCH * sizeof(CalEvent));
	uint64		after = 0;
	int			n;

	if (events == NULL)
		return;
	while ((n = cal_events_copy(&after, events, BATCH)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < n; i++)
		{
			cal_saver_put(saver, &events[i], sizeof(CalEvent));
			cal_saver_put_application(saver, events[i].key.application);
			cal_saver_end(saver, &cal_saved_events);
		}
	}
	pfree(events);
}

/* Any byte but 0 and 1 would be undefined behaviour once read as a bool. */
static bool
bool_ok(const bool *b)
{
	return *(const uint8 *) b <= 1;
}

/* Whether a client can be there. */
static bool
address_ok(const CalAddress *a)
{
	return a->family == 4 || a->family == 6 || a->family == 0 ||
		a->family == -1;
}

/* Whether this can be an event. */
static bool
event_ok(const CalEvent *e)
{
	return cal_saved_time_ok(e->started) &&
		e->usec <= PG_INT64_MAX && e->plan_usec <= PG_INT64_MAX &&
		e->rows <= PG_INT64_MAX &&
		e->key.toplevel <= 1 && e->key.zero == 0 &&
		cal_saved_usage_ok(&e->usage) &&
		e->pid >= 0 && e->sqlstate >= 0 &&
		bool_ok(&e->sampled) && bool_ok(&e->io_timed) &&
		address_ok(&e->client) &&
		cal_saved_string_ok(e->tags.route, CAL_ROUTE_LEN, e->encoding) &&
		cal_saved_string_ok(e->tags.traceparent, CAL_TRACEPARENT_LEN,
							e->encoding) &&
		cal_saved_string_ok(e->label, CAL_EVENT_LABEL, e->encoding) &&
		cal_saved_string_ok(e->parameters, CAL_EVENT_PARAMETERS, e->encoding);
}

/* Take one event over; the store gives it a number of its own. */
static bool
load_event(CalTaker *taker)
{
	CalEvent	event;

	if (!cal_taker_take(taker, &event, sizeof(event)) ||
		!cal_taker_take_application(taker, &event.key.application) ||
		!cal_taker_done(taker) || !event_ok(&event))
		return false;
	cal_events_add(&event);
	return true;
}

const CalSavedKind cal_saved_events = {5, 1, save_events, load_event};
