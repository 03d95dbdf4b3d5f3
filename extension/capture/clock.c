/*
 * clock.c
 *		The few clock readings, each remembered for whoever comes next.
 *
 * Owns: the latest reading of this backend, which all of capture/ shares, so
 * that one reading serves as the end of a statement, the start of the next
 * and the end of a transaction.  Takes no lock; a clock that is set back
 * stands still for us until it has caught up.
 */
#include "postgres.h"

#include "capture/clock.h"

CAL_HOT TimestampTz cal_clock_last = 0;
