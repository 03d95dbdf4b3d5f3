/*
 * names.c
 *		Application names, each stored once and known by a small number.
 *
 * Owns: its slice of shared memory, room for a fixed number of names, which
 * stay for as long as the server runs.  Called by capture when a client
 * changes its name, by the loader of saved statistics, and by readers.  One
 * lock guards adding: shared to look a name up, exclusive to add one.  A name
 * is complete before its number is known to anybody, so it is read without.
 *
 * When there is no more room, new names are all CAL_NAME_OTHER, and how often
 * that was the answer is counted.  Never allocates, never forgets.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/atomics.h"

#include "platform/local.h"
#include "store/names.h"

#define NAMES	1024			/* the first is CAL_NAME_NONE */

typedef struct Names
{
	uint32		used;
	pg_atomic_uint64 overflows;
	uint32		hash[NAMES];
	char		name[NAMES][NAMEDATALEN];
} Names;

static Names *names;
static LWLock *lock;

static Size names_size(void);
static void names_init(void *base, LWLockPadded *locks);

const CalArea cal_names_area = {"names", names_size, names_init, 1};

/* Memory for all names. */
static Size
names_size(void)
{
	return sizeof(Names);
}

/* The slice is there, and zero: its first name is the empty one. */
static void
names_init(void *base, LWLockPadded *locks)
{
	names = base;
	lock = &locks[0].lock;
	names->used = CAL_NAME_NONE + 1;
	pg_atomic_init_u64(&names->overflows, 0);
}

/* The number of a name that is there, or CAL_NAME_OTHER; with the lock. */
static uint16
find(const char *name, uint32 hash)
{
	for (uint32 i = CAL_NAME_NONE + 1; i < names->used; i++)
		if (names->hash[i] == hash && strcmp(names->name[i], name) == 0)
			return i;
	return CAL_NAME_OTHER;
}

/* Store a name that is not there yet, if there is room; with the lock. */
static uint16
add(const char *name, uint32 hash)
{
	uint32		id = names->used;

	if (id == NAMES)
		return CAL_NAME_OTHER;
	names->hash[id] = hash;
	strlcpy(names->name[id], name, NAMEDATALEN);
	names->used++;
	return id;
}

/* The number of a name, clipped to what PostgreSQL allows for a name. */
CAL_OFTEN uint16
cal_names_intern(const char *name)
{
	char		clipped[NAMEDATALEN];
	uint32		hash;
	uint16		id;

	if (name == NULL || name[0] == '\0')
		return CAL_NAME_NONE;
	strlcpy(clipped, name, NAMEDATALEN);
	hash = hash_bytes((const unsigned char *) clipped, strlen(clipped));

	LWLockAcquire(lock, LW_SHARED);
	id = find(clipped, hash);
	LWLockRelease(lock);
	if (id != CAL_NAME_OTHER)
		return id;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	id = find(clipped, hash);
	if (id == CAL_NAME_OTHER)
		id = add(clipped, hash);
	LWLockRelease(lock);
	if (id == CAL_NAME_OTHER)
		pg_atomic_fetch_add_u64(&names->overflows, 1);
	return id;
}

/* The name behind a number; it never changes and is never freed. */
const char *
cal_names_get(uint16 id)
{
	return id < NAMES ? names->name[id] : "(other)";
}

/* For caliper.info. */
void
cal_names_info(CalInfoEmit emit, void *arg)
{
	emit(arg, "names", "entries", names->used, "entries");
	emit(arg, "names", "entries_max", NAMES, "entries");
	emit(arg, "names", "overflows",
		 (double) pg_atomic_read_u64(&names->overflows), "events");
}
