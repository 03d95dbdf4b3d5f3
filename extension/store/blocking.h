/*
 * blocking.h
 *		How long others have waited for whom, as the worker samples it.
 */
#ifndef CAL_BLOCKING_H
#define CAL_BLOCKING_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"
#include "store/party.h"

/* At the root of a chain; what is compared as bytes has no holes. */
typedef struct CalRoot
{
	CalParty	party;
	uint64		opener;			/* of its transaction; 0: not known */
} CalRoot;

/* What one look adds, and what all looks amount to. */
typedef struct CalBlocked
{
	uint64		episodes;		/* sessions that began to block others */
	uint64		usec;			/* that others waited */
	uint64		longest_usec;	/* of one wait */
	uint32		waiters;		/* at the same time, at most */
	TimestampTz last_at;
} CalBlocked;

typedef struct CalBlockingEntry
{
	CalRoot		root;
	CalBlocked	blocked;
	TimestampTz since;
} CalBlockingEntry;

#define CAL_BLOCKING_ENTRIES	256 /* the last takes what finds no place */

extern const CalArea cal_blocking_area;

/* The worker. */
extern void cal_blocking_look(void);
extern bool cal_blocking_begins(int procno, int pid);
extern void cal_blocking_add(const CalRoot *root, const CalBlocked *more);

/* Readers; there is room for CAL_BLOCKING_ENTRIES. */
extern int	cal_blocking_read(CalBlockingEntry *out);
extern void cal_blocking_reset(void);
extern void cal_blocking_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_BLOCKING_H */
