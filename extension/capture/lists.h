/*
 * lists.h
 *		Finds the lists of constants in a statement, and its group.
 */
#ifndef CAL_LISTS_H
#define CAL_LISTS_H

#include "capture/normalise.h"

extern void cal_lists_find(Query *query, CalLists *lists);
extern uint64 cal_lists_group(Query *query, const char *source);

#endif							/* CAL_LISTS_H */
