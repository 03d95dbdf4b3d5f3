/*
 * settings.h
 *		The settings pg_caliper.*, read by every room.
 */
#ifndef CAL_SETTINGS_H
#define CAL_SETTINGS_H

#include "platform/alert_kinds.h"
#include "platform/local.h"

typedef enum CalTrack
{
	CAL_TRACK_NONE,				/* nothing */
	CAL_TRACK_TOP,				/* statements that clients send */
	CAL_TRACK_ALL				/* and those inside functions */
}			CalTrack;

typedef enum CalPlanFormat
{
	CAL_PLAN_OFF,
	CAL_PLAN_TEXT,
	CAL_PLAN_JSON
}			CalPlanFormat;

/* The thresholds in force for one application, in ms; -1 is off. */
typedef struct CalThresholds
{
	int			slow;			/* for caliper.slow_statements */
	int			log;			/* for the server log */
} CalThresholds;

/* collecting */
CAL_LOCAL int cal_track;
extern double cal_sample_rate;
extern int	cal_slow_min_duration;	/* ms */
extern int	cal_log_min_duration;	/* ms */
extern int	cal_log_rate_limit; /* lines per second */
extern int	cal_log_parameter_max_length;	/* bytes; -1 all, 0 off */
extern int	cal_log_plan;
extern bool cal_sample_parameters;
extern char *cal_pool_label;

/* Where application_name lay when it was last looked at; NULL: look again. */
CAL_LOCAL const char *cal_name_seen;
extern char *cal_application_thresholds;

/* sizes, fixed at server start */
extern int	cal_max_statements;
extern int	cal_text_memory;	/* kB */
extern int	cal_max_text_length;	/* bytes */
extern int	cal_slow_events;
extern int	cal_plan_memory;	/* kB */
extern int	cal_max_pools;
extern int	cal_max_predicates;
extern int	cal_sample_memory;	/* kB */
extern int	cal_advisor_memory; /* kB */

/* worker */
extern bool cal_save;
extern int	cal_save_interval;	/* s */
extern int	cal_wait_sample_interval;	/* ms */
extern int	cal_history_memory; /* kB */
extern int	cal_history_fine;	/* s */
extern int	cal_history_coarse; /* s */
extern int	cal_history_interval;	/* ms */
extern int	cal_log_connection_usage;	/* percent; -1 off */

/* alerts, in ms; -1 is off */
extern int	cal_log_min_idle_in_transaction;
extern int	cal_log_min_held;
extern int	cal_log_min_lock_wait;

/* No execution shorter than this needs a closer look; in microseconds. */
CAL_LOCAL uint64 cal_threshold_floor;

extern void cal_settings_define(void);
extern CalThresholds cal_settings_thresholds(const char *application);

#endif							/* CAL_SETTINGS_H */
