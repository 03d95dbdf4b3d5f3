/*
 * select.h
 *		Chooses the indexes that are worth advising.
 */
#ifndef CAL_SELECT_H
#define CAL_SELECT_H

#include "datatype/timestamp.h"

#include "advise/workload.h"
#include "store/advice.h"

/* What may be advised, and how long that may take. */
typedef struct CalChoice
{
	double		budget;			/* bytes of all new indexes; or infinite */
	int			max_indexes;
	TimestampTz deadline;
	double		min_benefit;	/* share of a statement's cost to be saved */
	List	   *tables;			/* of Oid; NIL: all */
	bool		drops;			/* existing ones that could go, too */
	Size		memory;			/* bytes that the call may take; 0: any */
	void		(*progress) (const char *phase, int done, int total,
							 double saved); /* or NULL */
	int			left_out;		/* result: statements not looked at */
} CalChoice;

typedef struct CalAdvice
{
	CalAdviceAction action;
	CalIndex	index;			/* to be created, or to be dropped */
	CalWorkload *workload;
	CalTable   *table;
	Oid			replaced;		/* the existing one that it makes superfluous */
	const char *unplanned;		/* why it was not planned; NULL if it was */
	const char *evidence;		/* if that speaks against the planner's cost */
	const char *grounds;		/* why an existing one may go */
	bool		generic;		/* helps when values are unknown, too */
	double		before;			/* planner's cost of what it serves */
	double		after;			/* with all advised indexes */
	double		benefit;		/* share of the time saved */
	double		saved;			/* that share in microseconds */
	double		write_usec;		/* to keep it, per 1,000 rows written */
	double		filtered;		/* rows read in vain per execution */
	double		read;			/* rows read per execution */
	List	   *served;			/* CalWorkStatement */
} CalAdvice;

/*
 * CalAdvice: indexes to create, the most useful first; then those to drop.
 * Statements that could not be planned have their trouble noted.
 */
extern List *cal_select(CalWorkload *workload, CalChoice *choice);

/* For the files that select: start a piece, and say whom it serves. */
extern CalAdvice *cal_advice_make(CalWorkload *workload, CalTable *table,
								  const CalIndex *index);
extern void cal_advice_serve(CalAdvice *advice, CalWorkStatement *statement);

#endif							/* CAL_SELECT_H */
