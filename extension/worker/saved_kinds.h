/*
 * saved_kinds.h
 *		All kinds of record of a save file, in the order of writing.
 */
#ifndef CAL_WORKER_SAVED_KINDS_H
#define CAL_WORKER_SAVED_KINDS_H

#include "worker/saved.h"

/* Statements before their texts: should a file be full, numbers go first. */
static const CalSavedKind *const cal_saved_kinds[] = {
	&cal_saved_statements,
	&cal_saved_others,
	&cal_saved_texts,
	&cal_saved_plans,
	&cal_saved_events,
	&cal_saved_predicates,
	&cal_saved_sightings,
	&cal_saved_trials,
	&cal_saved_pools,
	&cal_saved_refusals,
	&cal_saved_history_pools,
	&cal_saved_history,
};

#endif							/* CAL_WORKER_SAVED_KINDS_H */
