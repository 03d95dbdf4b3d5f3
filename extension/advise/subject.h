/*
 * subject.h
 *		A statement for which indexes are sought, and what it would cost.
 */
#ifndef CAL_SUBJECT_H
#define CAL_SUBJECT_H

#include "advise/pool.h"
#include "advise/workload.h"

/* What a plan costs if a set of indexes is there, and which it uses. */
typedef struct CalPlanned
{
	uint64		set;
	uint64		used;
	double		plain;			/* the planner's cost */
	double		cost;			/* that, and what the planner overlooks */
} CalPlanned;

/* A set that was asked for before, and the plan that answers. */
typedef struct CalRecall
{
	uint64		set;
	int			plan;			/* from 1 on; 0: this place is free */
} CalRecall;

typedef struct CalSubject
{
	CalWorkload *workload;
	CalWorkStatement *statement;
	List	   *wants;			/* CalWant */
	CalMember  *member[CAL_HYPOTHETICAL_MAX];
	CalHypothetical *candidate[CAL_HYPOTHETICAL_MAX];	/* the same ones */
	int			n;
	bool		planned;		/* at least without any of them */
	bool		failed;			/* so it is not planned any more */
	double		base;			/* cost without any of them */
	double		usec;			/* per unit of that, as measured */
	double		overlooked;		/* in that already, in units of cost */
	double		weight;			/* microseconds per unit of cost, in all */
	uint64		set;			/* the chosen ones; bit i is member[i] */
	double		cost;			/* with those */
	uint64		changed_at;		/* when they last changed */
	uint64		trial;			/* a set under consideration */
	bool		on_trial;
	CalPlanned *plan;			/* those that are known */
	int			nplans;
	int			room;
	CalRecall  *recall;			/* by hash of the set */
	int			recalls;		/* places in use */
	int			mask;			/* places, less one */
} CalSubject;

/* Milliseconds for one visit to the sandbox: 0 if time is up. */
extern int	cal_subject_time(TimestampTz deadline);

extern bool cal_subject_add(CalSubject *s, CalMember *member);
extern uint64 cal_subject_all(const CalSubject *s);

/* Whether it is about a table; of partitions, about the partitioned one. */
extern bool cal_subject_reads(const CalSubject *s, Oid relid);

/* Keep but these candidates, under new bits, and what is known of them. */
extern void cal_subject_keep(CalSubject *s, uint64 these);

/* What is known of the plan under a set; NULL: nothing.  And what must hold. */
extern const CalPlanned *cal_subject_find(CalSubject *s, uint64 set);
extern void cal_subject_bounds(const CalSubject *s, uint64 set, double *least,
							   double *most);

/* First visit: the cost without any, and what it wants; forgets all plans. */
extern bool cal_subject_begin(CalSubject *s, TimestampTz deadline);

/* Plan under sets; and with existing indexes hidden: the cost, or -1. */
extern bool cal_subject_plan(CalSubject *s, const uint64 *sets, int n,
							 TimestampTz deadline);
extern double cal_subject_without(CalSubject *s, const Oid *hidden,
								  int nhidden, TimestampTz deadline);

#endif							/* CAL_SUBJECT_H */
