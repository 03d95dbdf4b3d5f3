/*
 * partials.h
 *		Conditions under which an index could leave rows out.
 */
#ifndef CAL_PARTIALS_H
#define CAL_PARTIALS_H

#include "advise/roles.h"

typedef struct CalPartial
{
	List	   *clauses;		/* CalClause that it makes superfluous as keys */
	List	   *predicate;
	double		share;			/* of the rows that are left */
} CalPartial;

/* CalPartial, the most promising first; does not count the empty one. */
extern List *cal_partials_make(const CalTable *table, const CalWant *want,
							   const CalRoles *roles);

#endif							/* CAL_PARTIALS_H */
