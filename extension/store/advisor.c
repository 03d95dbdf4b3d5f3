/*
 * advisor.c
 *		How far the advisor is, for those who wait for it.
 *
 * Owns: a few words of shared memory, about the latest call of
 * caliper.advise_indexes() in the cluster.  Called by the advisor, and by the
 * reader of caliper.info.  One lock guards it all, and is held for some copies
 * only.  An older call that still runs is not shown any more.
 */
#include "postgres.h"

#include "storage/lwlock.h"

#include "store/advisor.h"

#define PHASE_MAX 32

typedef struct Progress
{
	int			pid;			/* 0: nobody asks */
	int			done;
	int			total;
	int			left_out;		/* statements; by the call that ended last */
	double		saved;
	uint64		calls;			/* since the server started */
	char		phase[PHASE_MAX];
} Progress;

static Progress *progress;
static LWLock *lock;

static Size advisor_size(void);
static void advisor_init(void *base, LWLockPadded *locks);

const CalArea cal_advisor_area = {
	"advisor", advisor_size, advisor_init, 1
};

/* Memory that is needed. */
static Size
advisor_size(void)
{
	return sizeof(Progress);
}

/* The slice is there, and zero. */
static void
advisor_init(void *base, LWLockPadded *locks)
{
	progress = base;
	lock = &locks[0].lock;
}

/* A call begins. */
void
cal_advisor_begin(int pid)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	progress->pid = pid;
	progress->calls++;
	progress->done = progress->total = 0;
	progress->saved = 0;
	strlcpy(progress->phase, "reading", PHASE_MAX);
	LWLockRelease(lock);
}

/* It has come this far. */
void
cal_advisor_progress(int pid, const char *phase, int done, int total,
					 double saved)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (progress->pid == pid)
	{
		strlcpy(progress->phase, phase, PHASE_MAX);
		progress->done = done;
		progress->total = total;
		progress->saved = saved;
	}
	LWLockRelease(lock);
}

/* It has ended, one way or the other, without so many of the statements. */
void
cal_advisor_end(int pid, int left_out)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (progress->pid == pid)
	{
		progress->pid = 0;
		progress->left_out = left_out;
	}
	LWLockRelease(lock);
}

/* The rows of caliper.info. */
void
cal_advisor_info(CalInfoEmit emit, void *arg)
{
	Progress	now;

	LWLockAcquire(lock, LW_SHARED);
	now = *progress;
	LWLockRelease(lock);
	emit(arg, "advisor", "calls", now.calls, "calls");
	emit(arg, "advisor", "left_out", now.left_out, "statements");
	emit(arg, "advisor", "running_pid", now.pid, "pid");
	if (now.pid == 0)
		return;
	emit(arg, "advisor", psprintf("%s_done", now.phase), now.done, "steps");
	emit(arg, "advisor", psprintf("%s_total", now.phase), now.total, "steps");
	emit(arg, "advisor", "saved", now.saved, "ratio");
}
