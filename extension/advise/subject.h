/*
 * subject.h
 *		A statement for which indexes are sought, and what it would cost.
 */
#ifndef CAL_SUBJECT_H
#define CAL_SUBJECT_H

#include "advise/hypothetical.h"
#include "advise/workload.h"

/* What a plan costs if a set of indexes is there, and which it uses. */
typedef struct CalPlanned
{
	uint64		set;
	uint64		used;
	double		cost;
} CalPlanned;

typedef struct CalSubject
{
	CalWorkStatement *statement;
	CalHypothetical *candidate[CAL_HYPOTHETICAL_MAX];
	int			ncandidates;
	bool		failed;			/* so it is not planned any more */
	uint64		chosen;			/* bit i stands for candidate[i] */
	double		base;			/* cost without any of them */
	double		cost;			/* cost with the chosen ones */
	CalPlanned *plan;			/* those that are known */
	int			nplans;
	int			room;
} CalSubject;

extern uint64 cal_subject_bit(const CalSubject *s, const CalHypothetical *c);
extern void cal_subject_add(CalSubject *s, CalHypothetical *candidate);
extern const CalPlanned *cal_subject_find(const CalSubject *s, uint64 set);
extern bool cal_subject_plan(CalSubject *s, const uint64 *sets, int n,
							 TimestampTz deadline);

#endif							/* CAL_SUBJECT_H */
