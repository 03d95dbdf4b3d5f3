/*
 * search.h
 *		Finds a good choice of indexes.
 */
#ifndef CAL_SEARCH_H
#define CAL_SEARCH_H

#include "advise/explore.h"

/* Choose, until nothing better is found or time is up. */
extern void cal_search(CalSelection *sel);

#endif							/* CAL_SEARCH_H */
