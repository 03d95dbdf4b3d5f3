/*
 * objective.h
 *		What a choice of indexes is worth.
 */
#ifndef CAL_OBJECTIVE_H
#define CAL_OBJECTIVE_H

#include "advise/explore.h"

#define CAL_MOVE_OUT	16

/* A change of the choice: one comes in, or none, and some go. */
typedef struct CalMove
{
	CalMember  *in;				/* or NULL */
	CalMember  *out[CAL_MOVE_OUT];
	int			nout;
	double		bytes;			/* more than now */
	double		gain;			/* microseconds that are saved */
	double		share;			/* of a statement's cost saved, at best */
	double		loss;			/* of a statement's cost added, at worst */
	double		rise;			/* the same, of what it cost at first */
	bool		exact;			/* else gain and share are not more than that */
} CalMove;

/* Before anything is chosen: weights of statements, costs of writing. */
extern void cal_objective_weigh(CalSelection *sel);
extern void cal_objective_count_writes(CalSelection *sel);

/* Microseconds to write 1,000 rows of the table into the index. */
extern double cal_objective_write_usec(const CalTable *table,
									   const CalIndex *index);

/*
 * Rate a move; exactly, unless it turns out to gain less than is enough to be
 * of interest.
 */
extern void cal_objective_bound(CalSelection *sel, CalMove *move);
extern void cal_objective_rate(CalSelection *sel, CalMove *move,
							   double enough);
extern void cal_objective_apply(CalSelection *sel, const CalMove *move);

/* Choose none; to be called when statements were shown more candidates. */
extern void cal_objective_reset(CalSelection *sel);

/* Choose exactly these. */
extern void cal_objective_restore(CalSelection *sel, CalMember *const *these,
								  int n);

#endif							/* CAL_OBJECTIVE_H */
