/*
 * read_refusals.c
 *		The rows behind caliper.refusals.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies all refusals, which needs
 * no lock, into memory allocated before; rows are made afterwards.  A row names
 * a user whom nobody has vouched for: who may read all statistics sees it, and
 * who has the rights of the user of that name.  To all others it is not there.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/acl.h"
#include "utils/elog.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/refusals.h"

#define COLUMNS	15

CAL_FUNCTION(caliper_refusals_0_1);

/* Whether the caller may see it. */
static bool
is_visible(const CalRefusal *refusal)
{
	return cal_privilege_sees(get_role_oid(refusal->key.usename, true));
}

/* Put a name; one that the client did not give is null. */
static void
put_name(CalRow *row, const char *name)
{
	if (name[0] == '\0')
		cal_row_null(row);
	else
		cal_row_foreign_text(row, name, strlen(name), PG_UTF8);
}

/* Who and why. */
static void
put_key(CalRow *row, const CalRefusalKey *key)
{
	put_name(row, key->application);
	put_name(row, key->usename);
	put_name(row, key->datname);
	cal_row_address(row, key->family, key->address);
	cal_row_text(row, cal_refusals_reason(key->reason));
	cal_row_text(row, key->sqlstate ? unpack_sql_state(key->sqlstate) : NULL);
}

/* Who held the slots, as far as the caller may know that application. */
static void
put_holders(CalRow *row, const CalRefusal *refusal)
{
	const CalHolders *holders = &refusal->holders;

	if (refusal->held)
		cal_row_int(row, holders->slots_used);
	if (refusal->held && holders->connections > 0 &&
		cal_privilege_sees(holders->userid))
	{
		cal_row_oid(row, holders->userid);
		cal_row_foreign_text(row, holders->application,
							 strlen(holders->application), holders->encoding);
		cal_row_address(row, holders->family, holders->address);
		cal_row_int(row, holders->connections);
		cal_row_int(row, holders->idle_in_xact);
	}
	cal_row_nulls_to(row, COLUMNS);
}

/* One row. */
static void
put_refusal(CalRow *row, const CalRefusal *refusal)
{
	put_key(row, &refusal->key);
	cal_row_int(row, refusal->refused);
	cal_row_time(row, refusal->first_at);
	cal_row_time(row, refusal->last_at);
	put_holders(row, refusal);
	cal_row_end(row);
}

/* caliper.refusals_raw(): a row per application, user, database, and so on. */
Datum
caliper_refusals_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalRefusal *refusals;
	int			n;

	cal_result_begin(fcinfo, &row, COLUMNS);
	refusals = palloc(cal_refusals_room() * sizeof(CalRefusal));
	n = cal_refusals_read(refusals);
	for (int i = 0; i < n; i++)
		if (is_visible(&refusals[i]))
			put_refusal(&row, &refusals[i]);
	pfree(refusals);
	return (Datum) 0;
}
