/*
 * predicates.c
 *		What executed plans did with the columns of tables.
 *
 * Owns: its slice of shared memory, a hash table of fixed size with an entry
 * per statement, user, database and table; and the few search_paths under
 * which those statements ran, without which their texts could not be planned
 * again as what they were.  Called by the plan reader (note), by readers and
 * the advisor (copy, path), and by those who reset.  One lock guards it all:
 * exclusive to note and reset, shared to copy.  It is taken for sampled
 * executions only.
 *
 * When it is full, a hand goes round at most PROBES entries: it takes a use
 * from each, and the place of the first that has none left.  Newcomers have
 * none, so a flood of new statements pushes out itself.  What found no place
 * is counted.  Never allocates, never raises.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "storage/lwlock.h"

#include "platform/settings.h"
#include "store/predicates.h"

#define PROBES		32			/* entries looked at to make room for one */
#define USES_MAX	8			/* uses an entry can have to its credit */
#define NONE		(-1)

typedef struct Entry
{
	CalPredicate predicate;
	int32		next;			/* in its bucket, or among the free */
	uint8		uses;
} Entry;

typedef struct Table
{
	int32		size;
	int32		nbuckets;
	int32		used;			/* entries ever used since the last reset */
	int32		hand;
	uint64		evicted;
	uint64		dropped;
	uint64		paths_dropped;
	CalPaths	paths;
	int32		bucket[FLEXIBLE_ARRAY_MEMBER];
} Table;

static Table *table;
static Entry *entries;			/* behind the buckets */
static LWLock *lock;

static Size predicates_size(void);
static void predicates_init(void *base, LWLockPadded *locks);

const CalArea cal_predicates_area = {
	"predicates", predicates_size, predicates_init, 1
};

/* Where the entries begin. */
static Size
entries_offset(void)
{
	return MAXALIGN(add_size(offsetof(Table, bucket),
							 mul_size(sizeof(int32), cal_max_predicates)));
}

/* Memory of table, buckets and entries, as the setting says. */
static Size
predicates_size(void)
{
	return add_size(entries_offset(),
					mul_size(sizeof(Entry), cal_max_predicates));
}

/* Forget all entries; with the lock held, or before anybody knows it. */
static void
clear(void)
{
	for (int i = 0; i < table->nbuckets; i++)
		table->bucket[i] = NONE;
	table->used = 0;
	table->hand = 0;
	table->paths.n = 1;
}

/* The slice is there, and zero. */
static void
predicates_init(void *base, LWLockPadded *locks)
{
	table = base;
	entries = (Entry *) ((char *) base + entries_offset());
	lock = &locks[0].lock;
	table->size = table->nbuckets = cal_max_predicates;
	clear();
}

/* The bucket of a key. */
static int32 *
bucket_of(const CalPredicateKey *key)
{
	uint32		hash = hash_bytes((const unsigned char *) key, sizeof(*key));

	return &table->bucket[hash % table->nbuckets];
}

/* The entry of a key, or NULL; with the lock held. */
static Entry *
lookup(const CalPredicateKey *key)
{
	for (int32 i = *bucket_of(key); i != NONE; i = entries[i].next)
		if (memcmp(&entries[i].predicate.key, key, sizeof(*key)) == 0)
			return &entries[i];
	return NULL;
}

/* Take an entry out of its bucket. */
static void
unlink_entry(int32 number)
{
	int32	   *link = bucket_of(&entries[number].predicate.key);

	while (*link != number)
		link = &entries[*link].next;
	*link = entries[number].next;
}

/* A place for a new entry: an unused one, or one in no use; or NONE. */
static int32
take_place(void)
{
	if (table->used < table->size)
		return table->used++;
	for (int i = 0; i < PROBES; i++)
	{
		int32		number = table->hand;

		table->hand = (table->hand + 1) % table->size;
		if (entries[number].uses == 0)
		{
			unlink_entry(number);
			table->evicted++;
			return number;
		}
		entries[number].uses--;
	}
	table->dropped++;
	return NONE;
}

/* The number of a search_path, stored if it is new; 0 if NULL or no room. */
static uint16
intern_path(const char *path)
{
	CalPaths   *paths = &table->paths;

	if (path == NULL)
		return 0;
	for (uint32 i = 1; i < paths->n; i++)
		if (strcmp(paths->path[i], path) == 0)
			return i;
	if (paths->n == CAL_PATHS || strlen(path) >= CAL_PATH_MAX)
	{
		table->paths_dropped++;
		return 0;
	}
	strlcpy(paths->path[paths->n], path, CAL_PATH_MAX);
	return paths->n++;
}

