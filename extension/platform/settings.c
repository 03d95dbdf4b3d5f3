/*
 * settings.c
 *		The settings pg_caliper.*, read by every room.
 *
 * Owns: their variables, defaults, ranges and words.  Called once by
 * _PG_init; the variables are read everywhere.  Settings that change what is
 * collected are superuser's, those that size memory need a restart, and only
 * the label of a pool is free for everybody.  Takes no lock.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "platform/settings.h"
#include "platform/thresholds.h"

CAL_HOT int cal_track = CAL_TRACK_TOP;
double		cal_sample_rate = 0.0;
int			cal_slow_min_duration = 500;
int			cal_log_min_duration = -1;
int			cal_log_rate_limit = 10;
int			cal_log_parameter_max_length = 0;
int			cal_log_plan = CAL_PLAN_TEXT;
bool		cal_sample_parameters = true;
char	   *cal_pool_label = NULL;
CAL_HOT const char *cal_name_seen = NULL;
char	   *cal_application_thresholds = NULL;

int			cal_max_statements = 5000;
int			cal_text_memory = 4096;
int			cal_max_text_length = 2048;
int			cal_slow_events = 1000;
int			cal_plan_memory = 1536;
int			cal_max_pools = 384;
int			cal_max_predicates = 4096;
int			cal_sample_memory = 2048;
int			cal_advisor_memory = 262144;

bool		cal_save = true;
int			cal_save_interval = 60;
int			cal_wait_sample_interval = 100;

int			cal_history_memory = 4096;
int			cal_history_fine = 600;
int			cal_history_coarse = 86400;
int			cal_history_interval = 1000;
int			cal_log_min_idle_in_transaction = -1;
int			cal_log_min_held = -1;
int			cal_log_min_lock_wait = -1;
int			cal_log_connection_usage = -1;

static const struct config_enum_entry track_options[] = {
	{"none", CAL_TRACK_NONE, false},
	{"top", CAL_TRACK_TOP, false},
	{"all", CAL_TRACK_ALL, false},
	{NULL, 0, false}
};

static const struct config_enum_entry plan_options[] = {
	{"off", CAL_PLAN_OFF, false},
	{"text", CAL_PLAN_TEXT, false},
	{"json", CAL_PLAN_JSON, false},
	{"none", CAL_PLAN_OFF, true},
	{NULL, 0, false}
};

typedef struct IntSetting
{
	const char *name;
	const char *brief;
	const char *detail;
	int		   *variable;
	int			min;
	int			max;
	GucContext	context;
	int			flags;
	GucIntAssignHook assign;
} IntSetting;

static const IntSetting int_settings[] = {
	{"pg_caliper.slow_min_duration",
		"Sets the minimum execution time above which an execution is kept in caliper.slow_statements.",
		"-1 keeps none, 0 keeps all. pg_caliper.application_thresholds goes first.",
		&cal_slow_min_duration, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
	cal_thresholds_assign_slow},
	{"pg_caliper.log_min_duration",
		"Sets the minimum execution time above which an execution is logged.",
		"-1 logs none, 0 logs all. pg_caliper.application_thresholds goes first.",
		&cal_log_min_duration, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
	cal_thresholds_assign_log},
	{"pg_caliper.log_rate_limit",
		"Sets the maximum number of lines that all sessions together log per second.",
		"What is suppressed is counted and reported with the next line. 0 removes the limit.",
	&cal_log_rate_limit, 0, 1000000, PGC_SUSET, 0},
	{"pg_caliper.log_parameter_max_length",
		"Sets the maximum length in bytes of each bind parameter kept and logged with an execution.",
		"0 keeps no parameters, -1 keeps them as long as there is room.",
	&cal_log_parameter_max_length, -1, 1024, PGC_SUSET, GUC_UNIT_BYTE},
	{"pg_caliper.max_statements",
		"Sets the number of statements kept in shared memory.",
		"What exceeds it is added up in the row (other).",
	&cal_max_statements, 100, 1000000, PGC_POSTMASTER, 0},
	{"pg_caliper.text_memory",
		"Sets the memory for the texts of statements.",
		NULL,
	&cal_text_memory, 64, 1048576, PGC_POSTMASTER, GUC_UNIT_KB},
	{"pg_caliper.max_text_length",
		"Sets the length in bytes at which the text of a statement is clipped.",
		NULL,
	&cal_max_text_length, 64, 32768, PGC_SUSET, GUC_UNIT_BYTE},
	{"pg_caliper.slow_events",
		"Sets the number of executions that caliper.slow_statements holds.",
		"The oldest are overwritten.",
	&cal_slow_events, 10, 1000000, PGC_POSTMASTER, 0},
	{"pg_caliper.plan_memory",
		"Sets the memory for the plans of slow executions.",
		NULL,
	&cal_plan_memory, 64, 1048576, PGC_POSTMASTER, GUC_UNIT_KB},
	{"pg_caliper.max_pools",
		"Sets the number of pools of connections that are told apart.",
		"Connections beyond it are added up in the pool (other).",
	&cal_max_pools, 16, 32000, PGC_POSTMASTER, 0},
	{"pg_caliper.max_predicates",
		"Sets the number of observed predicates kept for the index advisor.",
		NULL,
	&cal_max_predicates, 64, 1000000, PGC_POSTMASTER, 0},
	{"pg_caliper.sample_memory",
		"Sets the memory for samples of statements with the values of their parameters.",
		"What finds no room, even in place of others, is counted in caliper.info.",
	&cal_sample_memory, 64, 1048576, PGC_POSTMASTER, GUC_UNIT_KB},
	{"pg_caliper.advisor_memory",
		"Sets the memory that one call of caliper.advise_indexes() may take.",
		"Statements beyond that, those with the least time, are left out.",
	&cal_advisor_memory, 8192, 16777216, PGC_SUSET, GUC_UNIT_KB},
	{"pg_caliper.save_interval",
		"Sets the time between two saves of the collected statistics.",
		"0 saves at shutdown only.",
	&cal_save_interval, 0, 86400, PGC_SIGHUP, GUC_UNIT_S},
	{"pg_caliper.wait_sample_interval",
		"Sets the time between two samples of what running statements wait for.",
		"0 turns sampling off; then the times in caliper.slow_statements cannot be told apart.",
	&cal_wait_sample_interval, 0, 10000, PGC_SIGHUP, GUC_UNIT_MS},
	{"pg_caliper.history_memory",
		"Sets the memory for the history of pools.",
		"The oldest points are overwritten.",
	&cal_history_memory, 64, 1048576, PGC_POSTMASTER, GUC_UNIT_KB},
	{"pg_caliper.history_fine",
		"Sets how long the history of pools keeps every point.",
		"With pg_caliper.history_coarse, this also says how the memory is divided.",
	&cal_history_fine, 60, 604800, PGC_POSTMASTER, GUC_UNIT_S},
	{"pg_caliper.history_coarse",
		"Sets how long the history of pools keeps a point per minute.",
		NULL,
	&cal_history_coarse, 600, 31536000, PGC_POSTMASTER, GUC_UNIT_S},
	{"pg_caliper.history_interval",
		"Sets the time between two points of the history of pools.",
		"0 keeps no history.",
	&cal_history_interval, 0, 3600000, PGC_SIGHUP, GUC_UNIT_MS},
	{"pg_caliper.log_min_idle_in_transaction",
		"Sets the minimum time that a session is idle in transaction above which it is reported.",
		"-1 reports none, 0 reports all. Each time is reported once.",
		&cal_log_min_idle_in_transaction, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
	cal_thresholds_assign_idle},
	{"pg_caliper.log_min_held",
		"Sets the minimum time that a transaction holds its connection above which it is reported.",
		"-1 reports none, 0 reports all. Each transaction is reported once.",
		&cal_log_min_held, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
	cal_thresholds_assign_held},
	{"pg_caliper.log_min_lock_wait",
		"Sets the minimum time that a session waits for a lock above which it is reported, with the holder.",
		"-1 reports none, 0 reports all. Each wait is reported once.",
		&cal_log_min_lock_wait, -1, INT_MAX, PGC_SUSET, GUC_UNIT_MS,
	cal_thresholds_assign_lock},
	{"pg_caliper.log_connection_usage",
		"Sets the share of the connections in use, in percent, above which it is reported.",
		"-1 reports nothing. It is reported again only after the share has been lower.",
	&cal_log_connection_usage, -1, 100, PGC_SIGHUP, 0},
};

/* Define the settings whose value is a number. */
static void
define_ints(void)
{
	for (int i = 0; i < lengthof(int_settings); i++)
	{
		const IntSetting *s = &int_settings[i];

		DefineCustomIntVariable(s->name, s->brief, s->detail, s->variable,
								*s->variable, s->min, s->max, s->context,
								s->flags, NULL, s->assign, NULL);
	}
}

