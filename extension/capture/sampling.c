/*
 * sampling.c
 *		Which executions are looked at more closely.
 *
 * Owns: this backend's count of executions, which statements it has looked at,
 * and its credit for new ones.  Called by the hooks before the executor
 * starts.  Takes no lock, reads no clock.
 *
 * A client's statements come in the same order again and again.  So that the
 * turn does not always fall on the same one of them, the count takes a step of
 * any size at each turn: it is a turn whenever the count is a multiple of twice
 * the mean distance.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "nodes/execnodes.h"

#include "capture/sampling.h"

#define CREDIT	64				/* new statements in a row, at most */

CAL_HOT QueryDesc *cal_sampling_chosen = NULL;
CAL_HOT uint32 cal_sampling_count = CAL_SAMPLE_EVERY;
uint16		cal_sampling_weight = 0;
uint32		cal_sampling_seen[CAL_SAMPLE_SEEN];

static uint32 spent = 0;		/* credit used up */
static uint32 refilled = CAL_SAMPLE_EVERY;	/* the count up to which it was */
static uint32 steps = 0;		/* state of the generator of steps */

/* Spend credit on a new statement; 16 executions or so bring one back. */
static bool
spend_credit(uint64 id)
{
	uint32		earned = (cal_sampling_count - refilled) / 32;

	refilled += earned * 32;
	spent -= Min(earned, spent);
	if (spent >= CREDIT)
		return false;
	spent++;
	cal_sampling_seen[id & (CAL_SAMPLE_SEEN - 1)] = (uint32) (id >> 32);
	return true;
}

/* Whether it is any statement's turn; if so, decide how far the next is. */
static bool
is_turn(void)
{
	if ((cal_sampling_count & (2 * CAL_SAMPLE_EVERY - 1)) != 0)
		return false;
	steps = steps * 1103515245 + 12345;
	cal_sampling_count += (steps >> 16) & (2 * CAL_SAMPLE_EVERY - 1);
	return true;
}

/* For how many executions one stands that is to be looked at; else 0. */
static uint16
weigh(const PlannedStmt *plan, uint64 id)
{
	bool		often = (cal_sampling_count & (CAL_SAMPLE_OFTEN - 1)) == 0 &&
	plan->planTree->total_cost > CAL_SAMPLE_COST;
	bool		turn = is_turn();

	if (often)
		return CAL_SAMPLE_OFTEN;
	if (turn)
		return CAL_SAMPLE_EVERY;
	return cal_sampling_is_new(id) && spend_credit(id) ? 1 : 0;
}

/* Decide about a statement that is new, or whose turn may have come. */
void
cal_sampling_decide(QueryDesc *queryDesc, uint64 id)
{
	cal_sampling_weight = weigh(queryDesc->plannedstmt, id);
	if (cal_sampling_weight == 0)
		return;
	cal_sampling_chosen = queryDesc;
	queryDesc->instrument_options |= INSTRUMENT_ROWS;
}

/*
 * The chosen execution has been started.  Of what it writes, the triggers of
 * foreign keys are to be timed, and only they: the nodes of the plan count
 * rows without reading the clock.
 */
void
cal_sampling_started(QueryDesc *queryDesc)
{
	EState	   *estate = queryDesc->estate;
	ListCell   *lc;

	if (estate->es_opened_result_relations == NIL)
		return;
	estate->es_instrument |= INSTRUMENT_TIMER;	/* of tables opened later */
	foreach(lc, estate->es_opened_result_relations)
	{
		ResultRelInfo *rel = lfirst(lc);

		for (int i = 0; rel->ri_TrigInstrument && i < rel->ri_TrigDesc->numtriggers; i++)
			if (RI_FKey_trigger_type(rel->ri_TrigDesc->triggers[i].tgfoid) !=
				RI_TRIGGER_NONE)
				rel->ri_TrigInstrument[i].need_timer = true;
	}
}
