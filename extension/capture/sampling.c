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

QueryDesc  *cal_sampling_chosen = NULL;
uint32		cal_sampling_count = 0;
uint32		cal_sampling_seen[CAL_SAMPLE_SEEN];

static uint32 spent = 0;		/* credit used up */
static uint32 refilled = 0;		/* the count up to which it was refilled */

/* Spend credit on a new statement; 16 executions bring one back. */
bool
cal_sampling_first(uint64 id)
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
