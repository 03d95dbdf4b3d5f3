/*
 * slab.c
 *		Each backend's own statement counters in shared memory.
 *
 * Owns: one slab of 128 statements per process slot that can run statements.
 * The backend in the slot is its only writer, without lock or allocation: a
 * change count per entry, odd while it writes, tells readers to look again.
 * The next backend in the slot goes on with the slab.  When it is full, an
 * entry not used for long is handed over to the shared table: removed here
 * and added there under the lock of its partition, which readers hold too,
 * so that they see it once.  A reset changes the epoch; an entry of an older
 * epoch counts as empty until its owner clears it.  The entries of the running
 * statement and of the transaction's opener are not handed over.
 *
 * Called by capture/ (attach, entry, begin, end) and by readers (count,
 * copy).  Never allocates, never raises.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "store/slab.h"

#define INDEX_SIZE	(2 * CAL_SLAB_ENTRIES)	/* a power of two */
#define INDEX_MASK	(INDEX_SIZE - 1)
#define FREE_PART	0xFF		/* partition number of a free entry */
#define PROBES		6			/* entries looked at for a victim */
#define OVERFLOW	0			/* entry for what finds no room unlocked */
#define READ_TRIES	1000

typedef struct CalSlab
{
	uint8		index[INDEX_SIZE];	/* entry + 1, or 0 */
	int			used;			/* entries ever filled */
	uint32		hand;			/* of the search for a victim */
	uint64		handed_over;
	CalSlabEntry entry[CAL_SLAB_ENTRIES];
} CalSlab;

typedef struct Shared
{
	pg_atomic_uint64 torn;		/* reads given up */
	pg_atomic_uint64 lost;		/* executions that passed uncounted */
} Shared;

static Shared *shared = NULL;
static uint8 (*parts)[CAL_SLAB_ENTRIES] = NULL; /* partition of each entry */
static CalSlab *slabs = NULL;

/* This backend's. */
CAL_HOT CalSlab *cal_slab_mine = NULL;

#define mine cal_slab_mine

static uint8 *my_parts = NULL;
CalSlabEntry *cal_slab_latest = NULL;
CAL_HOT uint32 cal_slab_moves = 1;	/* 0 is in no valid shortcut */
CAL_HOT CalSlabEntry *cal_slab_running = NULL;
CAL_HOT CalSlabEntry *cal_slab_opener = NULL;

static Size
parts_size(void)
{
	return CACHELINEALIGN(mul_size(CAL_SLAB_ENTRIES, MaxBackends));
}

static Size
slab_size(void)
{
	return add_size(add_size(CACHELINEALIGN(sizeof(Shared)), parts_size()),
					mul_size(sizeof(CalSlab), MaxBackends));
}

static void
slab_init(void *base, LWLockPadded *locks)
{
	char	   *at = base;

	shared = (Shared *) at;
	pg_atomic_init_u64(&shared->torn, 0);
	pg_atomic_init_u64(&shared->lost, 0);
	at += CACHELINEALIGN(sizeof(Shared));
	parts = (uint8 (*)[CAL_SLAB_ENTRIES]) at;
	memset(at, FREE_PART, parts_size());
	slabs = (CalSlab *) (at + parts_size());
}

const CalArea cal_slab_area = {"slabs", slab_size, slab_init, 0};

/*
 * An entry counts from now on: from the arrival of the statement, since nobody
 * reads the clock for that.  Between begin and end.
 */
static void
start_counting(CalSlabEntry *entry)
{
	TimestampTz arrived = GetCurrentStatementStartTimestamp();

	memset(&entry->counters, 0, sizeof(CalCounters));
	memset(&entry->hist, 0, sizeof(CalHist16));
	entry->counters.since = arrived > 0 ? arrived : PgStartTime;
}

/* Put an entry into the index. */
static void
index_put(const CalSlabEntry *entry)
{
	uint32		i = entry->hash & INDEX_MASK;

	while (mine->index[i] != 0)
		i = (i + 1) & INDEX_MASK;
	mine->index[i] = (uint8) (entry - mine->entry + 1);
}

