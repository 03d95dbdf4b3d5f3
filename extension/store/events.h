/*
 * events.h
 *		A ring of executions that were slow, or taken as a sample.
 */
#ifndef CAL_EVENTS_H
#define CAL_EVENTS_H

#include "base/commenter.h"
#include "base/wait_profile.h"
#include "platform/info.h"
#include "platform/memory.h"
#include "store/counters.h"

#define CAL_EVENT_PARAMETERS 256	/* bytes, with the NUL */
#define CAL_EVENT_LABEL 64

/* Where a client is, without its port. */
typedef struct CalAddress
{
	int8		family;			/* 4, 6, 0: Unix socket, -1: no client */
	uint8		bytes[16];
} CalAddress;

/* One execution. */
typedef struct CalEvent
{
	uint64		serial;			/* 1 for the first; given by the store */
	TimestampTz started;
	uint64		usec;
	uint64		plan_usec;
	CalStatementKey key;
	uint64		plan;			/* id of its plan's text; 0: none */
	uint64		rows;
	CalUsage	usage;
	int			sqlstate;		/* as sqlerrcode; 0 for success */
	int			pid;
	int16		encoding;		/* of tags, label and parameters */
	bool		sampled;		/* rows per plan node were counted */
	bool		io_timed;		/* read_usec and write_usec were measured */
	CalAddress	client;
	CalWaitProfile waits;
	CalTags		tags;
	char		label[CAL_EVENT_LABEL];
	char		parameters[CAL_EVENT_PARAMETERS];
} CalEvent;

/* Where the time of an event went, in microseconds. */
typedef struct CalSplit
{
	bool		io_known;
	bool		known;			/* the others, from samples */
	double		io;
	double		lock;
	double		client;
	double		other;
} CalSplit;

extern const CalArea cal_events_area;

extern void cal_events_split(const CalEvent *event, CalSplit *out);
extern void cal_events_add(CalEvent *event);
extern int	cal_events_copy(uint64 *after, CalEvent *out, int room);
extern void cal_events_reset(void);
extern void cal_events_count_failure(void);
extern bool cal_events_admit_line(TimestampTz now, uint32 limit,
								  uint64 *suppressed);
extern uint64 cal_events_suppressed(void);
extern void cal_events_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_EVENTS_H */
