/*
 * read_predicates.c
 *		The rows behind caliper.predicates.
 *
 * Owns nothing beyond a call.  Called by SQL.  Copies what the store holds,
 * then makes rows of it.  Names of tables and columns can be looked up for
 * the current database only; elsewhere columns are shown by number.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/predicates.h"

#define COLUMNS	20
#define SLACK	16				/* what may come in while we allocate */

static const char *const role_names[] = {
	[CAL_ROLE_COMPARE] = "compare",
	[CAL_ROLE_IN] = "in",
	[CAL_ROLE_NULL] = "is null",
	[CAL_ROLE_JOIN] = "join",
	[CAL_ROLE_ORDER] = "order",
	[CAL_ROLE_GROUP] = "group",
};

/* The name of a column, or its number. */
static char *
name_of(const CalPredicate *p, AttrNumber attno)
{
	char	   *name = NULL;

	if (p->key.dbid == MyDatabaseId)
		name = get_attname(p->key.relid, attno, true);
	return name ? name : psprintf("%d", attno);
}

/* The operator of a column with its role, as far as it can be named here. */
static char *
role_of(const CalPredicate *p, const CalPredicateColumn *c)
{
	char	   *op = NULL;

	if (OidIsValid(c->op) && p->key.dbid == MyDatabaseId)
		op = get_opname(c->op);
	return op ? psprintf("%s %s", role_names[c->role], op)
		: pstrdup(role_names[c->role]);
}

/* Put an array of texts. */
static void
put_texts(CalRow *row, Datum *texts, int n)
{
	cal_row_datum(row, PointerGetDatum(construct_array_builtin(texts, n, TEXTOID)));
}

/* The columns, and beside them what was done with each. */
static void
put_columns(CalRow *row, const CalPredicate *p)
{
	Datum		names[CAL_PREDICATE_COLUMNS];
	Datum		roles[CAL_PREDICATE_COLUMNS];

	for (int i = 0; i < p->ncolumns; i++)
	{
		const CalPredicateColumn *c = &p->column[i];

		names[i] = CStringGetTextDatum(name_of(p, c->attno));
		roles[i] = CStringGetTextDatum(role_of(p, c));
	}
	put_texts(row, names, p->ncolumns);
	put_texts(row, roles, p->ncolumns);
}

/* The columns that were set; 0 stands for those with high numbers. */
static void
put_updated(CalRow *row, const CalPredicate *p)
{
	Datum		names[128];
	int			n = 0;

	for (int i = 0; i < lengthof(names); i++)
		if (p->updated[i / 64] & (UINT64CONST(1) << (i % 64)))
			names[n++] = CStringGetTextDatum(name_of(p, i));
	put_texts(row, names, n);
}

/* Schema and name of the table, in the current database. */
static void
put_table(CalRow *row, const CalPredicate *p)
{
	char	   *name = NULL;

	if (p->key.dbid == MyDatabaseId)
		name = get_rel_name(p->key.relid);
	cal_row_oid(row, p->key.relid);
	cal_row_text(row, name ?
				 get_namespace_name(get_rel_namespace(p->key.relid)) : NULL);
	cal_row_text(row, name);
}

/* One entry, as far as the caller may see it. */
static void
put_predicate(CalRow *row, const CalPredicate *p)
{
	cal_row_oid(row, p->key.userid);
	cal_row_oid(row, p->key.dbid);
	if (cal_privilege_sees(p->key.userid))
	{
		double		samples = p->samples;

		put_table(row, p);
		cal_row_int(row, (int64) p->key.queryid);
		put_columns(row, p);
		cal_row_bool(row, p->others);
		cal_row_bool(row, p->clipped);
		cal_row_int(row, (int64) p->samples);
		cal_row_int(row, (int64) p->executions);
		cal_row_float(row, p->rows_filtered / samples);
		cal_row_float(row, p->rows_returned / samples);
		cal_row_float(row, p->rows_inserted / samples);
		cal_row_float(row, p->rows_updated / samples);
		cal_row_float(row, p->rows_deleted / samples);
		put_updated(row, p);
		cal_row_ms(row, p->usec);
		cal_row_time(row, p->last);
	}
	cal_row_nulls_to(row, COLUMNS);
	cal_row_end(row);
}

CAL_FUNCTION(caliper_predicates_0_1);

/* caliper.predicates_raw(): a row per statement, user, database and table. */
Datum
caliper_predicates_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalPredicate *all;
	int			n;

	cal_result_begin(fcinfo, &row, COLUMNS);
	n = cal_predicates_count() + SLACK;
	all = palloc_extended(n * sizeof(CalPredicate), MCXT_ALLOC_HUGE);
	n = cal_predicates_copy(all, n, NULL);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_predicate(&row, &all[i]);
	}
	return (Datum) 0;
}