/* Take an entry out, moving up those behind it that probed past it. */
static void
index_remove(const CalSlabEntry *entry)
{
	uint8		number = (uint8) (entry - mine->entry + 1);
	uint32		hole = entry->hash & INDEX_MASK;

	while (mine->index[hole] != number)
		hole = (hole + 1) & INDEX_MASK;
	for (uint32 i = (hole + 1) & INDEX_MASK; mine->index[i] != 0;
		 i = (i + 1) & INDEX_MASK)
	{
		uint32		home = mine->entry[mine->index[i] - 1].hash & INDEX_MASK;

		if (((i - home) & INDEX_MASK) >= ((i - hole) & INDEX_MASK))
		{
			mine->index[hole] = mine->index[i];
			hole = i;
		}
	}
	mine->index[hole] = 0;
}

/* Give an unused entry to a statement. */
static void
occupy(CalSlabEntry *entry, const CalStatementKey *key, uint32 hash)
{
	cal_slab_begin(entry);
	start_counting(entry);
	entry->key = *key;
	entry->hash = hash;
	entry->epoch = cal_statements_epoch();
	cal_slab_end(entry);
	my_parts[entry - mine->entry] = CAL_PARTITION_OF(hash);
	index_put(entry);
}

/*
 * Take over the slab of this process slot.  Its first entry is kept for
 * errors that find no other entry where no lock may be taken.
 */
void
cal_slab_attach(int procno)
{
	CalStatementKey nobody = {0};

	if (shared == NULL || procno < 0 || procno >= MaxBackends)
		return;
	mine = &slabs[procno];
	my_parts = parts[procno];
	if (mine->used == 0)
	{
		mine->used = 1;
		occupy(&mine->entry[OVERFLOW], &nobody, cal_statement_hash(&nobody));
	}
	cal_slab_latest = &mine->entry[OVERFLOW];
}

/* An entry of before the latest reset begins anew. */
static CalSlabEntry *
renew(CalSlabEntry *entry)
{
	uint32		epoch = cal_statements_epoch();

	if (unlikely(entry->epoch != epoch))
	{
		cal_slab_begin(entry);
		start_counting(entry);
		entry->epoch = epoch;
		cal_slab_end(entry);
	}
	return cal_slab_latest = entry;
}

/* Look a statement up in the index. */
static CalSlabEntry *
find(const CalStatementKey *key, uint32 hash)
{
	for (uint32 i = hash & INDEX_MASK; mine->index[i] != 0;
		 i = (i + 1) & INDEX_MASK)
	{
		CalSlabEntry *entry = &mine->entry[mine->index[i] - 1];

		if (entry->hash == hash && cal_statement_key_equal(&entry->key, key))
			return entry;
	}
	return NULL;
}

/* Move what an entry counted to the shared table; the entry stays, empty. */
static void
hand_over(CalSlabEntry *entry)
{
	LWLock	   *lock = cal_statements_lock(CAL_PARTITION_OF(entry->hash));

	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (entry->epoch == cal_statements_epoch())
		cal_statements_merge(&entry->key, entry->hash, &entry->counters,
							 &entry->hist, NULL);
	cal_slab_begin(entry);
	start_counting(entry);
	cal_slab_end(entry);
	LWLockRelease(lock);
	mine->handed_over++;
}

/*
 * A cell of the histogram is full: hand the entry over.  Where no lock may be
 * taken, because an error is being handled, halve the cell instead.
 */
void
cal_slab_overflow(CalSlabEntry *entry)
{
	if (InterruptHoldoffCount == 0 && CritSectionCount == 0)
		hand_over(entry);
	else
		for (int i = 0; i < CAL_HIST_CELLS; i++)
			entry->hist.cell[i] -= entry->hist.cell[i] / 2;
}

/* Whether an entry may be given to another statement. */
static inline bool
is_movable(const CalSlabEntry *entry)
{
	return entry != &mine->entry[OVERFLOW] && entry != cal_slab_running &&
		entry != cal_slab_opener;
}

/* Make an entry free: of a few, the one unused for longest. */
static CalSlabEntry *
make_room(void)
{
	CalSlabEntry *victim = NULL;

	for (int i = 0; i < PROBES; i++)
	{
		CalSlabEntry *entry;

		mine->hand = mine->hand * 5 + 1;	/* visits all, in no sequence */
		entry = &mine->entry[mine->hand % CAL_SLAB_ENTRIES];
		if (is_movable(entry) &&
			(victim == NULL || entry->counters.last < victim->counters.last))
			victim = entry;
	}
	hand_over(victim);
	my_parts[victim - mine->entry] = FREE_PART;
	index_remove(victim);
	cal_slab_moves++;
	return victim;
}

