/*
 * trials.c
 *		Indexes that came or went, and what statements cost until then.
 *
 * Owns: its slice of shared memory, a fixed number of trials.  Called by
 * capture/index_watch.c, which notes, by readers, the saver, and those who
 * reset.  One lock guards it: exclusive to note and reset, shared to copy.
 *
 * When it is full, the oldest trial without statements makes room, since it
 * can tell nothing; else the oldest of the role that has the most.  So who
 * creates and drops indexes all day displaces his own.  Never allocates, never
 * raises.
 */
#include "postgres.h"

#include "storage/lwlock.h"

#include "store/trials.h"

typedef struct Trials
{
	int			n;
	uint64		noted;			/* ever */
	uint64		evicted;
	CalTrial	trial[CAL_TRIALS_MAX];	/* the oldest first */
} Trials;

static Trials *trials;
static LWLock *lock;

/* Memory for what is above. */
static Size
trials_size(void)
{
	return sizeof(Trials);
}

/* The slice is there, and zero. */
static void
trials_init(void *base, LWLockPadded *locks)
{
	trials = base;
	lock = &locks[0].lock;
}

const CalArea cal_trials_area = {
	"trials", trials_size, trials_init, 1
};

/* How many trials are of a role; with the lock held. */
static int
count_of(Oid userid)
{
	int			n = 0;

	for (int i = 0; i < trials->n; i++)
		n += trials->trial[i].userid == userid;
	return n;
}

/* The trial that makes room; with the lock held. */
static int
choose_victim(void)
{
	int			victim = 0;
	int			most = 0;

	for (int i = 0; i < trials->n; i++)
		if (trials->trial[i].nstatements == 0)
			return i;
	for (int i = 0; i < trials->n; i++)
	{
		int			n = count_of(trials->trial[i].userid);

		if (n > most)
		{
			victim = i;
			most = n;
		}
	}
	return victim;
}

/* An index came or went. */
void
cal_trials_note(const CalTrial *trial)
{
	CalTrial   *to;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (trials->n == CAL_TRIALS_MAX)
	{
		int			victim = choose_victim();

		trials->n--;
		trials->evicted++;
		memmove(&trials->trial[victim], &trials->trial[victim + 1],
				(trials->n - victim) * sizeof(CalTrial));
	}
	to = &trials->trial[trials->n++];
	*to = *trial;
	to->number = ++trials->noted;
	LWLockRelease(lock);
}

/* An index has another OID by now. */
void
cal_trials_follow(Oid dbid, Oid before, Oid after)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < trials->n; i++)
		if (trials->trial[i].dbid == dbid &&
			trials->trial[i].indexrelid == before)
			trials->trial[i].indexrelid = after;
	LWLockRelease(lock);
}

/* Copy them; returns how many. */
int
cal_trials_copy(CalTrial *out)
{
	int			n;

	LWLockAcquire(lock, LW_SHARED);
	n = trials->n;
	memcpy(out, trials->trial, n * sizeof(CalTrial));
	LWLockRelease(lock);
	return n;
}

/* Forget all. */
void
cal_trials_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	trials->n = 0;
	LWLockRelease(lock);
}

/* For caliper.info. */
void
cal_trials_info(CalInfoEmit emit, void *arg)
{
	int			n;
	uint64		noted;
	uint64		evicted;

	LWLockAcquire(lock, LW_SHARED);
	n = trials->n;
	noted = trials->noted;
	evicted = trials->evicted;
	LWLockRelease(lock);

	emit(arg, "trials", "entries", n, "entries");
	emit(arg, "trials", "entries_max", CAL_TRIALS_MAX, "entries");
	emit(arg, "trials", "noted", (double) noted, "entries");
	emit(arg, "trials", "evicted", (double) evicted, "entries");
}
