/*
 * heartbeat.c
 *		What the background worker and the save files are up to.
 *
 * Owns: a small slice of shared memory with the worker's process id and last
 * beat, the outcome of loading and saving, and the number of saves asked for.
 * Called by worker/, by those who reset (request) and by caliper.info (read).
 * One lock guards all of it.  The postmaster takes it too, but only when no
 * other process is there.  Never allocates or reports under the lock.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

#include "store/heartbeat.h"

typedef struct Shared
{
	CalHeartbeat heartbeat;
	uint64		requests;		/* of a save at once */
	Latch	   *latch;			/* the worker's, while it runs */
} Shared;

static Shared *shared = NULL;
static LWLock *lock = NULL;

/* Memory for what is below. */
static Size
heartbeat_size(void)
{
	return sizeof(Shared);
}

/* The slice is there, and zero. */
static void
heartbeat_init(void *base, LWLockPadded *locks)
{
	shared = base;
	lock = &locks[0].lock;
}

const CalArea cal_heartbeat_area = {
	"worker", heartbeat_size, heartbeat_init, 1
};

/* The worker is there. */
void
cal_heartbeat_begin(void)
{
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->heartbeat.pid = MyProcPid;
	shared->heartbeat.started = now;
	shared->heartbeat.beat = now;
	shared->latch = MyLatch;
	LWLockRelease(lock);
}

/* The worker is still there. */
void
cal_heartbeat_beat(TimestampTz now)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->heartbeat.beat = now;
	LWLockRelease(lock);
}

/* The worker goes. */
void
cal_heartbeat_end(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->heartbeat.pid = 0;
	shared->latch = NULL;
	LWLockRelease(lock);
}

/* How often a save was asked for; a save answers all earlier requests. */
uint64
cal_heartbeat_requests(void)
{
	uint64		requests;

	LWLockAcquire(lock, LW_SHARED);
	requests = shared->requests;
	LWLockRelease(lock);
	return requests;
}

/* A snapshot was written, or could not be. */
void
cal_heartbeat_saved(bool ok, uint64 bytes, uint64 left_out)
{
	TimestampTz now = GetCurrentTimestamp();
	CalSaved   *saved = &shared->heartbeat.saved;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (ok)
	{
		saved->at = now;
		saved->bytes = bytes;
		saved->left_out = left_out;
		saved->saves++;
	}
	else
		saved->failures++;
	LWLockRelease(lock);
}

/* The save files were looked at. */
void
cal_heartbeat_loaded(const CalLoaded *loaded)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->heartbeat.loaded = *loaded;
	LWLockRelease(lock);
}

/*
 * Ask the worker to save at once, so that what was just reset does not come
 * back after a crash.  Without a worker there are no saves to correct but the
 * one of the latest shutdown.
 */
void
cal_heartbeat_request_save(void)
{
	Latch	   *latch;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	shared->requests++;
	latch = shared->latch;
	LWLockRelease(lock);
	if (latch)
		SetLatch(latch);
}

/* All there is to tell. */
void
cal_heartbeat_read(CalHeartbeat *out)
{
	LWLockAcquire(lock, LW_SHARED);
	*out = shared->heartbeat;
	LWLockRelease(lock);
}
