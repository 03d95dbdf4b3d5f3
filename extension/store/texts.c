/*
 * texts.c
 *		Bounded stores of texts: statements, plans, and samples.
 *
 * Owns: three slices of shared memory of the same make.  Each is a fixed number
 * of slots, found through hash buckets, and of chunks, in which the texts lie
 * as chains.  Called by capture (find, holds, store), by readers (fetch) and
 * by those who save and reset (next, reset).
 *
 * The lock of each kind guards everything in its slice: shared to look, and
 * exclusive to change.  Without it are read and written only a slot's ref, by
 * cal_texts_holds, and its touched mark; both are single words or bytes that
 * a reader may find outdated but never torn.
 *
 * Never grows, never waits for memory, and never looks at more than
 * MAX_PROBES slots to make room: a text for which there is none is dropped
 * and counted.  Never allocates or reports while it holds a lock.
 */
#include "postgres.h"

#include "port/atomics.h"
#include "port/pg_bitutils.h"
#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "platform/settings.h"
#include "store/texts.h"

#define BYTES_PER_SLOT	512		/* of the whole slice, for one slot */
#define CHUNK_SIZE		128
#define CHUNK_BYTES		(CHUNK_SIZE - (int) sizeof(uint32))
#define MAX_PROBES		32
#define STEP_SLOTS		256		/* looked at in one go by next and reset */
#define IDLE_SECONDS	600
#define STALE_SECONDS	3600
#define NOTHING			UINT32_MAX	/* the end of a chain */
#define KINDS			3

typedef struct Chunk
{
	uint32		next;
	char		data[CHUNK_BYTES];
} Chunk;

typedef struct Slot
{
	CalTextKey	key;
	uint32		ref;			/* version and number of the slot; 0: free */
	uint32		version;		/* how often it was filled */
	uint32		next;			/* in its bucket, or among the free */
	uint32		first;			/* chunks of the text */
	uint32		last;
	uint32		len;
	uint32		seen;			/* second when it was last known in use */
	uint8		encoding;
	bool		proven;			/* it was used after it was stored */
	volatile bool touched;		/* used since the hand was here */
} Slot;

/* Why a text may be dropped for another: the sooner, the better. */
typedef enum Rank
{
	RANK_OWN,					/* not proven, of the same user */
	RANK_UNPROVEN,				/* not proven */
	RANK_OWN_IDLE,				/* of the same user, who did not use it lately */
	RANK_STALE,					/* nobody used it for long */
	RANK_KEEP
} Rank;

typedef struct Header
{
	uint32		free_slot;
	uint32		free_chunk;
	uint32		free_chunks;	/* length of that chain */
	uint32		used_slots;
	uint32		hand;
	uint64		bytes;			/* of the texts */
	uint64		evicted;
	uint64		dropped;		/* new texts for which no room was made */
} Header;

/* Where the parts of a slice are; each process inherits it. */
typedef struct Store
{
	LWLock	   *lock;
	Header	   *header;
	uint32	   *buckets;
	Slot	   *slots;
	Chunk	   *chunks;
	uint32		nslots;
	uint32		nbuckets;		/* power of two, at least nslots */
	uint32		nchunks;
} Store;

static Store stores[KINDS];

static Size statements_size(void);
static Size plans_size(void);
static Size samples_size(void);
static void statements_init(void *base, LWLockPadded *locks);
static void plans_init(void *base, LWLockPadded *locks);
static void samples_init(void *base, LWLockPadded *locks);

const CalArea cal_texts_area = {"texts", statements_size, statements_init, 1};
const CalArea cal_plans_area = {"plans", plans_size, plans_init, 1};
const CalArea cal_samples_area = {"samples", samples_size, samples_init, 1};

/* Memory of the texts of statements, as the setting says. */
static Size
statements_size(void)
{
	return (Size) cal_text_memory * 1024;
}

/* Memory of the plans, as the setting says. */
static Size
plans_size(void)
{
	return (Size) cal_plan_memory * 1024;
}

/* Memory of the samples, as the setting says. */
static Size
samples_size(void)
{
	return (Size) cal_sample_memory * 1024;
}

