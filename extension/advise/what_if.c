/*
 * what_if.c
 *		caliper.what_if(): what a statement would cost with other indexes.
 *
 * Owns: nothing that lasts.  Called by SQL.  A statement that the caller wrote
 * is planned as the caller; one that was captured, as its own user, for who
 * has that user's rights.  Nothing is run, created or dropped.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "advise/ddl.h"
#include "advise/exprstats.h"
#include "advise/sandbox.h"
#include "advise/size.h"
#include "advise/workload.h"
#include "platform/memory.h"

#define COLUMNS 7
#define MS_MAX	60000			/* statement_timeout may be shorter */

CAL_FUNCTION(caliper_what_if_0_1);
CAL_FUNCTION(caliper_what_if_queryid_0_1);

/* What is to be tried. */
typedef struct Trial
{
	CalWorkload *workload;		/* where tables are kept */
	CalSandboxJob job;
	ArrayType  *ddl;
	CalDdl	   *change;
	int			nchanges;
	CalHypothetical **created;	/* in the order of the changes that do */
	Oid		   *dropped;
	const char *unbuilt;		/* the index that could not be built */
} Trial;

/* The statements given, as C strings. */
static void
read_array(Trial *trial)
{
	Datum	   *text_datum;
	bool	   *isnull;

	deconstruct_array_builtin(trial->ddl, TEXTOID, &text_datum, &isnull,
							  &trial->nchanges);
	trial->change = palloc0((trial->nchanges + 1) * sizeof(CalDdl));
	trial->created = palloc0((trial->nchanges + 1) * sizeof(void *));
	trial->dropped = palloc0((trial->nchanges + 1) * sizeof(Oid));
	for (int i = 0; i < trial->nchanges; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("ddl must not contain nulls")));
		trial->change[i].text = TextDatumGetCString(text_datum[i]);
	}
	if (trial->nchanges > CAL_HYPOTHETICAL_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("at most %d indexes can be tried at once",
						CAL_HYPOTHETICAL_MAX)));
}

/* An index that would be created: its size, and what its expressions hold. */
static void
add_created(Trial *trial, const CalIndex *index)
{
	CalHypothetical *h = palloc0(sizeof(CalHypothetical));
	CalTable   *table = cal_workload_table(trial->workload, index->relid);

	if (table->unusable)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("index cannot be tried: %s", table->unusable)));
	h->table = table;
	h->index = *index;
	h->index.oid = cal_hypothetical_oid();
	for (int i = 0; i < index->nkeys; i++)
		if (index->key[i].attno == 0)
			(void) cal_exprstats_get(table, index->key[i].expr);
	if (!cal_size_estimate(table, &h->index))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("index row size would exceed the maximum for an index")));
	trial->created[trial->job.nindexes++] = h;
}

/* Read the changes; in the sandbox, as who is the statement's user. */
static void
read_changes(void *arg)
{
	Trial	   *trial = arg;

	for (int i = 0; i < trial->nchanges; i++)
	{
		CalDdl	   *change = &trial->change[i];

		cal_ddl_read(change->text, change);
		if (OidIsValid(change->dropped))
			trial->dropped[trial->job.nhidden++] = change->dropped;
		else
			add_created(trial, &change->index);
	}
}

/* Plan twice: as things are, and with all the changes. */
static void
plan_both(Trial *trial, double costs[2], uint64 used[2], char *plans[2])
{
	CalSandboxJob *job = &trial->job;
	uint64		sets[2] = {0, PG_UINT64_MAX};
	int			nhidden = job->nhidden;

	job->indexes = trial->created;
	job->hidden = trial->dropped;
	job->tables = trial->workload->tables;
	for (int i = 0; i < 2; i++)
	{
		job->nsets = 1;
		job->sets = &sets[i];
		job->costs = &costs[i];
		job->used = &used[i];
		job->plans = &plans[i];
		job->nhidden = i == 0 ? 0 : nhidden;
		if (!cal_sandbox_run(job))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("statement cannot be planned"),
					 errdetail_internal("%s", job->trouble)));
	}
}

