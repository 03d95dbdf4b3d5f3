/*
 * blocking.c
 *		How long others have waited for whom, as the worker samples it.
 *
 * Owns: its slice of shared memory: a fixed number of entries, one for each
 * application, user, database and opener that was at the root of a chain of
 * waiting sessions; the last entry takes what finds no place.  One lock guards
 * them, exclusive for the worker and for a reset, shared for readers.  Beside
 * them, for each process slot, which session was last seen there at a root:
 * the worker's alone, and here so that another worker can go on.
 *
 * When all entries are in use, the one for which others waited the least is
 * given up, so a flood of names cannot push out who matters.  Never allocates
 * or reports.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "store/blocking.h"

#define OTHER	(CAL_BLOCKING_ENTRIES - 1)

/* Which session was seen blocking others, and in which look. */
typedef struct Seen
{
	int			pid;
	uint32		look;
} Seen;

typedef struct Blocking
{
	int			used;			/* entries, (other) not among them */
	uint64		evicted;
	uint64		looks;			/* that found somebody waiting */
	uint32		look;			/* the number of the present one */
	CalBlockingEntry entry[CAL_BLOCKING_ENTRIES];
	Seen		seen[FLEXIBLE_ARRAY_MEMBER];
} Blocking;

static Blocking *blocking;
static LWLock *lock;

static Size blocking_size(void);
static void blocking_init(void *base, LWLockPadded *locks);

const CalArea cal_blocking_area = {
	"blocking", blocking_size, blocking_init, 1
};

/* Memory for the entries, for each process slot, and for what has none. */
static Size
blocking_size(void)
{
	return add_size(offsetof(Blocking, seen),
					mul_size(sizeof(Seen), MaxBackends + 1));
}

/* Without any entry; with the lock, or before anybody else is there. */
static void
start(TimestampTz now)
{
	CalBlockingEntry *other = &blocking->entry[OTHER];

	blocking->used = 0;
	memset(other, 0, sizeof(*other));
	strlcpy(other->root.party.application, "(other)", NAMEDATALEN);
	other->since = now;
}

/* The slice is there, and zero. */
static void
blocking_init(void *base, LWLockPadded *locks)
{
	blocking = base;
	lock = &locks[0].lock;
	start(GetCurrentTimestamp());
}

/* The worker looks; what it saw before is one look older. */
void
cal_blocking_look(void)
{
	blocking->look++;
}

/*
 * Whether a session that is seen at a root was not in the look before.  What
 * has no slot (-1), such as a prepared transaction, counts as one session.
 */
bool
cal_blocking_begins(int procno, int pid)
{
	Seen	   *seen = &blocking->seen[procno < 0 ? MaxBackends : procno];
	bool		went_on = seen->pid == pid && seen->look > 0 &&
	(seen->look == blocking->look || seen->look + 1 == blocking->look);

	seen->pid = pid;
	seen->look = blocking->look;
	return !went_on;
}

/* Add up what was seen; with the lock. */
static void
add(CalBlocked *to, const CalBlocked *more)
{
	to->episodes += more->episodes;
	to->usec += more->usec;
	to->longest_usec = Max(to->longest_usec, more->longest_usec);
	to->waiters = Max(to->waiters, more->waiters);
	to->last_at = Max(to->last_at, more->last_at);
}

/* Give up the entry that matters least; with the lock. */
static int
evict(void)
{
	int			least = 0;

	for (int i = 1; i < blocking->used; i++)
		if (blocking->entry[i].blocked.usec < blocking->entry[least].blocked.usec)
			least = i;
	add(&blocking->entry[OTHER].blocked, &blocking->entry[least].blocked);
	blocking->evicted++;
	return least;
}

/* The entry of a root, a new one if need be; with the lock. */
static CalBlockingEntry *
entry_of(const CalRoot *root, TimestampTz now)
{
	CalBlockingEntry *entry;

	for (int i = 0; i < blocking->used; i++)
		if (memcmp(&blocking->entry[i].root, root, sizeof(CalRoot)) == 0)
			return &blocking->entry[i];
	entry = &blocking->entry[blocking->used < OTHER ? blocking->used++ : evict()];
	memset(entry, 0, sizeof(*entry));
	entry->root = *root;
	entry->since = now;
	return entry;
}

/* Others wait for this one; without a root, for some of (other). */
void
cal_blocking_add(const CalRoot *root, const CalBlocked *more)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	blocking->looks++;
	add(root ? &entry_of(root, more->last_at)->blocked :
		&blocking->entry[OTHER].blocked, more);
	LWLockRelease(lock);
}

/* Copy all entries, (other) last. */
int
cal_blocking_read(CalBlockingEntry *out)
{
	int			n;

	LWLockAcquire(lock, LW_SHARED);
	n = blocking->used;
	memcpy(out, blocking->entry, n * sizeof(CalBlockingEntry));
	out[n++] = blocking->entry[OTHER];
	LWLockRelease(lock);
	return n;
}

/* Forget all of it. */
void
cal_blocking_reset(void)
{
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(lock, LW_EXCLUSIVE);
	start(now);
	LWLockRelease(lock);
}

/* The rows of caliper.info. */
void
cal_blocking_info(CalInfoEmit emit, void *arg)
{
	emit(arg, "blocking", "entries", blocking->used, "entries");
	emit(arg, "blocking", "entries_max", OTHER, "entries");
	emit(arg, "blocking", "evicted", blocking->evicted, "entries");
	emit(arg, "blocking", "looks", blocking->looks, "looks");
}