/* Divide a slice and put everything on the free chains. */
static void
init_store(Store *store, Size size, void *base, LWLockPadded *locks)
{
	char	   *p = base;

	store->lock = &locks[0].lock;
	store->nslots = size / BYTES_PER_SLOT;
	store->nbuckets = pg_nextpower2_32(store->nslots);
	store->header = (Header *) p;
	p += CACHELINEALIGN(sizeof(Header));
	store->buckets = (uint32 *) p;
	p += CACHELINEALIGN(store->nbuckets * sizeof(uint32));
	store->slots = (Slot *) p;
	p += CACHELINEALIGN(store->nslots * sizeof(Slot));
	store->chunks = (Chunk *) p;
	store->nchunks = ((char *) base + size - p) / sizeof(Chunk);

	for (uint32 i = 0; i < store->nbuckets; i++)
		store->buckets[i] = NOTHING;
	for (uint32 i = 0; i < store->nslots; i++)
		store->slots[i].next = i + 1 < store->nslots ? i + 1 : NOTHING;
	for (uint32 i = 0; i < store->nchunks; i++)
		store->chunks[i].next = i + 1 < store->nchunks ? i + 1 : NOTHING;
	store->header->free_chunks = store->nchunks;
}

/* The slice of the texts of statements is there. */
static void
statements_init(void *base, LWLockPadded *locks)
{
	init_store(&stores[CAL_TEXT_STATEMENT], statements_size(), base, locks);
}

/* The slice of the plans is there. */
static void
plans_init(void *base, LWLockPadded *locks)
{
	init_store(&stores[CAL_TEXT_PLAN], plans_size(), base, locks);
}

/* The slice of the samples is there. */
static void
samples_init(void *base, LWLockPadded *locks)
{
	init_store(&stores[CAL_TEXT_SAMPLE], samples_size(), base, locks);
}

/* The head of the chain in which a key is to be found. */
static uint32 *
bucket_of(const Store *store, const CalTextKey *key)
{
	uint64		h = key->id;

	h ^= ((uint64) key->userid << 32) | key->dbid;
	h *= UINT64CONST(0x9E3779B97F4A7C15);
	return &store->buckets[(h >> 32) & (store->nbuckets - 1)];
}

/* The slot that holds a key, or NULL; with the lock held. */
static Slot *
lookup(const Store *store, const CalTextKey *key)
{
	uint32		i = *bucket_of(store, key);

	while (i != NOTHING)
	{
		Slot	   *slot = &store->slots[i];

		if (slot->key.id == key->id && slot->key.userid == key->userid &&
			slot->key.dbid == key->dbid)
			return slot;
		i = slot->next;
	}
	return NULL;
}

/* Chunks for a text; one that is empty takes one too. */
static uint32
chunks_for(uint32 len)
{
	return len == 0 ? 1 : (len + CHUNK_BYTES - 1) / CHUNK_BYTES;
}

/* Take a slot out of its bucket and give back what it held. */
static void
drop(Store *store, Slot *slot)
{
	Header	   *header = store->header;
	uint32		number = slot - store->slots;
	uint32	   *link = bucket_of(store, &slot->key);

	while (*link != number)
		link = &store->slots[*link].next;
	*link = slot->next;

	store->chunks[slot->last].next = header->free_chunk;
	header->free_chunk = slot->first;
	header->free_chunks += chunks_for(slot->len);
	header->bytes -= slot->len;
	header->used_slots--;

	slot->ref = 0;
	slot->next = header->free_slot;
	header->free_slot = number;
}

/* How easily a slot is given up for a text of this user. */
static Rank
rank_of(Slot *slot, Oid userid, uint32 now)
{
	bool		own = slot->key.userid == userid;
	int32		idle = (int32) (now - slot->seen);	/* < 0: clock set back */

	if (slot->ref == 0)
		return RANK_KEEP;
	if (slot->touched)
	{
		slot->touched = false;
		slot->proven = true;
		slot->seen = now;
	}
	if (!slot->proven)
		return own ? RANK_OWN : RANK_UNPROVEN;
	if (own && idle > IDLE_SECONDS)
		return RANK_OWN_IDLE;
	return idle > STALE_SECONDS ? RANK_STALE : RANK_KEEP;
}

/*
 * Make room for a text of so many chunks by dropping others; false, and
 * nothing dropped, if those within reach of the hand are worth more.
 */
static bool
make_room(Store *store, Oid userid, uint32 nchunks, uint32 now)
{
	Header	   *header = store->header;
	Slot	   *found[RANK_KEEP][MAX_PROBES];
	int			nfound[RANK_KEEP] = {0};
	uint32		chunks = header->free_chunks;
	int			slots = header->free_slot != NOTHING;

	if (slots > 0 && chunks >= nchunks)
		return true;
	for (int i = Min(MAX_PROBES, store->nslots); i > 0; i--)
	{
		Slot	   *slot = &store->slots[header->hand];
		Rank		rank = rank_of(slot, userid, now);

		header->hand = (header->hand + 1) % store->nslots;
		if (rank == RANK_KEEP)
			continue;
		found[rank][nfound[rank]++] = slot;
		chunks += chunks_for(slot->len);
		slots++;
	}
	if (slots == 0 || chunks < nchunks)
		return false;
	for (Rank rank = RANK_OWN; rank < RANK_KEEP; rank++)
	{
		for (int i = 0; i < nfound[rank]; i++)
		{
			if (header->free_slot != NOTHING && header->free_chunks >= nchunks)
				return true;
			drop(store, found[rank][i]);
			header->evicted++;
		}
	}
	return true;
}

