/*
 * thresholds.c
 *		Thresholds per application: pg_caliper.application_thresholds.
 *
 * Owns: the parsed form of that setting, and where this session's thresholds
 * of alerts are kept, which the worker reads.  Called by the settings machinery
 * (check, assign) and, when a session's application changes, by capture/.
 * It is a list of application:slow[/log]; both are durations with units, and
 * -1 turns one off.  A name with a comma or colon in it stands in double
 * quotes.  Takes no lock; the parsed form lives as long as the setting.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/guc.h"

#include "platform/settings.h"
#include "platform/thresholds.h"
#include "version_compat.h"

#define MAX_APPLICATIONS 64

typedef struct Rule
{
	char		application[NAMEDATALEN];
	CalThresholds limits;
	bool		has_log;
} Rule;

typedef struct Rules
{
	int			n;
	Rule		rule[FLEXIBLE_ARRAY_MEMBER];
} Rules;

CAL_HOT uint64 cal_threshold_floor = 0;

static const Rules *rules = NULL;

static int	own_alerts[CAL_ALERT_KINDS] = {-1, -1, -1};
int		   *cal_alert_thresholds = own_alerts;

/* Step over blanks. */
static const char *
skip_blanks(const char *p)
{
	while (isspace((unsigned char) *p))
		p++;
	return p;
}

/* Read an application's name up to its colon; NULL if there is none. */
static const char *
parse_name(const char *p, Rule *rule)
{
	bool		quoted = (*p == '"');
	int			n = 0;

	if (quoted)
		p++;
	while (*p && *p != (quoted ? '"' : ':') && (quoted || *p != ','))
	{
		if (n == NAMEDATALEN - 1)
			return NULL;
		rule->application[n++] = *p++;
	}
	if (quoted && *p++ != '"')
		return NULL;
	while (!quoted && n > 0 &&
		   isspace((unsigned char) rule->application[n - 1]))
		n--;
	rule->application[n] = '\0';
	p = skip_blanks(p);
	return n > 0 && *p == ':' ? p + 1 : NULL;
}

/* Read one duration up to a slash, a comma or the end. */
static const char *
parse_duration(const char *p, int *ms)
{
	char		word[32];
	size_t		n;
	const char *hint;

	p = skip_blanks(p);
	n = strcspn(p, "/,");
	if (n >= sizeof(word))
		return NULL;
	memcpy(word, p, n);
	word[n] = '\0';
	if (!parse_int(word, ms, GUC_UNIT_MS, &hint) || *ms < -1)
	{
		if (hint)
			GUC_check_errhint("%s", hint);
		return NULL;
	}
	return p + n;
}

/* Read one rule; NULL if it is not well formed. */
static const char *
parse_rule(const char *p, Rule *rule)
{
	p = parse_name(skip_blanks(p), rule);
	if (p)
		p = parse_duration(p, &rule->limits.slow);
	if (p && *p == '/')
	{
		p = parse_duration(p + 1, &rule->limits.log);
		rule->has_log = true;
	}
	return p && (*p == ',' || *p == '\0') ? p : NULL;
}

/* Parse the whole list; false, with the reason, if it is not well formed. */
static bool
parse_rules(const char *list, Rules *parsed)
{
	const char *p = skip_blanks(list);

	while (*p)
	{
		const char *start = skip_blanks(p);

		if (parsed->n == MAX_APPLICATIONS)
		{
			GUC_check_errdetail("More than %d applications are listed.",
								MAX_APPLICATIONS);
			return false;
		}
		p = parse_rule(p, &parsed->rule[parsed->n++]);
		if (p == NULL)
		{
			GUC_check_errdetail("Expected application:slow[/log] at \"%s\".",
								start);
			return false;
		}
		if (*p == ',')
			p++;
	}
	return true;
}

/* Check hook: keep the parsed list for the assign hook. */
bool
cal_thresholds_check(char **newval, void **extra, GucSource source)
{
	Size		size = offsetof(Rules, rule) + MAX_APPLICATIONS * sizeof(Rule);
	Rules	   *parsed = CAL_GUC_MALLOC(size);

	if (parsed == NULL)
		return false;
	memset(parsed, 0, size);
	if (!parse_rules(*newval, parsed))
	{
		CAL_GUC_FREE(parsed);
		return false;
	}
	*extra = parsed;
	return true;
}

/* The lowest duration at which any of the settings in force may apply. */
static void
set_floor(int slow, int log, double rate)
{
	uint64		slow_usec = slow < 0 ? PG_UINT64_MAX : (uint64) slow * 1000;
	uint64		log_usec = log < 0 ? PG_UINT64_MAX : (uint64) log * 1000;

	cal_threshold_floor = Min(slow_usec, log_usec);
	if (rate > 0 || (rules && rules->n > 0))
		cal_threshold_floor = 0;
}

/* Assign hook: from now on these rules hold. */
void
cal_thresholds_assign(const char *newval, void *extra)
{
	rules = extra;
	set_floor(cal_slow_min_duration, cal_log_min_duration, cal_sample_rate);
}

/* Assign hooks of the settings that hold where there is no rule. */
void
cal_thresholds_assign_slow(int newval, void *extra)
{
	set_floor(newval, cal_log_min_duration, cal_sample_rate);
}

void
cal_thresholds_assign_log(int newval, void *extra)
{
	set_floor(cal_slow_min_duration, newval, cal_sample_rate);
}

void
cal_thresholds_assign_rate(double newval, void *extra)
{
	set_floor(cal_slow_min_duration, cal_log_min_duration, newval);
}

/* Assign hooks of the settings that the worker goes by. */
void
cal_thresholds_assign_idle(int newval, void *extra)
{
	cal_alert_thresholds[CAL_ALERT_IDLE] = newval;
}

void
cal_thresholds_assign_held(int newval, void *extra)
{
	cal_alert_thresholds[CAL_ALERT_HELD] = newval;
}

void
cal_thresholds_assign_lock(int newval, void *extra)
{
	cal_alert_thresholds[CAL_ALERT_LOCK] = newval;
}

/* The thresholds in force for an application in this session. */
CalThresholds
cal_settings_thresholds(const char *application)
{
	CalThresholds t = {cal_slow_min_duration, cal_log_min_duration};

	for (int i = 0; rules && i < rules->n; i++)
	{
		const Rule *rule = &rules->rule[i];

		if (strcmp(rule->application, application) != 0)
			continue;
		t.slow = rule->limits.slow;
		if (rule->has_log)
			t.log = rule->limits.log;
		break;
	}
	return t;
}
