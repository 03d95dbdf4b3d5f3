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
#include "store/names.h"
#include "store/texts.h"

#define UNKNOWN_COMMAND	"<utility command>"
#define VALUE_MAX		512

/* Whether such a line would be written at all. */
bool
cal_event_log_wanted(void)
{
	return message_level_is_interesting(LOG_SERVER_ONLY);
}

/* Whether a value must stand in quotes to be told from its neighbours. */
static bool
needs_quotes(const char *value)
{
	return value[strcspn(value, " \"\\=,")] != '\0';
}

/* Add key=value; what is empty is left out. */
static void
add_text(StringInfo out, const char *key, const char *value)
{
	char		clean[VALUE_MAX];

	if (value == NULL || value[0] == '\0')
		return;
	cal_text_clean(clean, sizeof(clean), value, strlen(value),
				   GetDatabaseEncoding(), true);
	appendStringInfo(out, " %s=", key);
	if (!needs_quotes(clean))
	{
		appendStringInfoString(out, clean);
		return;
	}
	appendStringInfoChar(out, '"');
	for (const char *p = clean; *p; p++)
	{
		if (*p == '"' || *p == '\\')
			appendStringInfoChar(out, '\\');
		appendStringInfoChar(out, *p);
	}
	appendStringInfoChar(out, '"');
}

/* Add a duration in milliseconds. */
static void
add_ms(StringInfo out, const char *key, double usec)
{
	appendStringInfo(out, " %s=%.3f", key, usec / 1000.0);
}

/* Add a number; a zero is left out. */
static void
add_number(StringInfo out, const char *key, uint64 value)
{
	if (value > 0)
		appendStringInfo(out, " %s=" UINT64_FORMAT, key, value);
}

/* Add where the time went, as far as it is known. */
static void
add_split(StringInfo out, const CalEvent *event)
{
	CalSplit	split;

	cal_events_split(event, &split);
	if (event->plan_usec > 0)
		add_ms(out, "plan_time", event->plan_usec);
	if (split.io_known)
		add_ms(out, "io_time", split.io);
	if (!split.known)
		return;
	add_ms(out, "lock_time", split.lock);
	add_ms(out, "client_time", split.client);
	add_ms(out, "other_time", split.other);
}

/* Add the blocks and bytes that were used. */
static void
add_usage(StringInfo out, const CalUsage *usage)
{
	const int64 *blocks = usage->blocks;

	add_number(out, "shared_hit", blocks[CAL_SHARED_HIT]);
	add_number(out, "shared_read", blocks[CAL_SHARED_READ]);
	add_number(out, "temp_read", blocks[CAL_TEMP_READ]);
	add_number(out, "temp_written", blocks[CAL_TEMP_WRITTEN]);
	add_number(out, "wal_bytes", usage->wal_bytes);
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
	add_number(&facts, "suppressed", suppressed);
	if (plan)
		appendStringInfo(&facts, "\nplan:\n%s", plan);

	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("duration: %.3f ms  statement: %s",
							 event->usec / 1000.0, statement_of(ex)),
			 errdetail_internal("%s", facts.data),
			 errhidestmt(true),
			 errhidecontext(true)));
}
