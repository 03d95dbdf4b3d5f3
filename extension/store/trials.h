/*
 * trials.h
 *		Indexes that came or went, and what statements cost until then.
 */
#ifndef CAL_TRIALS_H
#define CAL_TRIALS_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"

#define CAL_TRIALS_MAX			64
#define CAL_TRIAL_STATEMENTS	16
#define CAL_TRIAL_DEFINITION	448 /* bytes, with the end */

typedef enum CalTrialAction
{
	CAL_TRIAL_CREATE, CAL_TRIAL_DROP
} CalTrialAction;

/* What a statement that touches the table had cost until then; see CalSum. */
typedef struct CalTrialStatement
{
	uint64		queryid;
	Oid			userid;
	uint16		writes;			/* 1: it was seen to change the table */
	uint16		searches;		/* 1: ... to search or order it */
	uint64		calls;
	uint64		usec;
	double		squares;
	uint64		origin;
} CalTrialStatement;

typedef struct CalTrial
{
	uint64		number;			/* in the order of their coming */
	Oid			dbid;
	Oid			relid;
	Oid			indexrelid;
	Oid			userid;			/* who did it */
	TimestampTz at;
	uint32		epoch;			/* of the statements' counters */
	uint8		action;
	bool		advised;		/* it is what the advisor had said */
	uint8		nstatements;
	char		name[NAMEDATALEN];
	char		definition[CAL_TRIAL_DEFINITION];
	CalTrialStatement statement[CAL_TRIAL_STATEMENTS];
} CalTrial;

extern const CalArea cal_trials_area;

/* Numbers are given here. */
extern void cal_trials_note(const CalTrial *trial);

/* An index was built anew and has another OID. */
extern void cal_trials_follow(Oid dbid, Oid before, Oid after);

/* All of them, into room for CAL_TRIALS_MAX; in the order of their coming. */
extern int	cal_trials_copy(CalTrial *out);
extern void cal_trials_reset(void);
extern void cal_trials_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_TRIALS_H */
