/*
 * sampling.c
 *		Which executions are looked at more closely.
 *
 * Owns: this backend's count of executions and its credit for statements that
 * are new to it.  Called by execution.c before the executor starts.  Takes no
 * lock, reads no clock.
 */
#include "postgres.h"

#include "capture/sampling.h"

uint32		cal_sampling_count = 0;

static uint32 spent = 0;		/* credit used up */
static uint32 refilled = 0;		/* the count up to which it was refilled */

/* Spend credit on a new statement; 16 executions bring one back. */
bool
cal_sampling_first(void)
{
	uint32		earned = (cal_sampling_count - refilled) / 16;

	refilled += earned * 16;
	spent -= Min(earned, spent);
	if (spent >= CAL_SAMPLE_CREDIT)
		return false;
	spent++;
	return true;
}
