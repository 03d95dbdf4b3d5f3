/*
 * read_statements.c
 *		The numbers behind caliper.statements.
 *
 * Owns: nothing beyond a call.  Called by SQL.  Statements are merged partition
 * by partition (slab_merge.c) and made rows of at once; the total, of which each
 * has its share, is summed up before.  Takes no lock itself.
 */
#include "postgres.h"

#include <math.h>

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "platform/privilege.h"
#include "read/read_text.h"
#include "store/names.h"
#include "store/slab_merge.h"
#include "version_compat.h"

#define COLUMNS	38
#define QUERY	7				/* the column that has the text, if any has */

/* The rows under construction. */
typedef struct Rows
{
	CalRow		row;
	bool		texts;			/* else notes in their place */
	double		total_usec;		/* of everybody, at top level */

	/* The latest answers of the catalogs, since rows come in runs. */
	bool		sees_all;
	Oid			asked;
	bool		answer;
	Oid			userid;
	text	   *usename;
	Oid			dbid;
	text	   *datname;
	int			application;	/* -1: none yet */
	text	   *application_name;
} Rows;

/* Whether the caller may see a user's statements. */
static bool
may_see(Rows *r, Oid userid)
{
	if (r->sees_all)
		return true;
	if (userid != r->asked)
	{
		r->answer = cal_privilege_sees(userid);
		r->asked = userid;
	}
	return r->answer;
}

/* Whether any execution has; that of a cursor lasts until it is closed. */
static bool
has_ended(const CalCounters *c)
{
	return c->calls > 0 && (c->max_usec > 0 || c->exec_usec == 0);
}

/* Percentiles between min and max; where these are the same, nothing is asked. */
static void
put_quantiles(CalRow *row, const CalStatement *s)
{
	static const double q[] = {0.5, 0.95, 0.99};
	double		min = (double) s->counters.min_usec;
	double		max = (double) s->counters.max_usec;
	double		quantile[lengthof(q)] = {max, max, max};

	if (min < max)
		cal_hist_quantiles_within(&s->hist,
								  cal_hist_cell(s->counters.min_usec),
								  cal_hist_cell(s->counters.max_usec),
								  q, lengthof(q), quantile);
	for (int i = 0; i < lengthof(q); i++)
		cal_row_ms(row, has_ended(&s->counters)
				   ? Max(min, Min(rint(quantile[i]), max)) : NAN);
}

/*
 * Times: min, max, mean, deviation, percentiles, and the share of all.  No
 * more digits are given than mean something.
 */
static void
put_times(CalRow *row, const CalStatement *s, double total_usec)
{
	const CalCounters *c = &s->counters;
	double		n = (double) c->calls;
	double		sum = (double) c->exec_usec;
	double		mean = n > 0 ? sum / n : NAN;
	double		variance = c->sum_squares / n - mean * mean;

	cal_row_ms(row, sum);
	cal_row_ms(row, has_ended(c) ? (double) c->min_usec : NAN);
	cal_row_ms(row, has_ended(c) ? (double) c->max_usec : NAN);
	cal_row_ms(row, mean);
	cal_row_ms(row, n > 0 ? sqrt(Max(variance, 0.0)) : NAN);
	put_quantiles(row, s);
	cal_row_float(row, total_usec > 0
				  ? rint(sum / total_usec * 1e9) / 1e9 : NAN);
}

/* Blocks and write-ahead log. */
static void
put_usage(CalRow *row, const CalUsage *u)
{
	for (int i = 0; i < CAL_NBLOCKS; i++)
		cal_row_int(row, u->blocks[i]);
	cal_row_ms(row, (double) u->read_usec);
	cal_row_ms(row, (double) u->write_usec);
	cal_row_int(row, u->wal_records);
	cal_row_int(row, u->wal_fpi);
	cal_row_int(row, (int64) u->wal_bytes);
}

/* A name as a text; none if what it names is gone. */
static text *
as_text(const char *name)
{
	return name ? cstring_to_text(name) : NULL;
}

/* Put such a name. */
static void
put_name(CalRow *row, text *name)
{
	if (name)
		cal_row_datum(row, PointerGetDatum(name));
	else
		cal_row_null(row);
}

