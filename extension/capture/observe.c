/*
 * observe.c
 *		Has the plans of sampled executions read.
 *
 * Owns: a few places for executions under way that are not measured.  With pg_caliper.track at top,
 * what functions and triggers run is not counted; but an index may help it, so
 * the plan of a sample is read all the same.  Called by the hooks, for sampled
 * executions only.  Core itself takes their time, as it does for whoever asks.
 * A place is freed by a reset callback on the executor's memory.  When all are
 * taken, an execution is not observed.  Takes no lock.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"

#include "capture/clock.h"
#include "capture/observe.h"
#include "capture/plan_reader.h"
#include "capture/text.h"

#define PLACES	8

typedef struct Place
{
	QueryDesc  *queryDesc;		/* NULL if free */
	CalTextKey	key;
	uint32		weight;
	Instrumentation time;
	MemoryContextCallback release;
} Place;

int			cal_observe_count = 0;

static CAL_LARGE Place places[PLACES];

/* A sampled execution that is measured has ended. */
void
cal_observe_measured(const CalExecution *ex)
{
	CalObserved seen = {.queryDesc = ex->queryDesc};

	seen.key.id = ex->key.queryid;
	seen.key.userid = ex->key.userid;
	seen.key.dbid = ex->key.dbid;
	seen.nested = !ex->key.toplevel;
	seen.weight = ex->sampled;
	seen.usec = ex->usec;
	cal_plan_reader_observe(&seen);
}

/* The place of an execution, or a free one; or NULL. */
static Place *
find(const QueryDesc *queryDesc)
{
	for (int i = 0; i < PLACES; i++)
		if (places[i].queryDesc == queryDesc)
			return &places[i];
	return NULL;
}

/* The executor's memory goes away, and so does the execution. */
static void
release(void *arg)
{
	Place	   *place = arg;

	if (place->queryDesc)
		cal_observe_count--;
	place->queryDesc = NULL;
}

/* A sampled execution has been started. */
void
cal_observe_begin(QueryDesc *queryDesc, uint32 weight)
{
	uint64		queryid = CAL_QUERY_ID(queryDesc->plannedstmt);
	Place	   *place = queryid ? find(NULL) : NULL;

	if (place == NULL)
		return;
	place->queryDesc = queryDesc;
	place->key.id = cal_text_group(queryid);
	place->key.userid = GetUserId();
	place->key.dbid = MyDatabaseId;
	place->weight = weight;
	if (queryDesc->totaltime == NULL)
	{
		InstrInit(&place->time, INSTRUMENT_ALL);
		queryDesc->totaltime = &place->time;
	}
	place->release.func = release;
	place->release.arg = place;
	MemoryContextRegisterResetCallback(queryDesc->estate->es_query_cxt,
									   &place->release);
	cal_observe_count++;
}

/* The work of an execution is done, triggers and all. */
void
cal_observe_end(QueryDesc *queryDesc)
{
	Place	   *place = find(queryDesc);
	const Instrumentation *time = queryDesc->totaltime;
	CalObserved seen = {.queryDesc = queryDesc,.nested = true};

	if (place == NULL)
		return;
	seen.key = place->key;
	seen.weight = place->weight;
	if (time)
		seen.usec = (uint64) (time->total * 1000000.0) +
			INSTR_TIME_GET_MICROSEC(time->counter);
	cal_clock_read();
	cal_plan_reader_observe(&seen);
}
