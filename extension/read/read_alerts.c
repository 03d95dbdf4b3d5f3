/*
 * read_alerts.c
 *		The rows behind caliper.alerts.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies the ring, which the
 * store does under its lock, into memory allocated before; rows are made
 * afterwards.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "platform/memory.h"
#include "platform/privilege.h"
#include "read/result.h"
#include "store/alerts.h"

#define COLUMNS	17

CAL_FUNCTION(caliper_alerts_0_1);

/* What caliper.alerts calls the kinds. */
static const char *const kind_names[CAL_ALERT_USAGE + 1] = {
	[CAL_ALERT_IDLE] = "idle_in_transaction",
	[CAL_ALERT_HELD] = "held",
	[CAL_ALERT_LOCK] = "lock_wait",
	[CAL_ALERT_USAGE] = "connection_usage",
};

/* Put a number; 0 is null. */
static void
put_number(CalRow *row, uint64 value)
{
	if (value == 0)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) value);
}

/* Put a process id; 0 is null. */
static void
put_pid(CalRow *row, int pid)
{
	if (pid == 0)
		cal_row_null(row);
	else
		cal_row_datum(row, Int32GetDatum(pid));
}

/* Put whose it is; what concerns the whole server is nobody's. */
static void
put_application(CalRow *row, const CalAlert *alert)
{
	const CalParty *party = &alert->party;

	if (alert->kind == CAL_ALERT_USAGE)
		cal_row_null(row);
	else
		cal_row_foreign_text(row, party->application,
							 strlen(party->application), party->encoding);
	cal_row_address(row, party->family, party->address);
}

/* One alert, as far as the caller may see it. */
static void
put_alert(CalRow *row, const CalAlert *alert)
{
	bool		visible = cal_privilege_sees(alert->party.userid);

	if (!OidIsValid(alert->party.userid) && !visible)
		return;
	cal_row_oid(row, alert->party.userid);
	cal_row_oid(row, alert->party.dbid);
	cal_row_foreign_text(row, visible ? alert->message : CAL_HIDDEN_TEXT,
						 strlen(visible ? alert->message : CAL_HIDDEN_TEXT),
						 PG_UTF8);
	if (!visible)
	{
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
		return;
	}
	cal_row_time(row, alert->at);
	cal_row_text(row, kind_names[alert->kind]);
	put_application(row, alert);
	put_pid(row, alert->pid);
	cal_row_float(row, alert->value);
	cal_row_float(row, alert->threshold);
	put_number(row, alert->queryid);
	put_number(row, alert->opener);
	cal_row_int(row, alert->blocked);
	put_pid(row, alert->root_pid);
	if (cal_privilege_sees(alert->root_userid))
		put_number(row, alert->root_opener);
	else
		cal_row_null(row);
	cal_row_time(row, alert->ended_at);
	cal_row_bool(row, alert->logged);
	cal_row_end(row);
}

/* caliper.alerts_raw(): a row per alert, the oldest first. */
Datum
caliper_alerts_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalAlert   *alerts;
	int			n;

	cal_result_begin(fcinfo, &row, COLUMNS);
	alerts = palloc(CAL_ALERTS * sizeof(CalAlert));
	n = cal_alerts_read(alerts);
	for (int i = 0; i < n; i++)
		put_alert(&row, &alerts[i]);
	pfree(alerts);
	return (Datum) 0;
}
