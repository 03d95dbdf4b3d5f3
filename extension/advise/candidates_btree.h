/*
 * candidates_btree.h
 *		The keys of btrees that might help.
 */
#ifndef CAL_CANDIDATES_BTREE_H
#define CAL_CANDIDATES_BTREE_H

#include "advise/roles.h"

/* The keys of an index. */
typedef struct CalKeySet
{
	CalIndex	index;
	bool		weak;			/* of use only if the table need not be read */
} CalKeySet;

/* At most max CalKeySet, the most promising first. */
extern List *cal_btree_keysets(const CalTable *table, const CalWant *want,
							   const CalRoles *roles, int max);

#endif							/* CAL_CANDIDATES_BTREE_H */