/* Find or add a statement that is not the latest. */
CalSlabEntry *
cal_slab_lookup(const CalStatementKey *key)
{
	uint32		hash = cal_statement_hash(key);
	CalSlabEntry *entry = find(key, hash);

	if (entry == NULL)
	{
		if (mine->used < CAL_SLAB_ENTRIES)
			entry = &mine->entry[mine->used++];
		else
			entry = make_room();
		occupy(entry, key, hash);
	}
	return renew(entry);
}

/*
 * The same where no lock may be taken: with the slab full, what cannot be
 * told apart is counted for nobody.
 */
CalSlabEntry *
cal_slab_entry_unlocked(const CalStatementKey *key)
{
	uint32		hash = cal_statement_hash(key);
	CalSlabEntry *entry = find(key, hash);

	if (entry == NULL && mine->used < CAL_SLAB_ENTRIES)
	{
		entry = &mine->entry[mine->used++];
		occupy(entry, key, hash);
	}
	return renew(entry ? entry : &mine->entry[OVERFLOW]);
}

/* An execution could not be counted, since too many are in progress. */
void
cal_slab_count_lost(void)
{
	pg_atomic_fetch_add_u64(&shared->lost, 1);
}

/* How many entries all slabs hold of a partition. */
int
cal_slab_count(int partition)
{
	int			n = 0;

	for (int s = 0; s < MaxBackends; s++)
	{
		if (slabs[s].used == 0)
			continue;
		for (int i = 0; i < CAL_SLAB_ENTRIES; i++)
			n += (parts[s][i] == partition);
	}
	return n;
}

/* Copy an entry between two changes; false if it changed all the time. */
static bool
copy_entry(const CalSlabEntry *entry, CalSlabEntry *out)
{
	volatile const uint32 *change = &entry->change;

	for (int i = 0; i < READ_TRIES; i++)
	{
		uint32		before = *change;

		pg_read_barrier();
		if (before & 1)
		{
			pg_spin_delay();
			continue;
		}
		memcpy(out, entry, sizeof(CalSlabEntry));
		pg_read_barrier();
		if (*change == before)
			return true;
	}
	pg_atomic_fetch_add_u64(&shared->torn, 1);
	return false;
}

/*
 * Copy all slabs' entries of a partition; returns how many.  An entry that was
 * handed over just before may belong to another partition when it is copied.
 */
int
cal_slab_copy(int partition, CalSlabEntry *out, int room)
{
	uint32		epoch = cal_statements_epoch();
	int			n = 0;

	for (int s = 0; s < MaxBackends; s++)
	{
		int			used = slabs[s].used;

		for (int i = 0; i < used && n < room; i++)
			if (parts[s][i] == partition &&
				copy_entry(&slabs[s].entry[i], &out[n]) &&
				CAL_PARTITION_OF(out[n].hash) == partition &&
				out[n].epoch == epoch && out[n].counters.last != 0)
				n++;
	}
	return n;
}

/* The time that all slabs hold of a partition, at top level. */
uint64
cal_slab_time(int partition)
{
	uint32		epoch = cal_statements_epoch();
	uint64		usec = 0;

	for (int s = 0; s < MaxBackends; s++)
		for (int i = 0; i < slabs[s].used; i++)
		{
			const CalSlabEntry *entry = &slabs[s].entry[i];

			if (parts[s][i] == partition && entry->epoch == epoch &&
				entry->key.toplevel)
				usec += entry->counters.exec_usec;
		}
	return usec;
}

/* Rows of caliper.info. */
void
cal_slab_info(CalInfoEmit emit, void *arg)
{
	double		used = 0,
				handed_over = 0;

	for (int s = 0; s < MaxBackends; s++)
	{
		used += slabs[s].used;
		handed_over += slabs[s].handed_over;
	}
	emit(arg, "slabs", "entries", used, "entries");
	emit(arg, "slabs", "entries_max",
		 (double) MaxBackends * CAL_SLAB_ENTRIES, "entries");
	emit(arg, "slabs", "handed_over", handed_over, "entries");
	emit(arg, "slabs", "torn_reads",
		 (double) pg_atomic_read_u64(&shared->torn), "reads");
	emit(arg, "slabs", "lost", (double) pg_atomic_read_u64(&shared->lost),
		 "executions");
}