/* Who ran it, and where. */
static void
put_owner(Rows *r, const CalStatementKey *key)
{
	if (key->userid != r->userid)
	{
		r->usename = as_text(GetUserNameFromId(key->userid, true));
		r->userid = key->userid;
	}
	if (key->dbid != r->dbid)
	{
		r->datname = as_text(get_database_name(key->dbid));
		r->dbid = key->dbid;
	}
	cal_row_oid(&r->row, key->userid);
	put_name(&r->row, OidIsValid(key->userid) ? r->usename : NULL);
	cal_row_oid(&r->row, key->dbid);
	put_name(&r->row, OidIsValid(key->dbid) ? r->datname : NULL);
}

/* Under which application, id and level; nothing of others. */
static void
put_identity(Rows *r, const CalStatementKey *key, bool known)
{
	if (!known)
	{
		cal_row_nulls_to(&r->row, r->row.n + 3);
		return;
	}
	if (r->application != key->application)
	{
		r->application_name = as_text(cal_names_get(key->application));
		r->application = key->application;
	}
	put_name(&r->row, r->application_name);
	if (key->queryid == 0)
		cal_row_null(&r->row);
	else
		cal_row_int(&r->row, (int64) key->queryid);
	cal_row_bool(&r->row, key->toplevel);
}

/* What it is: its text is behind, a note alone in front of its identity. */
static void
put_statement(Rows *r, const CalStatementKey *key, const char *note, bool known)
{
	if (!r->texts)
		cal_row_text(&r->row, note);
	put_identity(r, key, known);
	if (r->texts && note)
		cal_row_text(&r->row, note);
	else if (r->texts)
		cal_read_text(&r->row, key->queryid, key->userid, key->dbid);
}

/* The row is complete; a text is of no use any more. */
static void
end_row(Rows *r)
{
	CalRow	   *row = &r->row;

	cal_row_end(row);
	if (r->texts && !row->nulls[QUERY])
		pfree(DatumGetPointer(row->values[QUERY]));
}

/* What stands in for a text, or NULL. */
static const char *
note_of(const CalStatementKey *key, bool visible, bool other)
{
	if (!visible)
		return CAL_HIDDEN_TEXT;
	if (other)
		return "(other)";
	return key->queryid == 0 ? "(failed without a query id)" : NULL;
}

/* A row, as far as the caller may see it. */
static void
put_row(Rows *r, const CalStatement *s, bool visible, bool other)
{
	CalRow	   *row = &r->row;
	const CalCounters *c = &s->counters;

	put_owner(r, &s->key);
	put_statement(r, &s->key, note_of(&s->key, visible, other),
				  visible && !other);
	if (!visible)
	{
		cal_row_nulls_to(row, COLUMNS);
		end_row(r);
		return;
	}
	cal_row_int(row, (int64) c->calls);
	cal_row_int(row, (int64) c->errors);
	cal_row_int(row, (int64) c->rows);
	put_times(row, s, r->total_usec);
	cal_row_int(row, (int64) c->plans);
	cal_row_ms(row, (double) c->plan_usec);
	put_usage(row, &c->usage);
	cal_row_time(row, c->since);
	end_row(r);
}

/* Rather a hint than an empty view. */
static void
hint_query_ids(void)
{
	if (!IsQueryIdEnabled())
		ereport(WARNING,
				(errmsg("no statements are recorded while \"compute_query_id\" is off"),
				 errhint("Set \"compute_query_id\" to \"auto\" or \"on\".")));
}

CAL_FUNCTION(caliper_statements_0_1);
CAL_FUNCTION(caliper_statements_counters_0_1);

/* A row per statement. */
static void
put_statements(FunctionCallInfo fcinfo, bool texts)
{
	Rows		rows = {.application = -1,.texts = texts};
	CalMerge	merge = {0};
	CalStatement *other;

	cal_result_begin(fcinfo, &rows.row, COLUMNS);
	hint_query_ids();
	other = palloc0(sizeof(CalStatement));
	rows.sees_all = cal_privilege_sees_all();
	rows.total_usec = cal_merge_total();
	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		cal_merge_partition(&merge, p, other);
		for (int i = 0; i < merge.n; i++)
			put_row(&rows, &merge.statement[i],
					may_see(&rows, merge.statement[i].key.userid), false);
		CHECK_FOR_INTERRUPTS();
	}
	if (other->counters.last != 0)
		put_row(&rows, other, rows.sees_all, true);
}

/* caliper.statements_raw(): the columns of caliper.statements. */
Datum
caliper_statements_0_1(PG_FUNCTION_ARGS)
{
	put_statements(fcinfo, true);
	return (Datum) 0;
}

/* caliper.statements_counters(): without texts. */
Datum
caliper_statements_counters_0_1(PG_FUNCTION_ARGS)
{
	put_statements(fcinfo, false);
	return (Datum) 0;
}
