/*
 * read_info.c
 *		What pg_caliper says about itself: caliper.info.
 *
 * Owns: the order of the rows and the words that explain them.  Called by SQL.
 * Each store reports its own numbers and takes its own lock; what concerns
 * versions, settings and the worker is added here.  Shows nothing that belongs
 * to a user, so everybody may read it.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "version_compat.h"

#include "platform/memory.h"
#include "platform/settings.h"
#include "read/result.h"
#include "store/advice.h"
#include "store/alerts.h"
#include "store/blocking.h"
#include "store/events.h"
#include "store/groups.h"
#include "store/heartbeat.h"
#include "store/history_read.h"
#include "store/names.h"
#include "store/pools.h"
#include "store/advisor.h"
#include "store/predicates.h"
#include "store/refusals.h"
#include "store/sightings.h"
#include "store/slab.h"
#include "store/statements.h"
#include "store/texts.h"
#include "store/trials.h"
#include "store/waits.h"

#define COLUMNS			5
#define LIBRARY_VERSION	"0.1"	/* default_version in pg_caliper.control */
#define STALLED_SECONDS	120		/* no beat for so long, and it hangs */

CAL_FUNCTION(caliper_info_raw_0_1);

/* Put a row; NAN stands for no value, NULL for no unit or no detail. */
static void
put(CalRow *row, const char *component, const char *name, double value,
	const char *unit, const char *detail)
{
	cal_row_text(row, component);
	cal_row_text(row, name);
	cal_row_float(row, value);
	cal_row_text(row, unit);
	cal_row_text(row, detail);
	cal_row_end(row);
}

/* The same for the stores, which know numbers only. */
static void
emit(void *arg, const char *component, const char *name, double value,
	 const char *unit)
{
	put(arg, component, name, value, unit, NULL);
}

/* Seconds since then; NAN if that never was. */
static double
age(TimestampTz then)
{
	if (then == 0)
		return NAN;
	return Max(0, GetCurrentTimestamp() - then) / (double) USECS_PER_SEC;
}

/* What is running. */
static void
put_versions(CalRow *row)
{
	put(row, "version", "library", atof(LIBRARY_VERSION), NULL,
		LIBRARY_VERSION);
	put(row, "version", "server",
		atof(GetConfigOption("server_version_num", false, false)), NULL,
		GetConfigOption("server_version", false, false));
}

/* Whether statements can be told apart at all. */
static void
put_capture(CalRow *row)
{
	const char *detail = NULL;

	if (cal_track == CAL_TRACK_NONE)
		detail = "nothing is measured: set pg_caliper.track to top or all";
	put(row, "capture", "tracking", cal_track != CAL_TRACK_NONE, "0 or 1",
		detail);
	detail = NULL;
	if (!IsQueryIdEnabled())
		detail = "no query ids, so nothing is recorded: set compute_query_id to auto or on";
	put(row, "capture", "query_ids", IsQueryIdEnabled(), "0 or 1", detail);
}

/* The memory of each store, and all of it. */
static void
put_memory(CalRow *row)
{
	Size		total = 0;

	for (int i = 0; i < cal_memory_areas(); i++)
	{
		Size		size;
		const char *name = cal_memory_area(i, &size);

		total += size;
		put(row, name, "memory", size, "bytes", NULL);
	}
	put(row, "total", "memory", total, "bytes",
		"shared memory, fixed at server start");
}

/* Whether the background worker is alive. */
static void
put_worker(CalRow *row, const CalHeartbeat *h)
{
	double		beat = h->pid == 0 ? NAN : age(h->beat);
	const char *detail = NULL;

	if (h->pid == 0)
		detail = "not running: waits and blocking are not sampled, there are no alerts, and nothing is saved before shutdown";
	else if (beat > STALLED_SECONDS)
		detail = "it hangs: waits and blocking are not sampled, there are no alerts, and nothing is saved";
	put(row, "worker", "pid", h->pid == 0 ? NAN : h->pid, "process id",
		detail);
	put(row, "worker", "uptime", h->pid == 0 ? NAN : age(h->started), "s",
		NULL);
	put(row, "worker", "last_beat_age", beat, "s", NULL);
}

