/*
 * constancy.h
 *		Which conditions are the same from execution to execution.
 */
#ifndef CAL_CONSTANCY_H
#define CAL_CONSTANCY_H

#include "nodes/pg_list.h"

/* What one more sample of the statement tells of the first one's wants. */
extern void cal_constancy_compare(List *wants, List *other);

#endif							/* CAL_CONSTANCY_H */
