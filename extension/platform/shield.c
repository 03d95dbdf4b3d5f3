/*
 * shield.c
 *		Runs what might raise an error, and lets none out.
 *
 * Owns: nothing beyond a call.  Called by capture/ for work that a user's
 * statement must not fail for: catalog look-ups, output functions, explaining
 * a plan, writing to the log.  What such work took (memory, locks, pins,
 * references to catalog entries) is given back even if it fails, without the
 * cost of a subtransaction; it must not write to the database.
 *
 * Cancel and termination requests wait until it is done.  Never called after
 * an error, while the transaction is about to abort.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "platform/shield.h"

/* What has to be put back as it was. */
typedef struct Before
{
	MemoryContext context;
	ResourceOwner owner;
	uint32		holdoff;
	uint32		cancel_holdoff;
} Before;

/* What was made for the work; NULL as long as it was not. */
typedef struct Made
{
	MemoryContext volatile context;
	ResourceOwner volatile owner;
} Made;

/* Give back what the work took. */
static void
release(const Made *made, bool ok)
{
	if (made->owner)
	{
		ResourceOwnerRelease(made->owner, RESOURCE_RELEASE_BEFORE_LOCKS,
							 ok, false);
		ResourceOwnerRelease(made->owner, RESOURCE_RELEASE_LOCKS,
							 ok, false);
		ResourceOwnerRelease(made->owner, RESOURCE_RELEASE_AFTER_LOCKS,
							 ok, false);
		ResourceOwnerDelete(made->owner);
	}
	if (made->context)
		MemoryContextDelete(made->context);
}

/* Leave the state of error, in which raising one has put the process. */
static void
recover(const Before *before)
{
	MemoryContextSwitchTo(before->context);
	FlushErrorState();
	LWLockReleaseAll();
	ConditionVariableCancelSleep();
	pgstat_report_wait_end();
	InterruptHoldoffCount = before->holdoff + 1;
	QueryCancelHoldoffCount = before->cancel_holdoff;
}

/* Run the work; false if it failed. */
bool
cal_shield(CalShielded work, void *arg)
{
	Before		before = {CurrentMemoryContext, CurrentResourceOwner,
	InterruptHoldoffCount, QueryCancelHoldoffCount};
	Made		made = {NULL, NULL};
	volatile bool ok = false;

	HOLD_INTERRUPTS();
	PG_TRY();
	{
		made.context = AllocSetContextCreate(before.context, "pg_caliper",
											 ALLOCSET_DEFAULT_SIZES);
		made.owner = ResourceOwnerCreate(before.owner, "pg_caliper");
		CurrentResourceOwner = made.owner;
		MemoryContextSwitchTo(made.context);
		work(arg);
		ok = true;
	}
	PG_CATCH();
	{
		recover(&before);
	}
	PG_END_TRY();

	MemoryContextSwitchTo(before.context);
	CurrentResourceOwner = before.owner;
	release(&made, ok && before.owner != NULL);
	RESUME_INTERRUPTS();
	return ok;
}

/*
 * Run the work, and let no warning out: to scan or parse a statement again
 * would repeat those of the first time.
 */
bool
cal_shield_quietly(CalShielded work, void *arg)
{
	int			client_messages = client_min_messages;
	int			log_messages = log_min_messages;
	bool		ok;

	client_min_messages = log_min_messages = ERROR;
	ok = cal_shield(work, arg);
	client_min_messages = client_messages;
	log_min_messages = log_messages;
	return ok;
}
