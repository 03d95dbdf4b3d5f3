/*
 * slab.h
 *		Each backend's own statement counters in shared memory.
 */
#ifndef CAL_SLAB_H
#define CAL_SLAB_H

#include "base/histogram.h"
#include "platform/info.h"
#include "platform/local.h"
#include "platform/memory.h"
#include "port/atomics.h"
#include "store/counters.h"
#include "store/statements.h"

#define CAL_SLAB_ENTRIES 128

typedef struct CalSlabEntry
{
	uint32		change;			/* odd while the owner writes */
	uint32		epoch;			/* of the reset that these numbers follow */
	uint32		hash;
	uint32		zero;
	CalStatementKey key;
	CalCounters counters;
	CalHist16	hist;
} CalSlabEntry;

extern const CalArea cal_slab_area;
CAL_LOCAL struct CalSlab *cal_slab_mine;	/* this backend's, or NULL */
#define cal_slab_attached() (cal_slab_mine != NULL)

extern void cal_slab_attach(int procno);
extern CalSlabEntry *cal_slab_lookup(const CalStatementKey *key);
extern CalSlabEntry *cal_slab_entry_unlocked(const CalStatementKey *key);
extern void cal_slab_overflow(CalSlabEntry *entry);
extern void cal_slab_count_lost(void);

/* Readers: all slabs' entries of a partition; call with its lock held. */
extern int	cal_slab_count(int partition);
extern int	cal_slab_copy(int partition, CalSlabEntry *out, int room);
extern uint64 cal_slab_time(int partition);
extern void cal_slab_info(CalInfoEmit emit, void *arg);

/* The entry that was asked for last, and how often entries have moved. */
CAL_LOCAL CalSlabEntry *cal_slab_latest;
CAL_LOCAL uint32 cal_slab_moves;

/* These stay where they are, for what is yet to be counted there. */
CAL_LOCAL CalSlabEntry *cal_slab_running;
CAL_LOCAL CalSlabEntry *cal_slab_opener;

/* Find or add a statement; may take the lock of a partition for a moment. */
static inline CalSlabEntry *
cal_slab_entry(const CalStatementKey *key)
{
	CalSlabEntry *entry = cal_slab_latest;

	if (likely(cal_statement_key_equal(&entry->key, key) &&
			   entry->epoch == cal_statements_epoch()))
		return entry;
	return cal_slab_lookup(key);
}

/* The owner brackets its writes, between which nothing may fail. */
static inline void
cal_slab_begin(CalSlabEntry *entry)
{
	entry->change++;
	pg_write_barrier();
}

static inline void
cal_slab_end(CalSlabEntry *entry)
{
	pg_write_barrier();
	entry->change++;
}

#endif							/* CAL_SLAB_H */
