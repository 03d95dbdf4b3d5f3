/*
 * index.h
 *		An index that exists, or that might help.
 */
#ifndef CAL_INDEX_H
#define CAL_INDEX_H

#include "advise/table.h"

/* Whether a contains b as a prefix, so that b adds nothing. */
extern bool cal_index_covers(const CalIndex *a, const CalIndex *b);
extern bool cal_index_covered(const CalTable *table, const CalIndex *index);

/* Estimate pages and height of the btree, as if it were built now. */
extern void cal_index_estimate(const CalTable *table, CalIndex *index);
extern char *cal_index_ddl(const CalTable *table, const CalIndex *index);

#endif							/* CAL_INDEX_H */
