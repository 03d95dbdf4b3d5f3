/*
 * event.c
 *		A slow or sampled execution becomes an event and a line in the log.
 *
 * Owns: at most one event, of an execution that failed and whose transaction
 * has not ended yet; the others lie in store/events.c.  Called by execution.c
 * at the end of each execution, where all but a few leave after a comparison.
 * What may fail (parameters, plan, log line) is shielded, one by one, and
 * counted if it does, so that an event lacks no more than what could not be
 * had.  Takes no lock itself, and never holds one across a call of another
 * file.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "libpq/libpq-be.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"

#include "base/text_clean.h"
#include "capture/clock.h"
#include "capture/event.h"
#include "capture/event_log.h"
#include "capture/event_params.h"
#include "capture/event_plan.h"
#include "capture/event_text.h"
#include "platform/settings.h"
#include "platform/shield.h"
#include "store/events.h"
#include "store/names.h"
#include "store/waits.h"

/* An event under construction. */
typedef struct Draft
{
	const CalExecution *ex;
	CalEvent	event;
	bool		keep;			/* for caliper.slow_statements */
	bool		log;			/* for the server log */
	uint64		suppressed;		/* lines since the one before */
} Draft;

/* What a failed execution says of itself, until a lock may be taken. */
static CAL_LARGE CalEvent noted;
bool		cal_event_noted = false;

/* Whether a duration reaches a threshold in ms, of which -1 is off. */
static inline bool
reaches(uint64 usec, int threshold)
{
	return threshold >= 0 && usec >= (uint64) threshold * 1000;
}

/* The thresholds in force; the names are looked at only if there are rules. */
static inline CalThresholds
thresholds_for(const CalExecution *ex)
{
	CalThresholds t = {cal_slow_min_duration, cal_log_min_duration};

	if (unlikely(cal_application_thresholds && cal_application_thresholds[0]))
		t = cal_settings_thresholds(cal_names_get(ex->key.application));
	return t;
}

/* Whether an execution that is not slow is taken as a sample all the same. */
static inline bool
is_drawn(const CalExecution *ex)
{
	return unlikely(cal_sample_rate > 0) && ex->key.toplevel &&
		pg_prng_double(&pg_global_prng_state) < cal_sample_rate;
}

/* Where the client is. */
static void
put_client(CalAddress *client)
{
	const struct sockaddr_storage *addr;

	client->family = -1;
	if (MyProcPort == NULL)
		return;
	addr = &MyProcPort->raddr.addr;
	client->family = 0;
	if (addr->ss_family == AF_INET)
	{
		client->family = 4;
		memcpy(client->bytes, &((struct sockaddr_in *) addr)->sin_addr, 4);
	}
	else if (addr->ss_family == AF_INET6)
	{
		client->family = 6;
		memcpy(client->bytes, &((struct sockaddr_in6 *) addr)->sin6_addr, 16);
	}
}

/* Put in what needs no more than copying; it cannot fail. */
static void
put_facts(CalEvent *event, const CalExecution *ex)
{
	const char *label = cal_pool_label ? cal_pool_label : "";
	const char *source;
	size_t		len;

	memset(event, 0, sizeof(*event));
	event->started = ex->started;
	event->usec = ex->usec;
	event->plan_usec = ex->plan_usec;
	event->key = ex->key;
	event->rows = ex->rows;
	cal_execution_usage(ex, &event->usage);
	event->sqlstate = ex->sqlstate;
	event->pid = MyProcPid;
	event->encoding = GetDatabaseEncoding();
	event->io_timed = track_io_timing;
	put_client(&event->client);
	cal_waits_profile(ex->run, &event->waits);
	cal_text_clean(event->label, sizeof(event->label), label, strlen(label),
				   event->encoding, true);
	source = cal_event_text(ex, &len);
	if (source)
		cal_commenter_parse(source, len, event->encoding, &event->tags);
}

/* The values of the parameters, if the settings allow it. */
static void
put_parameters(void *arg)
{
	Draft	   *draft = arg;

	cal_event_parameters(draft->ex->params, draft->event.parameters,
						 sizeof(draft->event.parameters));
}

/* The plan, unless one of the same shape is kept already. */
static void
put_plan(void *arg)
{
	Draft	   *draft = arg;

	draft->event.plan = cal_event_plan(draft->ex);
}

/* The line in the log. */
static void
put_line(void *arg)
{
	Draft	   *draft = arg;

	cal_event_log(draft->ex, &draft->event, draft->suppressed);
}

/* Do a part that may fail. */
static void
attempt(CalShielded part, Draft *draft)
{
	if (!cal_shield(part, draft))
		cal_events_count_failure();
}

/* Make the event of an execution that deserves one. */
static void
record(const CalExecution *ex, bool slow, bool keep, bool log)
{
	bool		safe = ex->sqlstate == 0 && IsTransactionState();
	Draft		draft;

	cal_event_settle();
	draft.ex = ex;
	draft.keep = keep;
	draft.log = log && safe && cal_event_log_wanted() &&
		cal_events_admit_line(cal_clock_last, cal_log_rate_limit,
							  &draft.suppressed);
	if (!draft.keep && !draft.log)
		return;

	put_facts(&draft.event, ex);
	draft.event.sampled = !slow;
	if (safe && ex->params && cal_log_parameter_max_length != 0)
		attempt(put_parameters, &draft);
	if (safe && ex->queryDesc && cal_log_plan != CAL_PLAN_OFF)
		attempt(put_plan, &draft);
	if (draft.keep)
		cal_events_add(&draft.event);
	if (draft.log)
		attempt(put_line, &draft);
}

/* At the end of an execution: is it slow, or a sample? */
void
cal_event_consider(const CalExecution *ex)
{
	CalThresholds t = thresholds_for(ex);
	bool		slow = reaches(ex->usec, t.slow);
	bool		log = reaches(ex->usec, t.log);
	bool		drawn = !slow && is_drawn(ex);

	if (unlikely(slow || log || drawn))
		record(ex, slow || log, slow || drawn, log);
}

/* Note a failure: what cal_event_consider does, but for the lock. */
void
cal_event_note_failure(const CalExecution *ex)
{
	bool		slow = reaches(ex->usec, thresholds_for(ex).slow);

	if (!slow && !is_drawn(ex))
		return;
	put_facts(&noted, ex);
	noted.sampled = !slow;
	cal_event_noted = true;
}

/* Keep what was noted. */
void
cal_event_keep_noted(void)
{
	cal_event_noted = false;
	cal_events_add(&noted);
}
