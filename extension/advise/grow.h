/*
 * grow.h
 *		Takes indexes into a choice, the best one first.
 */
#ifndef CAL_GROW_H
#define CAL_GROW_H

#include "common/pg_prng.h"

#include "advise/objective.h"

typedef struct CalSearch
{
	CalSelection *sel;
	CalMember **member;			/* those that could be chosen */
	int			n;
	double		budget;			/* bytes */
	bool		limited;		/* the budget is */
	bool		by_byte;		/* gain per byte counts, not gain */
	TimestampTz until;
	double		least;			/* gain that is worth an index */
	double		step;			/* gain that is worth a change */
	pg_prng_state dice;
	bool		shaken;			/* scores are varied at random */
} CalSearch;

/* A choice that was found. */
typedef struct CalFound
{
	CalMember **member;
	int			n;
	double		value;
} CalFound;

extern bool cal_grow_is_over(const CalSearch *x);

/* Remember the present choice; go back to one. */
extern void cal_grow_keep(const CalSearch *x, CalFound *found);
extern void cal_grow_back(CalSearch *x, const CalFound *found);

/*
 * Have a member come in, those that it covers go, and one more if it is given;
 * false: it is covered itself.
 */
extern bool cal_grow_move(const CalSearch *x, CalMember *m, CalMember *out,
						  CalMove *move);
extern bool cal_grow_fits(const CalSearch *x, const CalMove *move);

/* Take in the best, while there is room; take out what no plan uses. */
extern void cal_grow(CalSearch *x);
extern void cal_grow_sweep(CalSearch *x);

#endif							/* CAL_GROW_H */
