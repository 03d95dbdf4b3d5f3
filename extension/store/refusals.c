/*
 * refusals.c
 *		Clients that were refused a connection: who, why, how often.
 *
 * Owns: its slice of shared memory: a fixed number of entries, one for each
 * application, user, database, address, reason and SQLSTATE, and for each
 * reason one for what found no place, (other).  Called by capture/refusal.c,
 * by readers, by the saver and by those who reset.
 *
 * Who is refused has no process slot, so it can take no lightweight lock, and
 * a signal may end it between any two instructions.  So nothing here is held:
 *
 * - An entry is a word, of which one half is a tag, the hash of its key, and
 *   the other the count.  One compare-and-swap takes an entry or counts in it,
 *   and it fails if the entry has become another's meanwhile.
 * - Whoever counts in an entry whose key is not complete writes the key.  All
 *   who do that write the same, so that it does not matter who finishes.
 * - What differs between writers, who held the slots, has a checksum; a torn
 *   one is not shown.  The writer's claim ends by itself.
 * - The sum over a reason is counted first; (other) is what it exceeds the
 *   entries by, so that nothing is lost, whoever vanishes wherever.
 *
 * Names are unauthenticated, so who comes first keeps his entry: it goes to
 * another only when a day has passed without a refusal.  No address blocks
 * more than half of the entries.  The last quarter of them are on trial: there,
 * one that was seen once makes room after two seconds, so that in a flood of
 * names those that come again find an entry.  What finds none is (other)'s.
 * Tags are seeded: nobody can aim at the entry of another.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "port/atomics.h"
#include "utils/timestamp.h"

#include "store/refusals.h"

#define ENTRIES		512
#define KEPT		384			/* those behind are on trial */
#define GRACE		(2 * USECS_PER_SEC) /* how long one on trial is safe */
#define STALE		USECS_PER_DAY
#define CLAIM		USECS_PER_SEC	/* how long a claim is respected */
#define TRIES		64

#define TAG(word)	((uint32) ((word) >> 32))
#define COUNT(word) ((uint32) (word))
#define WORD(tag, count)	(((uint64) (tag) << 32) | (count))

typedef struct Entry
{
	pg_atomic_uint64 last_at;
	pg_atomic_uint64 claimed_at;	/* by a writer of holders; 0: nobody */
	pg_atomic_uint32 named;		/* the tag that the key is complete for */
	uint32		checksum;		/* of holders; 0: none */
	TimestampTz first_at;
	CalRefusalKey key;
	CalHolders	holders;
} Entry;

typedef struct Refusals
{
	uint64		seed;
	pg_atomic_uint64 last_at;
	pg_atomic_uint64 overflows;
	pg_atomic_uint64 total[CAL_REFUSAL_REASONS];
	pg_atomic_uint64 word[ENTRIES];
	Entry		entry[ENTRIES];
	Entry		other[CAL_REFUSAL_REASONS];
} Refusals;

static Refusals *refusals;

static const char *const reasons[] = {
	[CAL_REFUSED_CLIENTS] = "too_many_clients",
	[CAL_REFUSED_RESERVED] = "reserved_slots",
	[CAL_REFUSED_ROLE] = "role_limit",
	[CAL_REFUSED_DATABASE] = "database_limit",
	[CAL_REFUSED_STARTING] = "starting_up",
	[CAL_REFUSED_STOPPING] = "shutting_down",
	[CAL_REFUSED_RECOVERY] = "recovery",
	[CAL_REFUSED_AUTHENTICATION] = "authentication",
	[CAL_REFUSED_OTHER] = "other",
};

/* Memory for what is above. */
static Size
refusals_size(void)
{
	return sizeof(Refusals);
}

/* New memory. */
static void
init_entry(Entry *entry)
{
	pg_atomic_init_u64(&entry->last_at, 0);
	pg_atomic_init_u64(&entry->claimed_at, 0);
	pg_atomic_init_u32(&entry->named, 0);
}

