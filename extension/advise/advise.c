/*
 * advise.c
 *		caliper.advise_indexes(): which indexes would help, which do not.
 *
 * Owns: the order of things and the wording.  Called by SQL.  What statements
 * did comes from the stores (workload.c), as far as the caller may see it;
 * select.c chooses by planning in the sandbox, evident.c speaks for what
 * cannot be planned.  The result is handed over, and kept in store/advice.c;
 * nothing is written to any table.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_class_d.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "advise/select.h"
#include "platform/memory.h"
#include "platform/privilege.h"
#include "platform/settings.h"
#include "store/advice.h"
#include "store/advisor.h"

#define COLUMNS 20

CAL_FUNCTION(caliper_advise_indexes_0_1);

/* What the statements served have in common. */
static void
sum_served(const CalAdvice *a, const CalWorkload *workload, CalAdviceRow *row)
{
	ListCell   *lc;

	foreach(lc, a->served)
	{
		const CalWorkStatement *s = lfirst(lc);

		if (row->nqueryids < CAL_ADVICE_SERVED)
			row->queryid[row->nqueryids++] = s->queryid;
		row->calls += (int64) s->calls;
		row->total_usec += s->usec;
	}
	row->share = workload->usec > 0
		? Min(1, row->total_usec / workload->usec) : 0;
}

/* What is known of the rows that the statements read. */
static void
append_rows(StringInfo out, const CalAdvice *a, int n)
{
	const char *s = n == 1 ? "s" : "";
	const char *table = quote_identifier(get_rel_name(a->index.relid));

	if (a->filtered >= n)
		appendStringInfo(out, " read%s %.0f rows of %s in vain per execution",
						 s, a->filtered / n, table);
	else
		appendStringInfo(out, " search%s, join%s or order%s %s by these columns",
						 n == 1 ? "es" : "", s, s, table);
}

/* Why, in one sentence. */
static char *
reason(const CalAdvice *a, const CalAdviceRow *row)
{
	int			n = list_length(a->served);
	StringInfoData out;

	if (a->action == CAL_ADVICE_DROP)
		return pstrdup(a->grounds ? a->grounds : "nothing uses it");
	initStringInfo(&out);
	appendStringInfo(&out, "%d statement%s (" INT64_FORMAT
					 " call%s, %.1f ms in all)", n, n == 1 ? "" : "s",
					 row->calls, row->calls == 1 ? "" : "s",
					 row->total_usec / 1000.0);
	append_rows(&out, a, n);
	if (a->evidence || a->unplanned)
		appendStringInfoString(&out, "; no plan confirms that the index helps");
	else if (a->after < 0.005 * a->before)
		appendStringInfoString(&out, "; with the index the planner expects over 99 % less cost");
	else
		appendStringInfo(&out, "; with the index the planner expects %.0f %% less cost",
						 100 * (1 - a->after / a->before));
	if (row->indexname)
		appendStringInfo(&out, "; it does all that %s does, which can go",
						 quote_identifier(row->indexname));
	if (a->evidence == NULL && a->unplanned == NULL && !a->generic)
		appendStringInfoString(&out, "; only where the planner knows the values, not in a generic plan");
	return out.data;
}

/* How it was verified. */
static const char *
verified(const CalAdvice *a)
{
	if (a->action == CAL_ADVICE_DROP)
		return a->unplanned ? psprintf("catalog; not planned: %s", a->unplanned)
			: "catalog";
	if (a->evidence)
		return psprintf("evidence: %s", a->evidence);
	if (a->unplanned)
		return psprintf("not planned: %s", a->unplanned);
	return "planned";
}

/* The statement that does what is advised. */
static const char *
ddl_of(const CalAdvice *a)
{
	Oid			oid = a->index.oid;

	if (a->action != CAL_ADVICE_DROP)
		return cal_index_ddl(&a->index);
	return psprintf("DROP INDEX %s%s;",
					get_rel_relkind(oid) == RELKIND_PARTITIONED_INDEX
					? "" : "CONCURRENTLY ",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(oid)),
											   get_rel_name(oid)));
}

/* The names of an index's keys. */
static void
name_columns(const CalIndex *index, CalAdviceRow *row)
{
	ListCell   *lc;

	foreach(lc, cal_index_key_names(index))
		row->column[row->ncolumns++] = strVal(lfirst(lc));
}

/* What planning and measuring say of it, in numbers. */
static void
fill_numbers(const CalAdvice *a, CalAdviceRow *row)
{
	bool		planned = a->unplanned == NULL && a->evidence == NULL &&
	a->action != CAL_ADVICE_DROP;

	row->cost_before = planned ? a->before : NAN;
	row->cost_after = planned ? a->after : NAN;
	row->benefit = a->action == CAL_ADVICE_DROP ? NAN : a->benefit;
	row->rows_filtered = a->served == NIL ? NAN
		: a->filtered / list_length(a->served);
	row->write_usec = a->write_usec;
	row->estimated_size = (int64) a->index.pages * BLCKSZ;
}

/* A piece of advice in words; false if its table is gone meanwhile. */
static bool
describe(const CalAdvice *a, const CalWorkload *workload, CalAdviceRow *row)
{
	Oid			relid = a->index.relid;
	Oid			existing = a->action == CAL_ADVICE_DROP ? a->index.oid
	: a->replaced;

	memset(row, 0, sizeof(*row));
	row->action = a->action;
	row->schemaname = get_namespace_name(get_rel_namespace(relid));
	row->tablename = get_rel_name(relid);
	row->indexname = OidIsValid(existing) ? get_rel_name(existing) : NULL;
	if (row->schemaname == NULL || row->tablename == NULL ||
		(a->action == CAL_ADVICE_DROP && row->indexname == NULL))
		return false;
	row->method = get_am_name(a->index.am);
	row->ddl = ddl_of(a);
	name_columns(&a->index, row);
	sum_served(a, workload, row);
	fill_numbers(a, row);
	row->verified = verified(a);
	row->reason = reason(a, row);
	return true;
}

