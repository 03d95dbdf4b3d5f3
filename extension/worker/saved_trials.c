/*
 * saved_trials.c
 *		Trials of indexes in a save file.
 *
 * Owns: the layout of this kind of record.  A trial whose statements' counters
 * were reset is of no use any more and is left out; the others go by the reset
 * that is current after loading.  The statements themselves come before them in
 * the file, and if some got lost, their origin shows it.  The store copies under
 * its lock into memory allocated before.  Never raises.
 */
#include "postgres.h"

#include <math.h>

#include "store/statements.h"
#include "store/trials.h"
#include "worker/saved.h"

#define SUM_MAX (PG_INT64_MAX / 4)

/* Save all. */
static void
save_trials(CalSaver *saver)
{
	CalTrial   *all = cal_saver_alloc(saver, CAL_TRIALS_MAX * sizeof(CalTrial));
	int			n;

	if (all == NULL)
		return;
	n = cal_trials_copy(all);
	for (int i = 0; i < n; i++)
	{
		if (all[i].epoch != cal_statements_epoch())
			continue;
		cal_saver_put(saver, &all[i], sizeof(CalTrial));
		cal_saver_end(saver, &cal_saved_trials);
	}
	pfree(all);
}

/* Whether these can be the numbers of a statement. */
static bool
statement_ok(const CalTrialStatement *s)
{
	return s->calls <= SUM_MAX && s->usec <= SUM_MAX && isfinite(s->squares) &&
		s->squares >= 0 && s->writes <= 1 && s->searches <= 1;
}

/* Whether this can be a trial. */
static bool
trial_ok(const CalTrial *trial)
{
	if (!OidIsValid(trial->relid) || !OidIsValid(trial->indexrelid) ||
		!cal_saved_time_ok(trial->at) || trial->action > CAL_TRIAL_DROP ||
		*(const uint8 *) &trial->advised > 1 ||
		trial->nstatements > CAL_TRIAL_STATEMENTS ||
		memchr(trial->name, '\0', NAMEDATALEN) == NULL ||
		memchr(trial->definition, '\0', CAL_TRIAL_DEFINITION) == NULL)
		return false;
	for (int i = 0; i < trial->nstatements; i++)
		if (!statement_ok(&trial->statement[i]))
			return false;
	return true;
}

/* Take one over. */
static bool
load_trial(CalTaker *taker)
{
	CalTrial	trial;

	if (!cal_taker_take(taker, &trial, sizeof(trial)) ||
		!cal_taker_done(taker) || !trial_ok(&trial))
		return false;
	trial.epoch = cal_statements_epoch();
	cal_trials_note(&trial);
	return true;
}

const CalSavedKind cal_saved_trials = {12, 1, save_trials, load_trial};