/* Take chunks off the free chain and copy a text into them. */
static void
fill_chunks(Store *store, Slot *slot, const char *bytes, uint32 len)
{
	Header	   *header = store->header;
	uint32		left = len;

	slot->first = header->free_chunk;
	slot->len = len;
	for (uint32 n = chunks_for(len); n > 0; n--)
	{
		Chunk	   *chunk = &store->chunks[header->free_chunk];
		uint32		part = Min(left, CHUNK_BYTES);

		memcpy(chunk->data, bytes, part);
		bytes += part;
		left -= part;
		slot->last = header->free_chunk;
		header->free_chunk = chunk->next;
	}
	store->chunks[slot->last].next = NOTHING;
	header->free_chunks -= chunks_for(len);
	header->bytes += len;
}

/* A reference that differs from those of earlier texts in the same slot. */
static uint32
next_ref(const Store *store, Slot *slot)
{
	uint32		number = slot - store->slots;
	uint32		ref;

	do
		ref = ++slot->version * store->nbuckets + number;
	while (ref < store->nbuckets);
	return ref;
}

/* Fill a free slot; there is one, and there are chunks enough. */
static Slot *
fill_slot(Store *store, const CalTextKey *key, const char *text, uint32 len)
{
	Header	   *header = store->header;
	uint32		number = header->free_slot;
	Slot	   *slot = &store->slots[number];
	uint32	   *bucket = bucket_of(store, key);

	header->free_slot = slot->next;
	header->used_slots++;
	fill_chunks(store, slot, text, len);
	slot->key = *key;
	slot->proven = false;
	slot->touched = false;
	slot->next = *bucket;
	*bucket = number;
	slot->ref = next_ref(store, slot);
	return slot;
}

/* Whether a text is there; says so to the hand. */
uint32
cal_texts_find(CalTextKind kind, const CalTextKey *key)
{
	Store	   *store = &stores[kind];
	Slot	   *slot;
	uint32		ref = 0;

	LWLockAcquire(store->lock, LW_SHARED);
	slot = lookup(store, key);
	if (slot)
	{
		slot->touched = true;
		ref = slot->ref;
	}
	LWLockRelease(store->lock);
	return ref;
}

/*
 * Whether the text that a reference was given for is still there: so cheap
 * that each execution can ask.
 */
bool
cal_texts_holds(CalTextKind kind, uint32 ref)
{
	Store	   *store = &stores[kind];
	uint32		number = ref & (store->nbuckets - 1);
	Slot	   *slot;

	if (ref == 0 || number >= store->nslots)
		return false;
	slot = &store->slots[number];
	if (*(volatile uint32 *) &slot->ref != ref)
		return false;
	if (!slot->touched)
		slot->touched = true;
	return true;
}

/* Put a new text in, if there is room or room can be made; or NULL. */
static Slot *
insert(Store *store, const CalTextKey *key, const char *text, int len,
	   int encoding)
{
	uint32		now = GetCurrentTimestamp() / USECS_PER_SEC;
	Slot	   *slot;

	if (!make_room(store, key->userid, chunks_for(len), now))
	{
		store->header->dropped++;
		return NULL;
	}
	slot = fill_slot(store, key, text, len);
	slot->encoding = encoding;
	slot->seen = now;
	return slot;
}

/* Keep a text, if there is room or room can be made; 0 if not. */
uint32
cal_texts_store(CalTextKind kind, const CalTextKey *key, const char *text,
				int len, int encoding)
{
	Store	   *store = &stores[kind];
	uint32		ref = 0;
	Slot	   *slot;

	if (len < 0 || len > CAL_TEXT_MAX)
		return 0;
	LWLockAcquire(store->lock, LW_EXCLUSIVE);
	slot = lookup(store, key);
	if (slot)
		slot->touched = true;
	else
		slot = insert(store, key, text, len, encoding);
	if (slot)
		ref = slot->ref;
	LWLockRelease(store->lock);
	return ref;
}

/* Keep bytes in place of what is kept under their key. */
void
cal_texts_replace(CalTextKind kind, const CalTextKey *key, const char *bytes,
				  int len, int encoding)
{
	Store	   *store = &stores[kind];
	Slot	   *slot;

	if (len < 0 || len > CAL_TEXT_MAX)
		return;
	LWLockAcquire(store->lock, LW_EXCLUSIVE);
	slot = lookup(store, key);
	if (slot)
		drop(store, slot);
	insert(store, key, bytes, len, encoding);
	LWLockRelease(store->lock);
}

