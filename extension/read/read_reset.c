/*
 * read_reset.c
 *		Forgets what was collected: caliper.reset().
 *
 * Owns: the list of what can be reset.  Called by SQL; the right to execute is
 * its only guard, so it is taken from PUBLIC when the extension is created.
 * Each store resets itself under its own lock.  Afterwards the worker is asked
 * to save at once, so that a crash does not bring back what is gone.
 *
 * The normalised texts of statements stay: core shows a statement's text only
 * while it is parsed, so the statements that clients keep prepared would have
 * none from here on.  Nobody sees them without a statement that uses them, and
 * those out of use make room for others.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "fmgr.h"
#include "platform/memory.h"
#include "store/advice.h"
#include "store/alerts.h"
#include "store/blocking.h"
#include "store/events.h"
#include "store/heartbeat.h"
#include "store/history.h"
#include "store/pools.h"
#include "store/pools_server.h"
#include "store/predicates.h"
#include "store/refusals.h"
#include "store/samples.h"
#include "store/sightings.h"
#include "store/statements.h"
#include "store/texts.h"
#include "store/trials.h"

CAL_FUNCTION(caliper_reset_0_1);

typedef struct Kind
{
	const char *name;
	void		(*reset) (void);
} Kind;

/* Slow executions, and their plans, which may contain constants. */
static void
reset_slow(void)
{
	cal_events_reset();
	cal_texts_reset(CAL_TEXT_PLAN);
}

/* Pools, and the peaks of the server. */
static void
reset_pools(void)
{
	cal_pools_reset();
	cal_server_reset();
}

/* Everything that index advice is made of. */
static void
reset_predicates(void)
{
	cal_predicates_reset();
	cal_sightings_reset();
	cal_samples_reset();
}

static const Kind kinds[] = {
	{"statements", cal_statements_reset},
	{"slow", reset_slow},
	{"pools", reset_pools},
	{"refusals", cal_refusals_reset},
	{"blocking", cal_blocking_reset},
	{"alerts", cal_alerts_reset},
	{"history", cal_history_reset},
	{"predicates", reset_predicates},
	{"advice", cal_advice_reset},
	{"trials", cal_trials_reset},
};

/* Say what there is. */
static void
complain(const char *name)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfoString(&list, "all");
	for (int i = 0; i < lengthof(kinds); i++)
		appendStringInfo(&list, ", %s", kinds[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized kind of statistics: \"%s\"", name),
			 errhint("Kinds are: %s.", list.data)));
}

/* Reset one kind, or all of them. */
Datum
caliper_reset_0_1(PG_FUNCTION_ARGS)
{
	const char *name;
	bool		all;
	bool		known;

	cal_memory_require();
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	all = strcmp(name, "all") == 0;
	known = all;
	for (int i = 0; i < lengthof(kinds); i++)
		known |= strcmp(name, kinds[i].name) == 0;
	if (!known)
		complain(name);

	for (int i = 0; i < lengthof(kinds); i++)
		if (all || strcmp(name, kinds[i].name) == 0)
			kinds[i].reset();
	cal_heartbeat_request_save();
	PG_RETURN_VOID();
}
