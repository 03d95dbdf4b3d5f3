/*
 * read_sightings.c
 *		Which indexes plans used, and what foreign keys cost.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies what the store holds,
 * then makes rows of it.  Which indexes are used is no secret, as it is none
 * in core's own statistics; what a user's statements cost is.
 */
#include "postgres.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/sightings.h"

#define INDEX_COLUMNS		4
#define TRIGGER_COLUMNS		10

CAL_FUNCTION(caliper_index_seen_0_1);
CAL_FUNCTION(caliper_foreign_key_triggers_0_1);

/* All entries. */
static CalSighting *
copy(int *n)
{
	CalSighting *all = palloc(CAL_SIGHTINGS_MAX * sizeof(CalSighting));

	*n = cal_sightings_copy(all);
	return all;
}

/* caliper.index_seen_raw(): a row per index that a plan was seen to use. */
Datum
caliper_index_seen_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalSighting *all;
	int			n;

	cal_result_begin(fcinfo, &row, INDEX_COLUMNS);
	all = copy(&n);
	for (int i = 0; i < n; i++)
	{
		if (all[i].key.kind != CAL_SIGHTING_INDEX)
			continue;
		cal_row_oid(&row, all[i].key.dbid);
		cal_row_oid(&row, all[i].key.object);
		cal_row_int(&row, (int64) all[i].samples);
		cal_row_time(&row, all[i].last);
		cal_row_end(&row);
	}
	return (Datum) 0;
}

/* One foreign key, as far as the caller may see it. */
static void
put_trigger(CalRow *row, const CalSighting *e)
{
	cal_row_oid(row, e->key.userid);
	cal_row_oid(row, e->key.dbid);
	if (cal_privilege_sees(e->key.userid))
	{
		cal_row_oid(row, e->key.object);
		cal_row_oid(row, e->key.relid);
		cal_row_bool(row, e->key.kind == CAL_SIGHTING_REFERENCED);
		cal_row_int(row, (int64) e->samples);
		cal_row_int(row, (int64) e->calls);
		cal_row_ms(row, e->usec);
		cal_row_ms(row, e->all_usec);
		cal_row_time(row, e->last);
	}
	cal_row_nulls_to(row, TRIGGER_COLUMNS);
	cal_row_end(row);
}

/* caliper.foreign_key_triggers_raw(): a row per user, constraint and side. */
Datum
caliper_foreign_key_triggers_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalSighting *all;
	int			n;

	cal_result_begin(fcinfo, &row, TRIGGER_COLUMNS);
	all = copy(&n);
	for (int i = 0; i < n; i++)
		if (all[i].key.kind != CAL_SIGHTING_INDEX)
			put_trigger(&row, &all[i]);
	return (Datum) 0;
}
