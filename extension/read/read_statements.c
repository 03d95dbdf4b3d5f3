/*
 * read_statements.c
 *		The numbers behind caliper.statements.
 *
 * Owns: nothing beyond a call.  Called by SQL.  Statements are merged partition
 * by partition (merge.c); of each, what its row needs is kept until all are
 * known, since the share of each is that of the total that the caller may see.
 * Takes no lock itself.
 */
#include "postgres.h"

#include <math.h>

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "platform/privilege.h"
#include "read/merge.h"
#include "read/result.h"
#include "store/names.h"
#include "version_compat.h"

#define COLUMNS	38

/* A statement, as its row needs it. */
typedef struct Line
{
	CalStatementKey key;
	bool		visible;
	double		quantile[3];	/* usec */
	CalCounters counters;
} Line;

typedef struct Lines
{
	Line	   *line;
	int			n;
	int			room;
	double		total_usec;		/* of what is visible, at top level */
	CalRow		row;

	/* The latest answers of the catalogs, since rows come in runs. */
	bool		sees_all;
	Oid			asked;
	bool		answer;
	Oid			userid;
	char	   *usename;
	Oid			dbid;
	char	   *datname;
} Lines;

/* Whether the caller may see a user's statements. */
static bool
may_see(Lines *l, Oid userid)
{
	if (l->sees_all)
		return true;
	if (userid != l->asked)
	{
		l->answer = cal_privilege_sees(userid);
		l->asked = userid;
	}
	return l->answer;
}

/* Keep what the row of a statement needs. */
static void
keep(Lines *l, const CalStatement *s, bool visible)
{
	static const double q[] = {0.5, 0.95, 0.99};
	Line	   *line;

	if (l->n == l->room)
	{
		l->room = Max(1024, 2 * l->room);
		l->line = l->line ? repalloc_huge(l->line, l->room * sizeof(Line))
			: palloc_extended(l->room * sizeof(Line), MCXT_ALLOC_HUGE);
	}
	line = &l->line[l->n++];
	line->key = s->key;
	line->visible = visible;
	if (!visible)
		return;
	line->counters = s->counters;
	cal_hist_quantiles(&s->hist, q, 3, line->quantile);
	if (s->key.toplevel || s->key.userid == InvalidOid)
		l->total_usec += (double) s->counters.exec_usec;
}

/* Times: min, max, mean, deviation, percentiles, and the share of all. */
static void
put_times(CalRow *row, const Line *line, double total_usec)
{
	const CalCounters *c = &line->counters;
	double		n = (double) c->calls;
	double		sum = (double) c->exec_usec;
	double		mean = n > 0 ? sum / n : NAN;
	double		variance = c->sum_squares / n - mean * mean;

	cal_row_ms(row, sum);
	cal_row_ms(row, n > 0 ? (double) c->min_usec : NAN);
	cal_row_ms(row, n > 0 ? (double) c->max_usec : NAN);
	cal_row_ms(row, mean);
	cal_row_ms(row, n > 0 ? sqrt(Max(variance, 0.0)) : NAN);
	for (int i = 0; i < 3; i++)
		cal_row_ms(row, n > 0 ? Max((double) c->min_usec,
									Min(line->quantile[i],
										(double) c->max_usec)) : NAN);
	cal_row_float(row, total_usec > 0 ? sum / total_usec : NAN);
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

/* Who ran it, and where. */
static void
put_owner(Lines *l, const CalStatementKey *key)
{
	if (key->userid != l->userid)
	{
		l->usename = GetUserNameFromId(key->userid, true);
		l->userid = key->userid;
	}
	if (key->dbid != l->dbid)
	{
		l->datname = get_database_name(key->dbid);
		l->dbid = key->dbid;
	}
	cal_row_oid(&l->row, key->userid);
	cal_row_text(&l->row, OidIsValid(key->userid) ? l->usename : NULL);
	cal_row_oid(&l->row, key->dbid);
	cal_row_text(&l->row, OidIsValid(key->dbid) ? l->datname : NULL);
}

/* What it is, given the note that stands in for a text. */
static void
put_identity(CalRow *row, const CalStatementKey *key, const char *note)
{
	cal_row_text(row, note);
	cal_row_text(row, cal_names_get(key->application));
	if (note)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) key->queryid);
	cal_row_bool(row, key->toplevel);
}

/* A row, as far as the caller may see it. */
static void
put_line(Lines *l, const Line *line, bool other)
{
	CalRow	   *row = &l->row;
	const CalCounters *c = &line->counters;

	put_owner(l, &line->key);
	if (!line->visible)
	{
		cal_row_text(row, CAL_HIDDEN_TEXT);
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
		return;
	}
	if (other)
	{
		cal_row_text(row, "(other)");
		cal_row_nulls_to(row, 8);
	}
	else
		put_identity(row, &line->key, line->key.queryid == 0
					 ? "(failed without a query id)" : NULL);
	cal_row_int(row, (int64) c->calls);
	cal_row_int(row, (int64) c->errors);
	cal_row_int(row, (int64) c->rows);
	put_times(row, line, l->total_usec);
	cal_row_int(row, (int64) c->plans);
	cal_row_ms(row, (double) c->plan_usec);
	put_usage(row, &c->usage);
	cal_row_time(row, c->since);
	cal_row_end(row);
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

/* caliper.statements_counters(): a row per statement, without its text. */
Datum
caliper_statements_0_1(PG_FUNCTION_ARGS)
{
	Lines		lines = {0};
	CalMerge	merge = {0};
	CalStatement *other;
	bool		has_other;

	cal_result_begin(fcinfo, &lines.row, COLUMNS);
	hint_query_ids();
	other = palloc0(sizeof(CalStatement));
	lines.sees_all = cal_privilege_sees_all();
	for (int p = 0; p < CAL_PARTITIONS; p++)
	{
		cal_merge_partition(&merge, p, other);
		for (int i = 0; i < merge.n; i++)
			keep(&lines, &merge.statement[i],
				 may_see(&lines, merge.statement[i].key.userid));
		CHECK_FOR_INTERRUPTS();
	}
	has_other = other->counters.last != 0;
	if (has_other)
		keep(&lines, other, lines.sees_all);
	for (int i = 0; i < lines.n; i++)
		put_line(&lines, &lines.line[i], has_other && i == lines.n - 1);
	return (Datum) 0;
}
