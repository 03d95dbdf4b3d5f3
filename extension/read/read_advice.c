/*
 * read_advice.c
 *		The rows behind caliper.index_advice.
 *
 * Owns nothing beyond a call.  Called by SQL.  Of the results kept for the
 * current database it shows one: of those whose role's rights the caller has,
 * or all for who may read all statistics, the latest of a role that saw
 * everybody's statements, else the latest.  So nobody's narrow view takes the
 * place of the whole one on a dashboard.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/advice.h"

#define COLUMNS	22

CAL_FUNCTION(caliper_index_advice_0_1);

/* Whether one result is to be shown rather than another. */
static bool
is_better(const CalAdviceHead *a, const CalAdviceHead *b)
{
	if (a->wide != b->wide)
		return a->wide;
	return a->at >= b->at;
}

/* The result to show; false if there is none for the caller. */
static bool
choose(CalAdviceHead *chosen)
{
	CalAdviceHead heads[CAL_ADVICE_HEADS];
	int			n = cal_advice_heads(heads);
	bool		found = false;

	for (int i = 0; i < n; i++)
	{
		if (heads[i].dbid != MyDatabaseId ||
			!cal_privilege_sees(heads[i].userid) ||
			(found && !is_better(&heads[i], chosen)))
			continue;
		*chosen = heads[i];
		found = true;
	}
	return found;
}

/* What is to be done, and to which table. */
static void
put_subject(CalRow *row, const CalAdviceRow *a)
{
	Datum		names[CAL_ADVICE_COLUMNS];

	for (int i = 0; i < a->ncolumns; i++)
		names[i] = CStringGetTextDatum(a->column[i] ? a->column[i] : "");
	cal_row_datum(row, Int32GetDatum(a->rank));
	cal_row_text(row, cal_advice_action(a->action));
	cal_row_text(row, a->schemaname);
	cal_row_text(row, a->tablename);
	cal_row_text(row, a->indexname);
	cal_row_text(row, a->method);
	cal_row_datum(row, PointerGetDatum(construct_array_builtin(names, a->ncolumns,
															   TEXTOID)));
	cal_row_text(row, a->ddl);
}

/* The statements that it is for. */
static void
put_served(CalRow *row, const CalAdviceRow *a)
{
	Datum		ids[CAL_ADVICE_SERVED];

	for (int i = 0; i < a->nqueryids; i++)
		ids[i] = Int64GetDatum((int64) a->queryid[i]);
	cal_row_datum(row, PointerGetDatum(construct_array_builtin(ids, a->nqueryids,
															   INT8OID)));
	cal_row_int(row, a->calls);
	cal_row_ms(row, a->total_usec);
	cal_row_float(row, a->share);
}

/* One row. */
static void
put_advice(CalRow *row, const CalAdviceRow *a, const CalAdviceHead *head)
{
	put_subject(row, a);
	put_served(row, a);
	cal_row_float(row, a->cost_before);
	cal_row_float(row, a->cost_after);
	cal_row_float(row, a->benefit);
	cal_row_float(row, a->rows_filtered);
	if (a->estimated_size >= 0)
		cal_row_int(row, a->estimated_size);
	else
		cal_row_null(row);
	cal_row_ms(row, a->write_usec);
	cal_row_text(row, a->verified);
	cal_row_text(row, a->reason);
	cal_row_time(row, head->at);
	cal_row_oid(row, head->userid);
	cal_row_end(row);
}

/* caliper.index_advice_raw(): the rows of one result. */
Datum
caliper_index_advice_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalAdviceHead head;
	CalAdviceRow *advice;
	char	   *buf;
	const char *next;

	cal_result_begin(fcinfo, &row, COLUMNS);
	if (!choose(&head))
		return (Datum) 0;
	buf = palloc(CAL_ADVICE_BYTES);
	advice = palloc(sizeof(CalAdviceRow));
	if (cal_advice_copy(&head, buf))
	{
		next = buf;
		for (int i = 0; i < head.rows; i++)
		{
			next = cal_advice_next(next, advice);
			put_advice(&row, advice, &head);
		}
	}
	pfree(advice);
	pfree(buf);
	return (Datum) 0;
}
