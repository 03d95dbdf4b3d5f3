/*
 * shield.c
 *		Runs work that may fail without failing the user's statement.
 *
 * Owns: the rule how that is done, and this backend's count of failures.
 * Called by capture/ around work that allocates or looks into catalogs: it
 * gets a memory context of its own, interrupts wait, and an error ends it in
 * silence.  Such work takes nothing that only a transaction's abort would
 * give back, since nothing is rolled back here.  Never called while a lock of
 * ours is held, nor while an error is being handled.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "platform/shield.h"

static uint64 failures = 0;

/* How often such work failed in this backend. */
uint64
cal_shield_failures(void)
{
	return failures;
}

/* Do the work; false if it failed.  What it allocated is gone then and now. */
bool
cal_shield(CalShielded work, void *arg)
{
	MemoryContext before = CurrentMemoryContext;
	MemoryContext own = AllocSetContextCreate(before, "pg_caliper",
											  ALLOCSET_DEFAULT_SIZES);
	volatile bool done = false;
	uint32		held;

	HOLD_INTERRUPTS();
	held = InterruptHoldoffCount;
	MemoryContextSwitchTo(own);
	PG_TRY();
	{
		work(arg);
		done = true;
	}
	PG_CATCH();
	{
		/* raising an error has forgotten that interrupts are held */
		InterruptHoldoffCount = held;
		MemoryContextSwitchTo(own);
		FlushErrorState();
		failures++;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	MemoryContextDelete(own);
	RESUME_INTERRUPTS();
	return done;
}
