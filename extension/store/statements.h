/*
 * statements.h
 *		The shared table of statements, in partitions.
 */
#ifndef CAL_STATEMENTS_H
#define CAL_STATEMENTS_H

#include "base/histogram.h"
#include "platform/info.h"
#include "platform/local.h"
#include "platform/memory.h"
#include "port/atomics.h"
#include "store/counters.h"

#define CAL_PARTITIONS	16
#define CAL_PARTITION_OF(hash)	((hash) & (CAL_PARTITIONS - 1))

/* One statement as it lies in the shared table. */
typedef struct CalStatement
{
	CalStatementKey key;
	CalCounters counters;
	CalHist32	hist;
} CalStatement;

extern const CalArea cal_statements_area;

/* Moving or copying entries needs the lock of their partition. */
extern LWLock *cal_statements_lock(int partition);
extern void cal_statements_merge(const CalStatementKey *key, uint32 hash,
								 const CalCounters *counters,
								 const CalHist16 *hist16,
								 const CalHist32 *hist32);

extern void cal_statements_merge_other(const CalCounters *counters,
									   const CalHist32 *hist);

/* Copy what a partition holds; call with its lock held. */
extern int	cal_statements_count(int partition);
extern int	cal_statements_copy(int partition, CalStatement *out, int room);
extern void cal_statements_other(int partition, CalStatement *out);
extern uint64 cal_statements_time(int partition);

/* The number of resets so far; what carries an older one is void. */
CAL_LOCAL pg_atomic_uint32 *cal_statements_epoch_at;
#define cal_statements_epoch() pg_atomic_read_u32(cal_statements_epoch_at)
extern void cal_statements_reset(void);
extern void cal_statements_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_STATEMENTS_H */
