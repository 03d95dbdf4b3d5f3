/*
 * advise.c
 *		caliper.advise_indexes(): which indexes would help.
 *
 * Owns: the order of things and the wording.  Called by SQL.  What statements
 * did comes from the stores (workload.c), as far as the caller may see it;
 * candidates.c makes indexes of it, select.c chooses among them by planning in
 * the sandbox, evident.c speaks for what cannot be planned.  Nothing is
 * written anywhere.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "advise/index.h"
#include "advise/select.h"
#include "platform/memory.h"

#define COLUMNS 14

CAL_FUNCTION(caliper_advise_indexes_0_1);

/* The names of an index's columns, as an array. */
static Datum
column_names(const CalIndex *index)
{
	Datum		names[CAL_INDEX_COLUMNS];

	for (int i = 0; i < index->ncolumns; i++)
		names[i] = CStringGetTextDatum(get_attname(index->relid,
												   index->column[i].attno,
												   false));
	return PointerGetDatum(construct_array_builtin(names, index->ncolumns,
												   TEXTOID));
}

/* The ids of the statements served, as an array; with their calls and time. */
static Datum
query_ids(const CalAdvice *a, int64 *calls, double *usec)
{
	Datum	   *ids = palloc(list_length(a->served) * sizeof(Datum));
	int			n = 0;
	ListCell   *lc;

	*calls = 0;
	*usec = 0;
	foreach(lc, a->served)
	{
		const CalWorkStatement *s = lfirst(lc);

		ids[n++] = Int64GetDatum((int64) s->queryid);
		*calls += (int64) s->calls;
		*usec += s->usec;
	}
	return PointerGetDatum(construct_array_builtin(ids, n, INT8OID));
}

/* Why, in one sentence. */
static char *
reason(const CalAdvice *a, int64 calls, double usec)
{
	int			n = list_length(a->served);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%d statement%s (" INT64_FORMAT
					 " call%s, %.1f ms in all)", n, n == 1 ? "" : "s", calls,
					 calls == 1 ? "" : "s", usec / 1000.0);
	if (a->filtered >= 1)
		appendStringInfo(&out, " read%s %.0f rows of %s in vain per execution",
						 n == 1 ? "s" : "", a->filtered / n,
						 quote_identifier(get_rel_name(a->index.relid)));
	else
		appendStringInfo(&out, " search%s or order%s %s by these columns",
						 n == 1 ? "es" : "", n == 1 ? "s" : "",
						 quote_identifier(get_rel_name(a->index.relid)));
	if (a->unplanned)
		appendStringInfo(&out, "; no plan confirms that the index helps");
	else
		appendStringInfo(&out, "; with the index the planner expects %.0f %% less cost",
						 100 * (1 - a->after / a->before));
	return out.data;
}

/* Hand one piece of advice over as a row. */
static void
put_advice(ReturnSetInfo *rsinfo, const CalAdvice *a)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};
	int64		calls;
	double		usec;
	int			i = 0;
	Oid			relid = a->index.relid;
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *table = get_rel_name(relid);

	if (schema == NULL || table == NULL)
		return;
	values[i++] = CStringGetTextDatum(schema);
	values[i++] = CStringGetTextDatum(table);
	values[i++] = column_names(&a->index);
	values[i++] = CStringGetTextDatum(cal_index_ddl(a->table, &a->index));
	nulls[i] = nulls[i + 1] = a->unplanned != NULL;
	values[i++] = Float8GetDatum(a->before);
	values[i++] = Float8GetDatum(a->after);
	values[i++] = Float8GetDatum(a->benefit);
	values[i++] = Int64GetDatum((int64) a->index.pages * BLCKSZ);
	values[i++] = query_ids(a, &calls, &usec);
	values[i++] = Int64GetDatum(calls);
	values[i++] = Float8GetDatum(usec / 1000.0);
	values[i++] = Float8GetDatum(a->filtered / list_length(a->served));
	values[i++] = CStringGetTextDatum(a->unplanned ?
									  psprintf("not planned: %s", a->unplanned)
									  : "planned");
	values[i++] = CStringGetTextDatum(reason(a, calls, usec));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The time limit as a point in time. */
static TimestampTz
deadline(const Interval *limit)
{
	double		days = limit->month * 30.0 + limit->day;
	double		usec = days * USECS_PER_DAY + limit->time;

	if (usec <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time limit must be greater than zero")));
	return GetCurrentTimestamp() + (int64) Min(usec, (double) USECS_PER_DAY);
}

/* Which indexes would help the statements that the caller may see. */
Datum
caliper_advise_indexes_0_1(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CalWorkload *workload;
	TimestampTz end;
	List	   *planned;
	ListCell   *lc;
	int			max;

	cal_memory_require();
	max = PG_GETARG_INT32(0);
	end = deadline(PG_GETARG_INTERVAL_P(1));
	if (max < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of indexes must be greater than zero")));
	InitMaterializedSRF(fcinfo, 0);
	if (rsinfo->setDesc->natts != COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_caliper's library and its SQL objects do not fit together"),
				 errhint("Run ALTER EXTENSION pg_caliper UPDATE.")));

	workload = cal_workload_load();
	planned = cal_select_planned(workload, max, end);
	foreach(lc, list_concat(planned, cal_select_evident(workload, planned)))
	{
		if (max-- > 0)
			put_advice(rsinfo, lfirst(lc));
	}
	return (Datum) 0;
}
