/*
 * statements.c
 *		The shared table of statements, in partitions.
 *
 * Owns: the statements that no longer fit the slabs of the backends that ran
 * them (see slab.c), and per partition the sum of what had to be given up,
 * shown as "(other)".  Called by slab.c when it hands an entry over, by the
 * loader of save files and by readers.  Each partition has one lightweight
 * lock, which guards all of its fields and the act of moving an entry out of
 * a slab; the epoch changes only under all of them.  Under a lock at most 32
 * entries are looked at for a victim, and nothing is allocated or reported.
 *
 * Eviction is a clock over the partition.  A statement seen once must not
 * displace one that came back: first goes a one-time statement of the same
 * user, then anybody's, and only a statement that came back itself may
 * displace the one unused for longest, of its own user first where that user
 * fills much of the table.  So a flood of distinct statements drowns in
 * "(other)".
 */
#include "postgres.h"

#include "port/atomics.h"
#include "port/pg_bitutils.h"

#include "platform/settings.h"
#include "store/statements.h"

#define PROBES		32			/* entries looked at for a victim, at most */
#define CROWD		8			/* so many of one user among them is a crowd */
#define NONE		(-1)

typedef struct Slot
{
	CalStatement statement;
	int32		next;			/* in its bucket, or in the free list */
	bool		used;
} Slot;

typedef struct Partition
{
	CalCounters other;
	CalHist32	other_hist;
	uint64		time;			/* at top level, and of the others, in usec */
	uint64		evicted;		/* entries folded into other */
	uint64		refused;		/* newcomers folded at once */
	int32		used;
	int32		free;			/* head of the free list */
	int32		hand;			/* of the clock */
} Partition;

typedef struct Shared
{
	pg_atomic_uint32 epoch;
	int32		slots;			/* per partition */
	int32		buckets;		/* per partition, a power of two */
	Partition	partition[CAL_PARTITIONS];
} Shared;

CAL_HOT pg_atomic_uint32 *cal_statements_epoch_at = NULL;

static Shared *shared = NULL;
static Slot *all_slots = NULL;
static int32 *all_buckets = NULL;
static LWLockPadded *locks = NULL;

/* Slots per partition: an equal share and a twentieth for uneven hashing. */
static int32
slots_per_partition(void)
{
	return cal_max_statements / CAL_PARTITIONS +
		cal_max_statements / (20 * CAL_PARTITIONS) + 4;
}

/* Buckets per partition. */
static int32
buckets_per_partition(void)
{
	return (int32) pg_nextpower2_32((uint32) slots_per_partition());
}

/* Bytes of all of it. */
static Size
statements_size(void)
{
	Size		size = MAXALIGN(sizeof(Shared));

	size = add_size(size, mul_size(CAL_PARTITIONS * sizeof(Slot),
								   slots_per_partition()));
	return add_size(size, mul_size(CAL_PARTITIONS * sizeof(int32),
								   buckets_per_partition()));
}

/* A slot of a partition. */
static inline Slot *
slot_at(int partition, int32 i)
{
	return &all_slots[partition * shared->slots + i];
}

/* The bucket that a hash belongs to. */
static inline int32 *
bucket_of(int partition, uint32 hash)
{
	uint32		b = (hash / CAL_PARTITIONS) & (shared->buckets - 1);

	return &all_buckets[partition * shared->buckets + b];
}

/* Make a partition empty; with its lock held or before anybody else runs. */
static void
clear_partition(int partition)
{
	Partition  *p = &shared->partition[partition];

	memset(p, 0, sizeof(Partition));
	for (int32 i = 0; i < shared->buckets; i++)
		all_buckets[partition * shared->buckets + i] = NONE;
	for (int32 i = 0; i < shared->slots; i++)
	{
		Slot	   *slot = slot_at(partition, i);

		slot->used = false;
		slot->next = i + 1 < shared->slots ? i + 1 : NONE;
	}
}

