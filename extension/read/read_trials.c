/*
 * read_trials.c
 *		The rows behind caliper.index_trials.
 *
 * Owns nothing beyond a call.  Called by SQL.  Brings together what the
 * statements of a trial had cost when an index came or went (store/trials.c)
 * and what they have cost by now, in the current database.  Whether the
 * transaction that did it has committed, the catalogs tell: an index that came
 * must be there, or have gone later; one that went must not be.
 *
 * What an index is called and how it is defined is in the catalogs for
 * everybody; of the statements, those of other users show whose they are and
 * nothing else.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "platform/privilege.h"
#include "read/result.h"
#include "store/slab_merge_sums.h"
#include "store/statements.h"
#include "store/trials.h"

#define COLUMNS	21

CAL_FUNCTION(caliper_index_trials_0_1);

/* What has been read. */
typedef struct Trials
{
	CalTrial   *trial;
	int			n;
	CalSums    *sums;			/* now */
} Trials;

/* Whether a relation exists, as far as this transaction can see. */
static bool
exists(Oid relid)
{
	return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid));
}

/* Whether an index that was created went away later. */
static bool
went_later(const Trials *t, const CalTrial *trial)
{
	for (int i = 0; i < t->n; i++)
		if (t->trial[i].indexrelid == trial->indexrelid &&
			t->trial[i].dbid == trial->dbid &&
			t->trial[i].action == CAL_TRIAL_DROP &&
			t->trial[i].number > trial->number)
			return true;
	return false;
}

/* Whether a trial is of this database, and has happened. */
static bool
is_real(const Trials *t, const CalTrial *trial)
{
	if (trial->dbid != MyDatabaseId || !exists(trial->relid))
		return false;
	if (trial->action == CAL_TRIAL_DROP)
		return !exists(trial->indexrelid);
	return exists(trial->indexrelid) || went_later(t, trial);
}

/* The index, and what was done with it. */
static void
put_index(CalRow *row, const CalTrial *trial)
{
	cal_row_int(row, (int64) trial->number);
	cal_row_text(row, trial->action == CAL_TRIAL_DROP ? "drop" : "create");
	cal_row_oid(row, trial->relid);
	cal_row_oid(row, trial->indexrelid);
	cal_row_foreign_text(row, trial->name, strlen(trial->name),
						 GetDatabaseEncoding());
	if (trial->definition[0])
		cal_row_foreign_text(row, trial->definition, strlen(trial->definition),
							 GetDatabaseEncoding());
	else
		cal_row_null(row);
	cal_row_time(row, trial->at);
	cal_row_oid(row, trial->userid);
	cal_row_bool(row, trial->advised);
	cal_row_int(row, trial->nstatements);
}

/* Calls, time in ms, and the sum of its squares in ms squared. */
static void
put_sums(CalRow *row, uint64 calls, uint64 usec, double squares)
{
	cal_row_int(row, (int64) calls);
	cal_row_ms(row, (double) usec);
	cal_row_float(row, squares / 1e6);
}

/* A statement of a trial, then and now. */
static void
put_statement(CalRow *row, const Trials *t, const CalTrial *trial,
			  const CalTrialStatement *s)
{
	CalSum		now;
	bool		known;

	cal_row_oid(row, s->userid);
	if (cal_privilege_sees(s->userid))
	{
		known = cal_sums_of(t->sums, s->userid, s->queryid, trial->at, &now);
		cal_row_int(row, (int64) s->queryid);
		cal_row_bool(row, s->writes != 0);
		cal_row_bool(row, s->searches != 0);
		put_sums(row, s->calls, s->usec, s->squares);
		if (known)
			put_sums(row, now.calls, now.usec, now.squares);
		cal_row_nulls_to(row, COLUMNS - 1);
		cal_row_bool(row, known && trial->epoch == cal_statements_epoch() &&
					 now.origin == s->origin && now.calls >= s->calls &&
					 now.usec >= s->usec);
	}
}

/* The rows of a trial: one for each statement, at least one. */
static void
put_trial(CalRow *row, const Trials *t, const CalTrial *trial)
{
	for (int i = 0; i == 0 || i < trial->nstatements; i++)
	{
		put_index(row, trial);
		if (i < trial->nstatements)
			put_statement(row, t, trial, &trial->statement[i]);
		cal_row_nulls_to(row, COLUMNS);
		cal_row_end(row);
	}
}

/* caliper.index_trials_raw(): a row for each trial and statement. */
Datum
caliper_index_trials_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	Trials		t = {0};

	cal_result_begin(fcinfo, &row, COLUMNS);
	t.trial = palloc(CAL_TRIALS_MAX * sizeof(CalTrial));
	t.n = cal_trials_copy(t.trial);
	t.sums = cal_sums_load(MyDatabaseId);
	for (int i = 0; i < t.n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (is_real(&t, &t.trial[i]))
			put_trial(&row, &t, &t.trial[i]);
	}
	cal_sums_free(t.sums);
	pfree(t.trial);
	return (Datum) 0;
}
