/*
 * sightings.c
 *		Which indexes plans used, and what foreign keys cost.
 *
 * Owns: its slice of shared memory, a table of fixed size.  An entry lies
 * somewhere in a window that its key's hash tells; where the window is full,
 * the entry that was seen longest ago makes room and is counted.  Called by
 * the plan reader (note), by readers (copy), and by those who save and reset.
 * One lock guards it all: exclusive to note and reset, shared to copy.  It is
 * taken for sampled executions only.  Never allocates, never raises.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "storage/lwlock.h"

#include "store/sightings.h"

#define WINDOW	16				/* entries in which a key can be */

typedef struct Table
{
	uint64		evicted;
	CalSighting entry[CAL_SIGHTINGS_MAX];	/* free if it has no object */
} Table;

static Table *table;
static LWLock *lock;

static Size sightings_size(void);
static void sightings_init(void *base, LWLockPadded *locks);

const CalArea cal_sightings_area = {
	"sightings", sightings_size, sightings_init, 1
};

/* Memory of the table. */
static Size
sightings_size(void)
{
	return sizeof(Table);
}

/* The slice is there, and zero. */
static void
sightings_init(void *base, LWLockPadded *locks)
{
	table = base;
	lock = &locks[0].lock;
}

/* The entry of a key, or the one to make into it; with the lock held. */
static CalSighting *
find(const CalSightingKey *key)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(*key));
	CalSighting *oldest = NULL;

	for (uint32 i = 0; i < WINDOW; i++)
	{
		CalSighting *e = &table->entry[(hash + i) % CAL_SIGHTINGS_MAX];

		if (memcmp(&e->key, key, sizeof(*key)) == 0)
			return e;
		if (oldest == NULL || e->last < oldest->last)
			oldest = e;
	}
	table->evicted += OidIsValid(oldest->key.object);
	memset(oldest, 0, sizeof(*oldest));
	oldest->key = *key;
	return oldest;
}

/* Add what was seen. */
void
cal_sightings_note(const CalSighting *seen, int n)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < n; i++)
	{
		CalSighting *e = find(&seen[i].key);

		e->samples += seen[i].samples;
		e->calls += seen[i].calls;
		e->usec += seen[i].usec;
		e->all_usec += seen[i].all_usec;
		e->last = Max(e->last, seen[i].last);
	}
	LWLockRelease(lock);
}

/* Copy all entries; returns how many. */
int
cal_sightings_copy(CalSighting *out)
{
	int			n = 0;

	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < CAL_SIGHTINGS_MAX; i++)
		if (OidIsValid(table->entry[i].key.object))
			out[n++] = table->entry[i];
	LWLockRelease(lock);
	return n;
}

/* Forget everything. */
void
cal_sightings_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	memset(table->entry, 0, sizeof(table->entry));
	LWLockRelease(lock);
}

/* The rows of caliper.info. */
void
cal_sightings_info(CalInfoEmit emit, void *arg)
{
	int			used = 0;
	uint64		evicted;

	LWLockAcquire(lock, LW_SHARED);
	for (int i = 0; i < CAL_SIGHTINGS_MAX; i++)
		used += OidIsValid(table->entry[i].key.object);
	evicted = table->evicted;
	LWLockRelease(lock);

	emit(arg, "sightings", "entries", used, "entries");
	emit(arg, "sightings", "entries_max", CAL_SIGHTINGS_MAX, "entries");
	emit(arg, "sightings", "evicted", evicted, "entries");
}
