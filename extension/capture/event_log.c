/*
 * event_log.c
 *		The line in the server log about a slow execution.
 *
 * Owns the form of that line.  The message is what core writes for
 * log_min_duration_statement, so that programs that read logs go on working;
 * the facts stand in DETAIL as key=value, and below them the plan.  Called
 * under a guard, after store/events.c has admitted the line.
 *
 * One event is one record: values are brought to one line, and what may hold
 * several (the statement, the plan) is indented by core from the second on.
 * It goes to the log only, never to the client.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/text_clean.h"
#include "capture/event_log.h"
#include "capture/event_text.h"
#include "platform/facts.h"
#include "store/names.h"
#include "store/texts.h"

#define UNKNOWN_COMMAND	"<utility command>"

/* Whether such a line would be written at all. */
bool
cal_event_log_wanted(void)
{
	return message_level_is_interesting(LOG_SERVER_ONLY);
}

/* Add a text in the encoding of this database. */
static void
add_text(StringInfo out, const char *key, const char *value)
{
	cal_facts_text(out, key, value, GetDatabaseEncoding());
}

/* Add where the time went, as far as it is known. */
static void
add_split(StringInfo out, const CalEvent *event)
{
	CalSplit	split;

	cal_events_split(event, &split);
	if (event->plan_usec > 0)
		cal_facts_ms(out, "plan_time", event->plan_usec);
	if (split.io_known)
		cal_facts_ms(out, "io_time", split.io);
	if (!split.known)
		return;
	cal_facts_ms(out, "lock_time", split.lock);
	cal_facts_ms(out, "client_time", split.client);
	cal_facts_ms(out, "other_time", split.other);
}

/* Add the blocks and bytes that were used. */
static void
add_usage(StringInfo out, const CalUsage *usage)
{
	const int64 *blocks = usage->blocks;

	cal_facts_number(out, "shared_hit", blocks[CAL_SHARED_HIT]);
	cal_facts_number(out, "shared_read", blocks[CAL_SHARED_READ]);
	cal_facts_number(out, "temp_read", blocks[CAL_TEMP_READ]);
	cal_facts_number(out, "temp_written", blocks[CAL_TEMP_WRITTEN]);
	cal_facts_number(out, "wal_bytes", usage->wal_bytes);
}

/* A text that is kept, or NULL. */
static char *
kept_text(CalTextKind kind, uint64 id, const CalStatementKey *owner)
{
	CalTextKey	key = {id, owner->userid, owner->dbid};
	char	   *text = palloc(CAL_TEXT_MAX + 1);
	int			encoding;

	if (id == 0 ||
		cal_texts_fetch(kind, &key, text, CAL_TEXT_MAX + 1, &encoding) < 0)
		return NULL;
	return text;
}

/*
 * The statement as it was sent, control bytes masked.  Of utility commands
 * only the text that is kept, in which no secret stands.
 */
static char *
statement_of(const CalExecution *ex)
{
	size_t		len;
	const char *text = cal_event_text(ex, &len);
	char	   *clean;

	if (ex->queryDesc == NULL || text == NULL)
	{
		clean = kept_text(CAL_TEXT_STATEMENT, ex->key.queryid, &ex->key);
		return clean ? clean : pstrdup(UNKNOWN_COMMAND);
	}
	clean = palloc(CAL_TEXT_MAX + 1);
	cal_text_clean(clean, CAL_TEXT_MAX + 1, text, len, GetDatabaseEncoding(),
				   false);
	return clean;
}

/* Write the line. */
void
cal_event_log(const CalExecution *ex, const CalEvent *event, uint64 suppressed)
{
	StringInfoData facts;
	char	   *plan = kept_text(CAL_TEXT_PLAN, event->plan, &event->key);

	initStringInfo(&facts);
	appendStringInfo(&facts, "queryid=" INT64_FORMAT,
					 (int64) event->key.queryid);
	add_text(&facts, "application", cal_names_get(event->key.application));
	add_text(&facts, "pool", event->label);
	add_text(&facts, "route", event->tags.route);
	add_text(&facts, "traceparent", event->tags.traceparent);
	appendStringInfo(&facts, " rows=" UINT64_FORMAT, event->rows);
	add_split(&facts, event);
	add_usage(&facts, &event->usage);
	add_text(&facts, "parameters", event->parameters);
	cal_facts_number(&facts, "suppressed", suppressed);
	if (plan)
		appendStringInfo(&facts, "\nplan:\n%s", plan);

	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("duration: %.3f ms  statement: %s",
							 event->usec / 1000.0, statement_of(ex)),
			 errdetail_internal("%s", facts.data),
			 errhidestmt(true),
			 errhidecontext(true)));
}
