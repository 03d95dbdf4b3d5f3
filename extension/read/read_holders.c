/*
 * read_holders.c
 *		Which statements open the transactions that hold connections.
 *
 * Owns: nothing beyond a call.  Called by SQL.  Merges the shared table and the
 * slabs, partition by partition, as caliper.statements does, and makes a row of
 * each statement that has opened a transaction.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "platform/memory.h"
#include "platform/privilege.h"
#include "read/result.h"
#include "store/names.h"
#include "store/slab_merge.h"

#define COLUMNS	11

CAL_FUNCTION(caliper_holders_0_1);

/* What its transactions amount to. */
static void
put_transactions(CalRow *row, const CalCounters *c)
{
	cal_row_int(row, c->opened);
	cal_row_ms(row, c->held_usec);
	cal_row_ms(row, c->gap_usec);
	cal_row_ms(row, c->longest_gap_usec);
	if (c->gap_after == 0)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) c->gap_after);
	cal_row_time(row, c->since);
}

/* One opener, as far as the caller may see it; other is what was evicted. */
static void
put_holder(CalRow *row, const CalStatement *s, bool other)
{
	bool		visible = other ? cal_privilege_sees_all() :
	cal_privilege_sees(s->key.userid);

	if (s->counters.opened == 0 || (other && !visible))
		return;
	cal_row_oid(row, s->key.userid);
	cal_row_oid(row, s->key.dbid);
	if (visible)
	{
		cal_row_text(row, other ? "(other)" : NULL);
		cal_row_text(row, other ? NULL : cal_names_get(s->key.application));
		if (other)
			cal_row_null(row);
		else
			cal_row_int(row, (int64) s->key.queryid);
		put_transactions(row, &s->counters);
	}
	else
	{
		cal_row_text(row, CAL_HIDDEN_TEXT);
		cal_row_nulls_to(row, COLUMNS);
	}
	cal_row_end(row);
}

/* caliper.holders_raw(): a row per opener. */
Datum
caliper_holders_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalMerge	merge = {0};
	CalStatement *other;

	cal_result_begin(fcinfo, &row, COLUMNS);
	other = palloc0(sizeof(CalStatement));
	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		cal_merge_partition(&merge, p, other);
		for (int i = 0; i < merge.n; i++)
			put_holder(&row, &merge.statement[i], false);
		CHECK_FOR_INTERRUPTS();
	}
	put_holder(&row, other, true);
	return (Datum) 0;
}