/* The share of the memory that is free. */
double
cal_texts_spare(CalTextKind kind)
{
	Store	   *store = &stores[kind];
	double		share;

	LWLockAcquire(store->lock, LW_SHARED);
	share = Min((double) store->header->free_chunks / store->nchunks,
				1 - (double) store->header->used_slots / store->nslots);
	LWLockRelease(store->lock);
	return share;
}

/* Copy out what a slot holds, as far as there is room; with the lock held. */
static int
copy_out(const Store *store, const Slot *slot, char *buf, int room)
{
	uint32		i = slot->first;
	int			len = Min((int) slot->len, room - 1);

	for (int at = 0; at < len; at += CHUNK_BYTES)
	{
		memcpy(buf + at, store->chunks[i].data, Min(len - at, CHUNK_BYTES));
		i = store->chunks[i].next;
	}
	buf[len] = '\0';
	return len;
}

/* Read a text; to be read is no use that keeps it. */
int
cal_texts_fetch(CalTextKind kind, const CalTextKey *key, char *buf, int room,
				int *encoding)
{
	Store	   *store = &stores[kind];
	Slot	   *slot;
	int			len = -1;

	LWLockAcquire(store->lock, LW_SHARED);
	slot = lookup(store, key);
	if (slot)
	{
		len = copy_out(store, slot, buf, room);
		*encoding = slot->encoding;
	}
	LWLockRelease(store->lock);
	return len;
}

/* The next slot in use from a cursor on, which moves behind it; or NULL. */
static Slot *
step(const Store *store, int *cursor)
{
	uint32		end = Min((uint32) *cursor + STEP_SLOTS, store->nslots);

	while ((uint32) *cursor < end)
	{
		Slot	   *slot = &store->slots[(*cursor)++];

		if (slot->ref != 0)
			return slot;
	}
	return NULL;
}

/*
 * Go through all texts.  The lock is let go between two of them, so one that
 * is stored meanwhile may be missed; none comes twice.
 */
bool
cal_texts_next(CalTextKind kind, int *cursor, CalTextKey *key, char *buf,
			   int *len, int *encoding)
{
	Store	   *store = &stores[kind];
	Slot	   *slot = NULL;

	while (slot == NULL && (uint32) *cursor < store->nslots)
	{
		LWLockAcquire(store->lock, LW_SHARED);
		slot = step(store, cursor);
		if (slot)
		{
			*key = slot->key;
			*encoding = slot->encoding;
			*len = copy_out(store, slot, buf, CAL_TEXT_MAX + 1);
		}
		LWLockRelease(store->lock);
	}
	return slot != NULL;
}

/* Drop all texts of a kind, a few at a time. */
void
cal_texts_reset(CalTextKind kind)
{
	Store	   *store = &stores[kind];
	int			cursor = 0;

	while ((uint32) cursor < store->nslots)
	{
		Slot	   *slot;
		int			end = cursor + STEP_SLOTS;

		LWLockAcquire(store->lock, LW_EXCLUSIVE);
		while (cursor < end && (slot = step(store, &cursor)) != NULL)
			drop(store, slot);
		LWLockRelease(store->lock);
	}
}

/* What one store says about itself. */
static void
info_of(const Store *store, const char *component, CalInfoEmit emit, void *arg)
{
	Header		header;

	LWLockAcquire(store->lock, LW_SHARED);
	header = *store->header;
	LWLockRelease(store->lock);

	emit(arg, component, "used",
		 (double) (store->nchunks - header.free_chunks) * sizeof(Chunk),
		 "bytes");
	emit(arg, component, "used_max", (double) store->nchunks * sizeof(Chunk),
		 "bytes");
	emit(arg, component, "text", header.bytes, "bytes");
	emit(arg, component, "entries", header.used_slots, "entries");
	emit(arg, component, "entries_max", store->nslots, "entries");
	emit(arg, component, "evicted", header.evicted, "entries");
	emit(arg, component, "dropped", header.dropped, "entries");
}

/* The rows of caliper.info; the memory of the slice is shown elsewhere. */
void
cal_texts_info(CalInfoEmit emit, void *arg)
{
	info_of(&stores[CAL_TEXT_STATEMENT], "texts", emit, arg);
	info_of(&stores[CAL_TEXT_PLAN], "plans", emit, arg);
	info_of(&stores[CAL_TEXT_SAMPLE], "samples", emit, arg);
}