/* Assign hook of the label: both names are to be looked at again. */
static void
assign_label(const char *newval, void *extra)
{
	cal_name_seen = NULL;
}

/* Define the settings whose value is a name or a text. */
static void
define_texts(void)
{
	DefineCustomEnumVariable("pg_caliper.track",
							 "Selects which statements are measured.",
							 "top: those that clients send; all: also those inside functions.",
							 &cal_track, CAL_TRACK_TOP, track_options,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_caliper.log_plan",
							 "Selects the format in which the plan of a slow execution is kept.",
							 NULL,
							 &cal_log_plan, CAL_PLAN_TEXT, plan_options,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	/* reported to the client, so that PgBouncer can follow it */
	DefineCustomStringVariable("pg_caliper.pool",
							   "Names the client's connection pool that this connection belongs to.",
							   "Set it in the connection string, e.g. options=-cpg_caliper.pool=cache.",
							   &cal_pool_label, "", PGC_USERSET,
							   GUC_IS_NAME | GUC_REPORT,
							   NULL, assign_label, NULL);
	DefineCustomStringVariable("pg_caliper.application_thresholds",
							   "Sets the minimum execution times per application.",
							   "A list of application:slow[/log], for example 'report:5s, web:200ms/1s'.",
							   &cal_application_thresholds, "", PGC_SUSET,
							   GUC_LIST_INPUT,
							   cal_thresholds_check, cal_thresholds_assign,
							   NULL);
}

/* Define every setting; _PG_init calls it before anything else. */
void
cal_settings_define(void)
{
	define_ints();
	define_texts();
	DefineCustomRealVariable("pg_caliper.sample_rate",
							 "Sets the fraction of the faster executions that are kept as well.",
							 "0 keeps only those above the threshold, 1 keeps all.",
							 &cal_sample_rate, 0.0, 0.0, 1.0, PGC_SUSET, 0,
							 NULL, cal_thresholds_assign_rate, NULL);
	DefineCustomBoolVariable("pg_caliper.sample_parameters",
							 "Keeps a few executions of each statement, with the values of their parameters, for index advice.",
							 "They are kept in shared memory only, are shown by no view, and are written to no file and no log. They serve only to plan a statement again, for somebody who has the rights of its user.",
							 &cal_sample_parameters, true, PGC_SUSET, 0,
							 NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_caliper.save",
							 "Saves the collected statistics across server restarts.",
							 NULL,
							 &cal_save, true, PGC_SIGHUP, 0,
							 NULL, NULL, NULL);
	MarkGUCPrefixReserved("pg_caliper");
}