/* The query ids of a row, as an array. */
static Datum
query_ids(const CalAdviceRow *row)
{
	Datum		ids[CAL_ADVICE_SERVED];

	for (int i = 0; i < row->nqueryids; i++)
		ids[i] = Int64GetDatum((int64) row->queryid[i]);
	return PointerGetDatum(construct_array_builtin(ids, row->nqueryids,
												   INT8OID));
}

/* The names of its columns, as an array. */
static Datum
column_names(const CalAdviceRow *row)
{
	Datum		names[CAL_INDEX_KEYS];

	for (int i = 0; i < row->ncolumns; i++)
		names[i] = CStringGetTextDatum(row->column[i]);
	return PointerGetDatum(construct_array_builtin(names, row->ncolumns,
												   TEXTOID));
}

/* Hand a row over. */
static void
put_row(ReturnSetInfo *rsinfo, const CalAdviceRow *row)
{
	const char *texts[] = {cal_advice_action(row->action), row->schemaname,
	row->tablename, row->indexname, row->method};
	double		numbers[] = {row->total_usec / 1000.0, row->share,
		row->cost_before, row->cost_after, row->benefit, row->rows_filtered
	};
	Datum		values[COLUMNS] = {Int32GetDatum(row->rank)};
	bool		nulls[COLUMNS] = {0};
	int			i = 1;

	for (int j = 0; j < lengthof(texts); j++, i++)
	{
		nulls[i] = texts[j] == NULL;
		if (texts[j])
			values[i] = CStringGetTextDatum(texts[j]);
	}
	values[i++] = column_names(row);
	values[i++] = CStringGetTextDatum(row->ddl);
	values[i++] = query_ids(row);
	values[i++] = Int64GetDatum(row->calls);
	for (int j = 0; j < lengthof(numbers); j++, i++)
	{
		nulls[i] = isnan(numbers[j]);
		values[i] = Float8GetDatum(numbers[j]);
	}
	values[i++] = Int64GetDatum(row->estimated_size);
	values[i++] = Float8GetDatum(row->write_usec / 1000.0);
	values[i++] = CStringGetTextDatum(row->verified);
	values[i++] = CStringGetTextDatum(row->reason);
	Assert(i == COLUMNS);
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

/* The tables that advice is limited to. */
static List *
list_tables(ArrayType *array)
{
	List	   *list = NIL;
	Datum	   *oid;
	bool	   *isnull;
	int			n;

	deconstruct_array(array, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &oid,
					  &isnull, &n);
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			list = lappend_oid(list, DatumGetObjectId(oid[i]));
	if (list == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tables must name at least one table"),
				 errhint("Leave it out, or use NULL, for all tables.")));
	return list;
}

/* Tell those who wait. */
static void
progress(const char *phase, int done, int total, double saved)
{
	cal_advisor_progress(MyProcPid, phase, done, total, saved);
}

/* What is asked for; each argument that makes no sense is an error. */
static void
read_arguments(FunctionCallInfo fcinfo, CalChoice *choice)
{
	memset(choice, 0, sizeof(*choice));
	choice->budget = PG_ARGISNULL(0) ? INFINITY : PG_GETARG_INT64(0);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(4) || PG_ARGISNULL(5))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("time_limit, include_drops and min_benefit must not be null")));
	choice->deadline = deadline(PG_GETARG_INTERVAL_P(1));
	choice->max_indexes = PG_ARGISNULL(2) ? PG_INT32_MAX : PG_GETARG_INT32(2);
	choice->tables = PG_ARGISNULL(3) ? NIL
		: list_tables(PG_GETARG_ARRAYTYPE_P(3));
	choice->drops = PG_GETARG_BOOL(4);
	choice->min_benefit = PG_GETARG_FLOAT8(5);
	choice->memory = (Size) cal_advisor_memory * 1024;
	choice->progress = progress;
	if (choice->budget <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("budget must be greater than zero")));
	if (choice->max_indexes < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of indexes must be greater than zero")));
	if (!(choice->min_benefit >= 0 && choice->min_benefit <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_benefit must be between 0 and 1")));
}

/* Hand the advice over, and keep it for who asks for it later. */
static void
deliver(ReturnSetInfo *rsinfo, const CalWorkload *workload, List *advice)
{
	CalAdviceRow *row = palloc(sizeof(CalAdviceRow));
	ListCell   *lc;
	int			rank = 0;

	cal_advice_begin(MyDatabaseId, GetUserId(), GetCurrentTimestamp(),
					 superuser());
	foreach(lc, advice)
	{
		if (!describe(lfirst(lc), workload, row))
			continue;
		row->rank = ++rank;
		put_row(rsinfo, row);
		cal_advice_put(row);
	}
	cal_advice_end();
}

/* Which indexes would help the statements that the caller may see. */
Datum
caliper_advise_indexes_0_1(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	CalWorkload *workload;
	CalChoice	choice;

	cal_memory_require();
	read_arguments(fcinfo, &choice);
	InitMaterializedSRF(fcinfo, 0);
	cal_memory_require_columns(rsinfo->setDesc->natts, COLUMNS);
	cal_advisor_begin(MyProcPid);
	PG_TRY();
	{
		workload = cal_workload_load();
		deliver(rsinfo, workload, cal_select(workload, &choice));
	}
	PG_FINALLY();
	{
		cal_advisor_end(MyProcPid, choice.left_out);
	}
	PG_END_TRY();
	return (Datum) 0;
}