/* What was taken over at server start. */
static void
put_loaded(CalRow *row, const CalLoaded *loaded)
{
	char	   *detail = NULL;

	if (loaded->file)
		detail = psprintf("from %s, saved at %s", loaded->file,
						  timestamptz_to_str(loaded->saved_at));
	put(row, "save", "loaded", loaded->records, "records", detail);
	put(row, "save", "loaded_left_out", loaded->left_out, "records", NULL);
	put(row, "save", "set_aside", loaded->set_aside, "files",
		loaded->set_aside > 0 ?
		"damaged save files, renamed to *.bad; see the server log" : NULL);
}

/* What became of the collected numbers on disk. */
static void
put_saves(CalRow *row, const CalHeartbeat *h)
{
	const CalSaved *saved = &h->saved;
	TimestampTz latest = Max(saved->at, h->loaded.saved_at);
	const char *detail = NULL;

	if (!cal_save)
		detail = "off: set pg_caliper.save to on";
	else if (latest != 0)
		detail = pstrdup(timestamptz_to_str(latest));
	put(row, "save", "last_save_age", age(latest), "s", detail);
	put(row, "save", "last_save_size", saved->at == 0 ? NAN : saved->bytes,
		"bytes", NULL);
	put(row, "save", "saves", saved->saves, "files", NULL);
	put(row, "save", "failures", saved->failures, "files",
		saved->failures > 0 ? "see the server log" : NULL);
	put(row, "save", "left_out", saved->left_out, "records",
		saved->left_out > 0 ? "the save file is as long as it may be" : NULL);
	put_loaded(row, &h->loaded);
}

/* How far back one of the logs of the history reaches. */
static void
put_reach(CalRow *row, const char *log, const CalHistoryReach *reach,
		  int wanted_s)
{
	double		reaches = age(reach->from);
	const char *detail = NULL;

	if (cal_history_interval == 0)
		detail = "off: set pg_caliper.history_interval";
	else if (reach->overwritten && !(reaches >= wanted_s))
		detail = "overwritten early: increase pg_caliper.history_memory";
	put(row, "history", psprintf("%s_reach", log), reaches, "s", detail);
	put(row, "history", psprintf("%s_points", log), reach->points, "points",
		NULL);
	put(row, "history", psprintf("%s_points_max", log), reach->points_max,
		"points", NULL);
}

/* The history. */
static void
put_history(CalRow *row)
{
	CalHistoryStatus status;

	cal_history_status(&status);
	put_reach(row, "fine", &status.log[CAL_HISTORY_FINE], cal_history_fine);
	put_reach(row, "coarse", &status.log[CAL_HISTORY_COARSE],
			  cal_history_coarse);
	put(row, "history", "holes", status.holes, "holes", status.holes == 0 ?
		NULL : "stretches in which the background worker was away");
}

/* What each store says about itself. */
static void
put_stores(CalRow *row)
{
	cal_slab_info(emit, row);
	cal_statements_info(emit, row);
	cal_texts_info(emit, row);
	cal_groups_info(emit, row);
	cal_names_info(emit, row);
	cal_events_info(emit, row);
	cal_waits_info(emit, row);
	cal_pools_info(emit, row);
	cal_refusals_info(emit, row);
	cal_blocking_info(emit, row);
	cal_alerts_info(emit, row);
	cal_predicates_info(emit, row);
	cal_sightings_info(emit, row);
	cal_advisor_info(emit, row);
	cal_advice_info(emit, row);
	cal_trials_info(emit, row);
}

/* The rows behind caliper.info. */
Datum
caliper_info_raw_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalHeartbeat heartbeat;

	cal_result_begin(fcinfo, &row, COLUMNS);
	cal_heartbeat_read(&heartbeat);
	put_versions(&row);
	put_capture(&row);
	put_memory(&row);
	put_stores(&row);
	put_history(&row);
	put_worker(&row, &heartbeat);
	put_saves(&row, &heartbeat);
	return (Datum) 0;
}
