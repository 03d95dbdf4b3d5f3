/*
 * usage.h
 *		What a run used, as the difference of core's counters.
 */
#ifndef CAL_USAGE_H
#define CAL_USAGE_H

#include "executor/instrument.h"
#include "storage/bufmgr.h"
#include "store/counters.h"
#include "version_compat.h"

/* Core's counters at the start of a run; aligned for vector instructions. */
typedef struct CalUsageMark
{
	pg_attribute_aligned(16) int64 blocks[CAL_NBLOCKS];
	int64		wal_records;
	int64		wal_fpi;
	uint64		wal_bytes;
	bool		timed;			/* track_io_timing was on */
	int64		read_usec;
	int64		write_usec;
} CalUsageMark;

/* Core's block counters; BufferUsage begins with the ten that we keep. */
#define CAL_CORE_BLOCKS ((const int64 *) &pgBufferUsage)

/* Remember where core's counters stand. */
static inline void
cal_usage_mark(CalUsageMark *mark)
{
	memcpy(mark->blocks, CAL_CORE_BLOCKS, sizeof(mark->blocks));
	mark->wal_records = pgWalUsage.wal_records;
	mark->wal_fpi = pgWalUsage.wal_fpi;
	mark->wal_bytes = pgWalUsage.wal_bytes;
	mark->timed = track_io_timing;
	if (unlikely(mark->timed))
	{
		mark->read_usec =
			INSTR_TIME_GET_MICROSEC(CAL_BLK_READ_TIME(&pgBufferUsage));
		mark->write_usec =
			INSTR_TIME_GET_MICROSEC(CAL_BLK_WRITE_TIME(&pgBufferUsage));
	}
}

/* Add what was used since. */
static inline void
cal_usage_add_since(CalUsage *restrict to, const CalUsageMark *restrict mark)
{
	const int64 *restrict now = CAL_CORE_BLOCKS;

#pragma GCC unroll 10
	for (int i = 0; i < CAL_NBLOCKS; i++)
		to->blocks[i] += now[i] - mark->blocks[i];
	if (unlikely(pgWalUsage.wal_records != mark->wal_records))
	{
		to->wal_records += pgWalUsage.wal_records - mark->wal_records;
		to->wal_fpi += pgWalUsage.wal_fpi - mark->wal_fpi;
		to->wal_bytes += pgWalUsage.wal_bytes - mark->wal_bytes;
	}
	if (unlikely(mark->timed))
	{
		to->read_usec -= mark->read_usec -
			INSTR_TIME_GET_MICROSEC(CAL_BLK_READ_TIME(&pgBufferUsage));
		to->write_usec -= mark->write_usec -
			INSTR_TIME_GET_MICROSEC(CAL_BLK_WRITE_TIME(&pgBufferUsage));
	}
}

#endif							/* CAL_USAGE_H */