/* The slice is there: make it an empty table. */
static void
statements_init(void *base, LWLockPadded *slice_locks)
{
	shared = base;
	all_slots = (Slot *) ((char *) base + MAXALIGN(sizeof(Shared)));
	locks = slice_locks;
	pg_atomic_init_u32(&shared->epoch, 1);
	cal_statements_epoch_at = &shared->epoch;
	shared->slots = slots_per_partition();
	shared->buckets = buckets_per_partition();
	all_buckets = (int32 *) (all_slots + CAL_PARTITIONS * shared->slots);
	for (int i = 0; i < CAL_PARTITIONS; i++)
		clear_partition(i);
}

const CalArea cal_statements_area = {
	"statements", statements_size, statements_init, CAL_PARTITIONS
};

/* The lock of a partition, for those who move or copy entries. */
LWLock *
cal_statements_lock(int partition)
{
	return &locks[partition].lock;
}

/* Find a statement. */
static Slot *
find(int partition, uint32 hash, const CalStatementKey *key)
{
	for (int32 i = *bucket_of(partition, hash); i != NONE;)
	{
		Slot	   *slot = slot_at(partition, i);

		if (cal_statement_key_equal(&slot->statement.key, key))
			return slot;
		i = slot->next;
	}
	return NULL;
}

/* Seen once only: the first to go. */
static inline bool
unproven(const CalCounters *c)
{
	return c->calls + c->errors <= 1;
}

/* Choose a victim for a newcomer, or none: see the head of this file. */
static int32
choose_victim(int partition, const CalStatementKey *key, bool proven)
{
	Partition  *p = &shared->partition[partition];
	int32		oldest = NONE,
				own_oldest = NONE,
				stranger = NONE;
	int			own = 0;

	for (int i = 0; i < PROBES && i < shared->slots; i++)
	{
		int32		at = p->hand;
		const CalStatement *s = &slot_at(partition, at)->statement;
		bool		mine = s->key.userid == key->userid;

		p->hand = (at + 1) % shared->slots;
		if (unproven(&s->counters))
		{
			if (mine)
				return at;
			if (stranger == NONE)
				stranger = at;
		}
		own += mine;
		if (mine && (own_oldest == NONE || s->counters.last <
					 slot_at(partition, own_oldest)->statement.counters.last))
			own_oldest = at;
		if (oldest == NONE || s->counters.last <
			slot_at(partition, oldest)->statement.counters.last)
			oldest = at;
	}
	if (stranger != NONE || !proven)
		return stranger;
	return own >= CROWD ? own_oldest : oldest;
}

/* Take a statement out of its bucket and fold it into the others. */
static void
evict(int partition, int32 victim)
{
	Partition  *p = &shared->partition[partition];
	Slot	   *slot = slot_at(partition, victim);
	int32	   *link = bucket_of(partition,
								 cal_statement_hash(&slot->statement.key));

	while (*link != victim)
		link = &slot_at(partition, *link)->next;
	*link = slot->next;
	cal_counters_add(&p->other, &slot->statement.counters);
	cal_hist_add32(&p->other_hist, &slot->statement.hist);
	if (!slot->statement.key.toplevel)
		p->time += slot->statement.counters.exec_usec;
	slot->used = false;
	slot->next = p->free;
	p->free = victim;
	p->used--;
	p->evicted++;
}

/* Find or make room for a statement; NULL if it must join the others. */
static CalStatement *
find_or_add(int partition, uint32 hash, const CalStatementKey *key,
			bool proven)
{
	Partition  *p = &shared->partition[partition];
	Slot	   *slot = find(partition, hash, key);
	int32		i;

	if (slot)
		return &slot->statement;
	if (p->free == NONE)
	{
		int32		victim = choose_victim(partition, key, proven);

		if (victim == NONE)
			return NULL;
		evict(partition, victim);
	}
	i = p->free;
	slot = slot_at(partition, i);
	p->free = slot->next;
	p->used++;
	memset(slot, 0, sizeof(Slot));
	slot->used = true;
	slot->statement.key = *key;
	slot->next = *bucket_of(partition, hash);
	*bucket_of(partition, hash) = i;
	return &slot->statement;
}

/*
 * Add counters to a statement.  The caller holds the partition's lock
 * exclusively, so that taking them from elsewhere and adding them here is one
 * act for readers.  One of the histograms may be NULL.
 */
