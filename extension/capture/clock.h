/*
 * clock.h
 *		The few clock readings, each remembered for whoever comes next.
 */
#ifndef CAL_CLOCK_H
#define CAL_CLOCK_H

#include "access/xact.h"
#include "platform/local.h"
#include "utils/timestamp.h"

/* Our latest reading in this backend. */
CAL_LOCAL TimestampTz cal_clock_last;

/* Read the clock; it never goes back for us. */
static inline TimestampTz
cal_clock_read(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now > cal_clock_last)
		cal_clock_last = now;
	return cal_clock_last;
}

/*
 * When work at top level began, without a reading: the later of the arrival
 * of the client's message, which core has read, and our latest reading.
 */
static inline TimestampTz
cal_clock_began(void)
{
	TimestampTz arrived = GetCurrentStatementStartTimestamp();

	return arrived > cal_clock_last ? arrived : cal_clock_last;
}

#endif							/* CAL_CLOCK_H */