/* Whether two columns say the same. */
static inline bool
same_column(const CalPredicateColumn *a, const CalPredicateColumn *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Add a column unless it is there. */
void
cal_predicate_add(CalPredicate *to, const CalPredicateColumn *column)
{
	for (int i = 0; i < to->ncolumns; i++)
		if (same_column(&to->column[i], column))
			return;
	if (to->ncolumns < CAL_PREDICATE_COLUMNS)
		to->column[to->ncolumns++] = *column;
	else
		to->clipped = true;
}

/* Add what was seen to what is known. */
static void
merge(CalPredicate *to, const CalPredicate *seen)
{
	to->samples += seen->samples;
	to->executions += seen->executions;
	to->rows_filtered += seen->rows_filtered;
	to->rows_returned += seen->rows_returned;
	to->rows_inserted += seen->rows_inserted;
	to->rows_updated += seen->rows_updated;
	to->rows_deleted += seen->rows_deleted;
	to->updated[0] |= seen->updated[0];
	to->updated[1] |= seen->updated[1];
	to->usec += seen->usec;
	to->last = seen->last;
	to->clipped |= seen->clipped;
	to->others |= seen->others;
	for (int i = 0; i < seen->ncolumns; i++)
		cal_predicate_add(to, &seen->column[i]);
}

/* Add what was seen to an entry, or make one; with the lock held. */
static void
note(const CalPredicate *seen, uint16 path)
{
	Entry	   *entry = lookup(&seen->key);

	if (entry == NULL)
	{
		int32		number = take_place();
		int32	   *bucket = bucket_of(&seen->key);

		if (number == NONE)
			return;
		entry = &entries[number];
		entry->predicate = *seen;
		entry->predicate.path = path;
		entry->uses = 0;
		entry->next = *bucket;
		*bucket = number;
		return;
	}
	entry->uses = Min(entry->uses + 1, USES_MAX);
	entry->predicate.path = path;
	merge(&entry->predicate, seen);
}

/* Note what one execution did with its tables. */
void
cal_predicates_note(const CalPredicate *seen, int n, const char *search_path)
{
	uint16		path;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	path = intern_path(search_path);
	for (int i = 0; i < n; i++)
		note(&seen[i], path);
	LWLockRelease(lock);
}

/* How many there are now, so that a caller can make room. */
int
cal_predicates_count(void)
{
	int			n;

	LWLockAcquire(lock, LW_SHARED);
	n = table->used;
	LWLockRelease(lock);
	return n;
}

/*
 * Copy them, as far as there is room, and the search_paths they refer to
 * unless that is NULL; returns how many.
 */
int
cal_predicates_copy(CalPredicate *out, int room, CalPaths *paths)
{
	int			n;

	LWLockAcquire(lock, LW_SHARED);
	n = Min(table->used, room);
	for (int i = 0; i < n; i++)
		out[i] = entries[i].predicate;
	if (paths)
		*paths = table->paths;
	LWLockRelease(lock);
	return n;
}

/* The table has other indexes now: what its scans read is counted anew. */
void
cal_predicates_renew(Oid dbid, Oid relid)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	for (int i = 0; i < table->used; i++)
	{
		CalPredicate *p = &entries[i].predicate;

		if (p->key.dbid == dbid && p->key.relid == relid)
			p->rows_filtered = p->rows_returned = 0;
	}
	LWLockRelease(lock);
}

/* Forget everything. */
void
cal_predicates_reset(void)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	clear();
	LWLockRelease(lock);
}

/* The rows of caliper.info. */
void
cal_predicates_info(CalInfoEmit emit, void *arg)
{
	int32		used;
	uint32		npaths;
	uint64		evicted;
	uint64		dropped;
	uint64		paths_dropped;

	LWLockAcquire(lock, LW_SHARED);
	used = table->used;
	npaths = table->paths.n;
	evicted = table->evicted;
	dropped = table->dropped;
	paths_dropped = table->paths_dropped;
	LWLockRelease(lock);

	emit(arg, "predicates", "entries", used, "entries");
	emit(arg, "predicates", "entries_max", table->size, "entries");
	emit(arg, "predicates", "evicted", evicted, "entries");
	emit(arg, "predicates", "dropped", dropped, "entries");
	emit(arg, "predicates", "search_paths", npaths - 1, "entries");
	emit(arg, "predicates", "search_paths_max", CAL_PATHS - 1, "entries");
	emit(arg, "predicates", "search_paths_dropped", paths_dropped, "entries");
}
