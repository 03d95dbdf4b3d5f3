/*
 * read_events.c
 *		The rows behind caliper.slow_statements.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies a few events at a time
 * out of the ring, and makes rows of them when its lock is released; their
 * texts and plans are looked up one by one, and may be gone.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/events.h"
#include "store/names.h"
#include "store/texts.h"

#define COLUMNS	30
#define BATCH	32				/* events copied under the lock in one go */

/* What wait_profile calls the classes. */
static const char *const class_names[CAL_WAIT_CLASSES] = {
	[CAL_WAIT_NONE] = "cpu",
	[CAL_WAIT_LOCK] = "lock",
	[CAL_WAIT_LWLOCK] = "lwlock",
	[CAL_WAIT_IO] = "io",
	[CAL_WAIT_CLIENT] = "client",
	[CAL_WAIT_IPC] = "ipc",
	[CAL_WAIT_TIMEOUT] = "timeout",
	[CAL_WAIT_OTHER] = "other",
};

typedef struct Reader
{
	CalRow		row;
	char	   *text;			/* room for one */
	CalEvent	event[BATCH];
} Reader;

/* A text or plan that is kept, else null. */
static void
put_kept(Reader *r, CalTextKind kind, uint64 id, const CalStatementKey *owner)
{
	CalTextKey	key = {id, owner->userid, owner->dbid};
	int			encoding;
	int			len = -1;

	if (id != 0)
		len = cal_texts_fetch(kind, &key, r->text, CAL_TEXT_MAX + 1,
							  &encoding);
	if (len < 0)
		cal_row_null(&r->row);
	else
		cal_row_foreign_text(&r->row, r->text, len, encoding);
}

/* A text that came with the event; empty is null. */
static void
put_own(Reader *r, const CalEvent *e, const char *text)
{
	if (text[0] == '\0')
		cal_row_null(&r->row);
	else
		cal_row_foreign_text(&r->row, text, strlen(text), e->encoding);
}

/* Where the time went, and the samples that say so. */
static void
put_waits(CalRow *row, const CalEvent *e)
{
	CalSplit	split;
	StringInfoData json;
	int64		all = 0;

	cal_events_split(e, &split);
	cal_row_ms(row, split.io_known ? split.io : NAN);
	cal_row_ms(row, split.known ? split.lock : NAN);
	cal_row_ms(row, split.known ? split.client : NAN);
	cal_row_ms(row, split.known ? split.other : NAN);

	initStringInfo(&json);
	for (int i = 0; i < CAL_WAIT_CLASSES; i++)
	{
		uint32		n = e->waits.samples[i];

		if (n > 0)
			appendStringInfo(&json, "%c\"%s\": %u", all > 0 ? ',' : '{',
							 class_names[i], n);
		all += n;
	}
	cal_row_int(row, all);
	if (all == 0)
	{
		cal_row_null(row);
		return;
	}
	appendStringInfoChar(&json, '}');
	cal_row_datum(row, DirectFunctionCall1(jsonb_in,
										   CStringGetDatum(json.data)));
}

/* What it was, and whose. */
static void
put_identity(Reader *r, const CalEvent *e)
{
	CalRow	   *row = &r->row;

	put_kept(r, CAL_TEXT_STATEMENT, e->key.queryid, &e->key);
	cal_row_time(row, e->started);
	cal_row_ms(row, e->usec);
	cal_row_ms(row, e->plan_usec);
	if (e->key.queryid == 0)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) e->key.queryid);
	cal_row_bool(row, e->key.toplevel);
	cal_row_int(row, (int64) e->rows);
	cal_row_text(row, cal_names_get(e->key.application));
	put_own(r, e, e->label);
	cal_row_address(row, e->client.family, e->client.bytes);
	cal_row_datum(row, Int32GetDatum(e->pid));
	put_own(r, e, e->tags.route);
	put_own(r, e, e->tags.traceparent);
	put_own(r, e, e->parameters);
	put_kept(r, CAL_TEXT_PLAN, e->plan, &e->key);
	cal_row_text(row, e->sqlstate ? unpack_sql_state(e->sqlstate) : NULL);
	cal_row_bool(row, e->sampled);
}

/* One event, as far as the caller may see it. */
static void
put_event(Reader *r, const CalEvent *e)
{
	static const CalBlock shown[] = {CAL_SHARED_HIT, CAL_SHARED_READ,
	CAL_TEMP_READ, CAL_TEMP_WRITTEN};
	CalRow	   *row = &r->row;

	cal_row_oid(row, e->key.userid);
	cal_row_oid(row, e->key.dbid);
	if (!cal_privilege_sees(e->key.userid))
	{
		cal_row_text(row, CAL_HIDDEN_TEXT);
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
		return;
	}
	put_identity(r, e);
	put_waits(row, e);
	for (int i = 0; i < lengthof(shown); i++)
		cal_row_int(row, e->usage.blocks[shown[i]]);
	cal_row_int(row, (int64) e->usage.wal_bytes);
	cal_row_end(row);
}

CAL_FUNCTION(caliper_slow_statements_0_1);

/* caliper.slow_statements_raw(): a row per event, the oldest first. */
Datum
caliper_slow_statements_0_1(PG_FUNCTION_ARGS)
{
	Reader	   *r = palloc(sizeof(Reader));
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "pg_caliper slow statements",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext before;
	uint64		after = 0;
	int			n;

	cal_result_begin(fcinfo, &r->row, COLUMNS);
	r->text = palloc(CAL_TEXT_MAX + 1);
	before = MemoryContextSwitchTo(work);
	while ((n = cal_events_copy(&after, r->event, BATCH)) > 0)
	{
		for (int i = 0; i < n; i++)
			put_event(r, &r->event[i]);
		MemoryContextReset(work);
		CHECK_FOR_INTERRUPTS();
	}
	MemoryContextSwitchTo(before);
	return (Datum) 0;
}