void
cal_statements_merge(const CalStatementKey *key, uint32 hash,
					 const CalCounters *counters, const CalHist16 *hist16,
					 const CalHist32 *hist32)
{
	int			partition = CAL_PARTITION_OF(hash);
	Partition  *p = &shared->partition[partition];
	CalStatement *s = find_or_add(partition, hash, key, !unproven(counters));
	CalHist32  *hist = s ? &s->hist : &p->other_hist;

	if (s == NULL)
		p->refused++;
	if (s == NULL || key->toplevel)
		p->time += counters->exec_usec;
	cal_counters_add(s ? &s->counters : &p->other, counters);
	if (hist16)
		cal_hist_add16(hist, hist16);
	if (hist32)
		cal_hist_add32(hist, hist32);
}

/* Add to what is shown as "(other)", from a save file. */
void
cal_statements_merge_other(const CalCounters *counters, const CalHist32 *hist)
{
	LWLockAcquire(cal_statements_lock(0), LW_EXCLUSIVE);
	shared->partition[0].time += counters->exec_usec;
	cal_counters_add(&shared->partition[0].other, counters);
	cal_hist_add32(&shared->partition[0].other_hist, hist);
	LWLockRelease(cal_statements_lock(0));
}

/* How many statements a partition holds. */
int
cal_statements_count(int partition)
{
	return shared->partition[partition].used;
}

/* Copy a statement, of its histogram what lies between shortest and longest. */
static void
copy_statement(CalStatement *to, const CalStatement *from)
{
	int			first = cal_hist_cell(from->counters.min_usec);
	int			last = cal_hist_cell(from->counters.max_usec);

	to->key = from->key;
	to->counters = from->counters;
	memset(&to->hist, 0, sizeof(to->hist));
	if (first <= last)
		memcpy(&to->hist.cell[first], &from->hist.cell[first],
			   (last - first + 1) * sizeof(to->hist.cell[0]));
}

/* Copy them; returns how many, never more than there is room for. */
int
cal_statements_copy(int partition, CalStatement *out, int room)
{
	int			n = 0;

	for (int32 i = 0; i < shared->slots && n < room; i++)
	{
		const Slot *slot = slot_at(partition, i);

		if (slot->used)
			copy_statement(&out[n++], &slot->statement);
	}
	return n;
}

/* Add a partition's others to a sum. */
void
cal_statements_other(int partition, CalStatement *out)
{
	cal_counters_add(&out->counters, &shared->partition[partition].other);
	cal_hist_add32(&out->hist, &shared->partition[partition].other_hist);
}

/* The time of a partition's executions at top level, and of the others. */
uint64
cal_statements_time(int partition)
{
	return shared->partition[partition].time;
}

/* Forget everything; all slabs follow by the epoch. */
void
cal_statements_reset(void)
{
	for (int i = 0; i < CAL_PARTITIONS; i++)
		LWLockAcquire(cal_statements_lock(i), LW_EXCLUSIVE);
	pg_atomic_fetch_add_u32(&shared->epoch, 1);
	for (int i = 0; i < CAL_PARTITIONS; i++)
		clear_partition(i);
	for (int i = CAL_PARTITIONS - 1; i >= 0; i--)
		LWLockRelease(cal_statements_lock(i));
}

/* Rows of caliper.info. */
void
cal_statements_info(CalInfoEmit emit, void *arg)
{
	int64		used = 0,
				evicted = 0,
				refused = 0;

	for (int i = 0; i < CAL_PARTITIONS; i++)
	{
		const Partition *p = &shared->partition[i];

		LWLockAcquire(cal_statements_lock(i), LW_SHARED);
		used += p->used;
		evicted += p->evicted;
		refused += p->refused;
		LWLockRelease(cal_statements_lock(i));
	}
	emit(arg, "statements", "entries", used, "entries");
	emit(arg, "statements", "entries_max",
		 (double) shared->slots * CAL_PARTITIONS, "entries");
	emit(arg, "statements", "evicted", evicted, "entries");
	emit(arg, "statements", "refused", refused, "entries");
}