/* The slice is there, and zero. */
static void
refusals_init(void *base, LWLockPadded *locks)
{
	refusals = base;
	if (!pg_strong_random(&refusals->seed, sizeof(refusals->seed)))
		refusals->seed = (uint64) GetCurrentTimestamp();
	pg_atomic_init_u64(&refusals->last_at, 0);
	pg_atomic_init_u64(&refusals->overflows, 0);
	for (int i = 0; i < ENTRIES; i++)
	{
		pg_atomic_init_u64(&refusals->word[i], 0);
		init_entry(&refusals->entry[i]);
	}
	for (int i = 0; i < CAL_REFUSAL_REASONS; i++)
	{
		pg_atomic_init_u64(&refusals->total[i], 0);
		init_entry(&refusals->other[i]);
	}
}

const CalArea cal_refusals_area = {
	"refusals", refusals_size, refusals_init, 0
};

/* The tag of a key; never 0. */
static uint32
tag_of(const CalRefusalKey *key)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) key,
										   sizeof(*key), refusals->seed);

	return Max((uint32) hash, 1);
}

/* Whether an entry's client has that address. */
static bool
same_address(const CalRefusalKey *a, const CalRefusalKey *b)
{
	return a->family == b->family &&
		memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* The entry that has a tag, or -1. */
static int
find(uint32 tag)
{
	for (int i = 0; i < ENTRIES; i++)
		if (TAG(pg_atomic_read_u64(&refusals->word[i])) == tag)
			return i;
	return -1;
}

/*
 * Whether an entry may become another's.  Gives its word, and its age; that of
 * one not in use is the highest there is.  A time that is still to come is from
 * before the clock was set back, and is as old as it is far off.
 */
static bool
is_free(int i, TimestampTz at, uint64 *word, int64 *age)
{
	*word = pg_atomic_read_u64(&refusals->word[i]);
	pg_read_barrier();
	*age = at - (int64) pg_atomic_read_u64(&refusals->entry[i].last_at);
	*age = Max(*age, -*age);
	if (*word == 0)
		*age = PG_INT64_MAX;
	return *age > STALE ||
		(i >= KEPT && COUNT(*word) == 1 && *age > GRACE);
}

/*
 * Of the entries from one on and before another, the oldest that is free; -1
 * if none is, or if the address has half of them.
 */
static int
find_free(int from, int end, const CalRefusalKey *key, TimestampTz at)
{
	int			quota = (end - from) / 2;
	int			place = -1;
	int64		oldest = 0;

	for (int i = from; i < end; i++)
	{
		uint64		word;
		int64		age;

		if (!is_free(i, at, &word, &age))
			quota -= same_address(&refusals->entry[i].key, key);
		else if (age > oldest)
		{
			place = i;
			oldest = age;
		}
	}
	return quota > 0 ? place : -1;
}

/* Count in an entry; false if it is another's by now. */
static bool
count_in(int i, uint32 tag)
{
	uint64		word = pg_atomic_read_u64(&refusals->word[i]);

	while (TAG(word) == tag)
	{
		uint32		count = COUNT(word);

		if (count == PG_UINT32_MAX)
			return true;		/* (other)'s sum goes on */
		if (pg_atomic_compare_exchange_u64(&refusals->word[i], &word,
										   WORD(tag, count + 1)))
			return true;
	}
	return false;
}

/*
 * Take an entry that is free; false if somebody was quicker.  The time goes
 * first: nobody may take an entry that was just taken for an old one.
 */
static bool
take(int i, uint32 tag, uint32 count, TimestampTz at)
{
	uint64		word;
	int64		age;

	if (!is_free(i, at, &word, &age))
		return false;
	pg_atomic_write_u64(&refusals->entry[i].last_at, at);
	if (!pg_atomic_compare_exchange_u64(&refusals->word[i], &word,
										WORD(tag, count)))
		return false;
	pg_atomic_fetch_add_u64(&refusals->overflows, COUNT(word));
	return true;
}

/* Count a key: in its entry, in a new one, or nowhere; then NULL. */
static Entry *
count_key(const CalRefusalKey *key, uint32 tag, TimestampTz at)
{
	for (int i = 0; i < TRIES; i++)
	{
		int			place = find(tag);

		if (place >= 0)
		{
			if (count_in(place, tag))
				return &refusals->entry[place];
			continue;
		}
		place = find_free(0, KEPT, key, at);
		if (place < 0)
			place = find_free(KEPT, ENTRIES, key, at);
		if (place < 0)
			break;
		if (take(place, tag, 1, at))
			return &refusals->entry[place];
	}
	pg_atomic_fetch_add_u64(&refusals->overflows, 1);
	return NULL;
}

/* Make sure that an entry has its key. */
static void
name_entry(Entry *entry, const CalRefusalKey *key, uint32 tag, TimestampTz at)
{
	if (pg_atomic_read_u32(&entry->named) == tag)
		return;
	entry->checksum = 0;
	entry->first_at = at;
	entry->key = *key;
	pg_write_barrier();
	pg_atomic_write_u32(&entry->named, tag);
}

/* The checksum of holders; never 0. */
static uint32
checksum_of(const CalHolders *holders)
{
	uint32		sum = hash_bytes((const unsigned char *) holders,
								 sizeof(*holders));

	return Max(sum, 1);
}

/* Say who held the slots, unless somebody is about to say the same. */
static void
put_holders(Entry *entry, const CalHolders *holders, TimestampTz at)
{
	uint64		claimed = pg_atomic_read_u64(&entry->claimed_at);

	if (claimed != 0 && at >= (int64) claimed && at < (int64) claimed + CLAIM)
		return;
	if (!pg_atomic_compare_exchange_u64(&entry->claimed_at, &claimed, at))
		return;
	entry->checksum = 0;
	pg_write_barrier();
	entry->holders = *holders;
	pg_write_barrier();
	entry->checksum = checksum_of(holders);
	pg_write_barrier();
	pg_atomic_write_u64(&entry->claimed_at, 0);
}

/* A client was refused. */
void
cal_refusals_note(const CalRefusalKey *key, const CalHolders *holders,
				  TimestampTz at)
{
	uint32		tag = tag_of(key);
	Entry	   *entry;

	pg_atomic_fetch_add_u64(&refusals->total[key->reason], 1);
	pg_atomic_write_u64(&refusals->last_at, at);
	entry = count_key(key, tag, at);
	if (entry == NULL)
	{
		entry = &refusals->other[key->reason];
		tag = 1;
	}
	pg_atomic_write_u64(&entry->last_at, at);
	name_entry(entry, key, tag, at);
	put_holders(entry, holders, at);
}

/* The name of a reason. */
const char *
cal_refusals_reason(int reason)
{
	return reasons[reason];
}

/* How many refusals cal_refusals_read gives at most. */
int
cal_refusals_room(void)
{
	return ENTRIES + CAL_REFUSAL_REASONS;
}

/* Copy what an entry says beside its count; false if its key is not there. */
static bool
copy_entry(Entry *entry, uint32 tag, CalRefusal *out)
{
	uint32		checksum = entry->checksum;

	if (pg_atomic_read_u32(&entry->named) != tag)
		return false;
	pg_read_barrier();
	out->key = entry->key;
	out->holders = entry->holders;
	out->first_at = entry->first_at;
	out->last_at = (TimestampTz) pg_atomic_read_u64(&entry->last_at);
	out->last_at = Max(out->last_at, out->first_at);
	out->held = checksum != 0 && checksum == checksum_of(&out->holders);
	out->other = false;
	return true;
}

/* Put one copy with another of the same key; see count_key. */
static bool
merge(CalRefusal *out, int n, const CalRefusal *copy)
{
	for (int i = 0; i < n; i++)
		if (memcmp(&out[i].key, &copy->key, sizeof(copy->key)) == 0)
		{
			out[i].refused += copy->refused;
			out[i].first_at = Min(out[i].first_at, copy->first_at);
			out[i].last_at = Max(out[i].last_at, copy->last_at);
			return true;
		}
	return false;
}

/* Copy the entries, and subtract them from the sums of their reasons. */
static int
read_entries(CalRefusal *out, uint64 *left)
{
	int			n = 0;

	for (int i = 0; i < ENTRIES; i++)
	{
		uint64		word = pg_atomic_read_u64(&refusals->word[i]);
		CalRefusal	copy;

		pg_read_barrier();
		if (word == 0 || !copy_entry(&refusals->entry[i], TAG(word), &copy) ||
			tag_of(&copy.key) != TAG(word))
			continue;
		copy.refused = COUNT(word);
		left[copy.key.reason] -= Min(left[copy.key.reason], copy.refused);
		if (!merge(out, n, &copy))
			out[n++] = copy;
	}
	return n;
}

/*
 * Copy all refusals into memory for cal_refusals_room() of them.  The sums are
 * read first, so that what comes in meanwhile does not look like (other)'s.
 */
int
cal_refusals_read(CalRefusal *out)
{
	uint64		left[CAL_REFUSAL_REASONS];
	int			n;

	for (int i = 0; i < CAL_REFUSAL_REASONS; i++)
		left[i] = pg_atomic_read_u64(&refusals->total[i]);
	pg_read_barrier();
	n = read_entries(out, left);
	for (int i = 0; i < CAL_REFUSAL_REASONS; i++)
	{
		if (left[i] == 0)
			continue;
		memset(&out[n], 0, sizeof(out[n]));
		(void) copy_entry(&refusals->other[i], 1, &out[n]);
		memset(&out[n].key, 0, sizeof(out[n].key));
		strlcpy(out[n].key.application, "(other)", NAMEDATALEN);
		out[n].key.reason = i;
		out[n].other = true;
		out[n++].refused = left[i];
	}
	return n;
}

/* How often clients were refused, and when the last time was; 0: never. */
uint64
cal_refusals_total(TimestampTz *last_at)
{
	uint64		total = 0;

	for (int i = 0; i < CAL_REFUSAL_REASONS; i++)
		total += pg_atomic_read_u64(&refusals->total[i]);
	*last_at = (TimestampTz) pg_atomic_read_u64(&refusals->last_at);
	return total;
}

/* An entry for what was saved, in the order of saving; NULL if there is none. */
static Entry *
restore_key(const CalRefusal *saved, uint32 tag)
{
	uint32		count = Min(saved->refused, PG_UINT32_MAX);

	for (int i = 0; i < ENTRIES; i++)
		if (pg_atomic_read_u64(&refusals->word[i]) == 0 &&
			take(i, tag, count, saved->last_at))
			return &refusals->entry[i];
	return NULL;
}

/* At server start: add what was saved. */
void
cal_refusals_restore(const CalRefusal *saved)
{
	const CalRefusalKey *key = &saved->key;
	uint32		tag = tag_of(key);
	Entry	   *entry = NULL;

	pg_atomic_fetch_add_u64(&refusals->total[key->reason], saved->refused);
	if (saved->last_at > (TimestampTz) pg_atomic_read_u64(&refusals->last_at))
		pg_atomic_write_u64(&refusals->last_at, saved->last_at);
	if (!saved->other)
		entry = restore_key(saved, tag);
	if (entry == NULL)
	{
		entry = &refusals->other[key->reason];
		tag = 1;
	}
	pg_atomic_write_u64(&entry->last_at, saved->last_at);
	name_entry(entry, key, tag, saved->first_at);
	if (saved->held)
		put_holders(entry, &saved->holders, saved->last_at);
}

/* Forget all. */
void
cal_refusals_reset(void)
{
	pg_atomic_write_u64(&refusals->last_at, 0);
	for (int i = 0; i < ENTRIES; i++)
	{
		pg_atomic_write_u64(&refusals->word[i], 0);
		pg_atomic_write_u32(&refusals->entry[i].named, 0);
	}
	for (int i = 0; i < CAL_REFUSAL_REASONS; i++)
	{
		pg_atomic_write_u64(&refusals->total[i], 0);
		pg_atomic_write_u32(&refusals->other[i].named, 0);
	}
}

/* For caliper.info. */
void
cal_refusals_info(CalInfoEmit emit, void *arg)
{
	TimestampTz last_at;
	int			used = 0;

	for (int i = 0; i < ENTRIES; i++)
		used += pg_atomic_read_u64(&refusals->word[i]) != 0;
	emit(arg, "refusals", "entries", used, "entries");
	emit(arg, "refusals", "entries_max", ENTRIES, "entries");
	emit(arg, "refusals", "refused", (double) cal_refusals_total(&last_at),
		 "connections");
	emit(arg, "refusals", "overflows",
		 (double) pg_atomic_read_u64(&refusals->overflows), "events");
}
