/*
 * history_marks.c
 *		How far the worker has got with each pool.
 *
 * Owns: its slice of shared memory, a mark for each place of a pool.  The
 * worker alone reads and writes it, and before there is a worker the
 * postmaster; so there is no lock.  It is in shared memory because a new
 * worker goes on where the one before it stopped: what happened in between is
 * in the differences.  Never allocates.
 */
#include "postgres.h"

#include "platform/settings.h"
#include "store/history_marks.h"

static CalHistoryMarks *marks;

/* A mark for each pool. */
static Size
marks_size(void)
{
	return add_size(offsetof(CalHistoryMarks, mark),
					mul_size(sizeof(CalHistoryMark), cal_max_pools));
}

/* The slice is there, and zero. */
static void
marks_init(void *base, LWLockPadded *locks)
{
	marks = base;
	marks->fresh = true;
}

const CalArea cal_history_marks_area = {
	"history_marks", marks_size, marks_init, 0
};

/* All of them, for the worker. */
CalHistoryMarks *
cal_history_marks(void)
{
	return marks;
}
