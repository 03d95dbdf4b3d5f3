/*
 * lists.h
 *		Finds the lists of constants in a statement, and its group.
 */
#ifndef CAL_LISTS_H
#define CAL_LISTS_H

#include "capture/normalise.h"

extern int	cal_lists_find(Query *query, CalListRange *ranges, int room);
extern uint64 cal_lists_group(Query *query, const char *source);

#endif							/* CAL_LISTS_H */
