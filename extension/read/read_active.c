/*
 * read_active.c
 *		What caliper.active knows that core does not.
 *
 * Owns nothing beyond a call.  Called by SQL, which joins core's own account
 * of what each backend is doing.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "platform/memory.h"
#include "platform/privilege.h"
#include "read/read_pools.h"
#include "read/result.h"
#include "store/groups.h"
#include "store/pools.h"

#define COLUMNS	10

CAL_FUNCTION(caliper_active_0_1);
CAL_FUNCTION(caliper_group_queryid_0_1);

/* One connection, as far as the caller may see it. */
static void
put_member(CalRow *row, const CalPoolMember *member)
{
	cal_row_datum(row, Int32GetDatum(member->pid));
	cal_row_oid(row, member->pool.userid);
	cal_row_oid(row, member->pool.dbid);
	if (cal_privilege_sees(member->pool.userid))
	{
		cal_read_pool(row, &member->pool);
		cal_row_ms(row, member->gap_usec);
		if (member->used_at == 0)
			cal_row_null(row);
		else
			cal_row_ms(row, member->used_at - member->opened_at);
		if (member->opener == 0)
			cal_row_nulls_to(row, COLUMNS);
		else
		{
			cal_row_int(row, (int64) member->opener);
			cal_row_oid(row, member->opener_user);
		}
	}
	else
		cal_row_nulls_to(row, COLUMNS);
	cal_row_end(row);
}

/* caliper.active_raw(): a row per connection. */
Datum
caliper_active_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalPoolMember *members;
	int			n;

	cal_result_begin(fcinfo, &row, COLUMNS);
	members = palloc(MaxBackends * sizeof(CalPoolMember));
	n = cal_pools_members(members, MaxBackends);
	for (int i = 0; i < n; i++)
		put_member(&row, &members[i]);
	pfree(members);
	return (Datum) 0;
}

/* The query id that a statement goes by in our views. */
Datum
caliper_group_queryid_0_1(PG_FUNCTION_ARGS)
{
	uint64		queryid = (uint64) PG_GETARG_INT64(0);
	uint64		group;

	cal_memory_require();
	group = queryid == 0 ? 0 : cal_groups_find(queryid);
	PG_RETURN_INT64((int64) (group == 0 ? queryid : group));
}
