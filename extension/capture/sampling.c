/*
 * sampling.c
 *		Which executions are looked at more closely.
 *
 * Owns: this backend's count of executions, which statements it has looked at,
 * and its credit for new ones.  Called by the hooks before the executor
 * starts.  Takes no lock, reads no clock.
 */
#include "postgres.h"

#include "capture/sampling.h"

#define CREDIT	64				/* new statements in a row, at most */

CAL_HOT QueryDesc *cal_sampling_chosen = NULL;
CAL_HOT uint32 cal_sampling_count = 0;
uint32		cal_sampling_seen[CAL_SAMPLE_SEEN];

static uint32 spent = 0;		/* credit used up */
static uint32 refilled = 0;		/* the count up to which it was refilled */

/* Spend credit on a new statement; 16 executions bring one back. */
static bool
spend_credit(uint64 id)
{
	uint32		earned = (cal_sampling_count - refilled) / 16;

	refilled += earned * 16;
	spent -= Min(earned, spent);
	if (spent >= CREDIT)
		return false;
	spent++;
	cal_sampling_seen[id & (CAL_SAMPLE_SEEN - 1)] = (uint32) (id >> 32);
	return true;
}

/* Decide about a statement that is new, or whose turn may have come. */
void
cal_sampling_decide(QueryDesc *queryDesc)
{
	const PlannedStmt *plan = queryDesc->plannedstmt;
	uint32		every = plan->planTree->total_cost > CAL_SAMPLE_COST
	? 8 : CAL_SAMPLE_EVERY;

	if ((cal_sampling_count & (every - 1)) != 0 &&
		!(cal_sampling_is_new(queryDesc) &&
		  spend_credit((uint64) plan->queryId)))
		return;
	cal_sampling_chosen = queryDesc;
	queryDesc->instrument_options |= INSTRUMENT_ROWS;
}