/* The given statements whose indexes the plan uses, and the size of all. */
static Datum
used_changes(const Trial *trial, uint64 used, int64 *size)
{
	Datum	   *texts = palloc((trial->nchanges + 1) * sizeof(Datum));
	int			nused = 0;
	int			created = 0;

	*size = 0;
	for (int i = 0; i < trial->nchanges; i++)
	{
		if (OidIsValid(trial->change[i].dropped))
			continue;
		*size += (int64) trial->created[created]->index.pages * BLCKSZ;
		if (used & (UINT64CONST(1) << created++))
			texts[nused++] = CStringGetTextDatum(trial->change[i].text);
	}
	return PointerGetDatum(construct_array_builtin(texts, nused, TEXTOID));
}

/* Try it, and make the row. */
static Datum
try_changes(FunctionCallInfo fcinfo, Trial *trial)
{
	TupleDesc	desc;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {0};
	double		costs[2];
	uint64		used[2];
	char	   *plans[2] = {NULL, NULL};
	const char *trouble;
	int64		size;

	(void) get_call_result_type(fcinfo, NULL, &desc);
	cal_memory_require_columns(desc ? desc->natts : 0, COLUMNS);
	read_array(trial);
	trouble = cal_sandbox_call(trial->job.owner, trial->job.search_path,
							   trial->job.ms, read_changes, trial);
	if (trouble)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("index changes cannot be tried"),
				 errdetail_internal("%s", trouble)));
	plan_both(trial, costs, used, plans);
	values[0] = Float8GetDatum(costs[0]);
	values[1] = Float8GetDatum(costs[1]);
	values[2] = Float8GetDatum(costs[0] > 0 ? 1 - costs[1] / costs[0] : 0);
	values[3] = used_changes(trial, used[1], &size);
	values[4] = Int64GetDatum(size);
	values[5] = CStringGetTextDatum(plans[0]);
	values[6] = CStringGetTextDatum(plans[1]);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

/* For a statement that the caller gives. */
Datum
caliper_what_if_0_1(PG_FUNCTION_ARGS)
{
	Trial		trial = {0};
	CalSample	sample = {0};

	cal_memory_require();
	sample.statement = text_to_cstring(PG_GETARG_TEXT_PP(0));
	sample.len = strlen(sample.statement);
	trial.ddl = PG_GETARG_ARRAYTYPE_P(1);
	trial.workload = palloc0(sizeof(CalWorkload));
	trial.job.owner = GetUserId();
	trial.job.search_path = namespace_search_path;
	trial.job.sample = &sample;
	trial.job.nsamples = 1;
	trial.job.ms = MS_MAX;
	return try_changes(fcinfo, &trial);
}

/* For a captured one. */
Datum
caliper_what_if_queryid_0_1(PG_FUNCTION_ARGS)
{
	Trial		trial = {0};
	CalWorkStatement *s;

	cal_memory_require();
	trial.ddl = PG_GETARG_ARRAYTYPE_P(1);
	trial.workload = cal_workload_load();
	s = cal_workload_find(trial.workload, (uint64) PG_GETARG_INT64(0));
	if (s == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no plan of statement " INT64_FORMAT " was observed in this database",
						PG_GETARG_INT64(0)),
				 errhint("caliper.predicates lists the statements whose plans were.")));
	if (s->trouble)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statement " INT64_FORMAT " cannot be planned",
						PG_GETARG_INT64(0)),
				 errdetail_internal("%s", s->trouble)));
	trial.job.owner = s->userid;
	trial.job.search_path = s->search_path;
	trial.job.sample = s->sample;
	trial.job.nsamples = s->nsamples;
	trial.job.ms = MS_MAX;
	return try_changes(fcinfo, &trial);
}
