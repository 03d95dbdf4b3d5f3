/*
 * candidates_merge.h
 *		Indexes that do the work of two.
 */
#ifndef CAL_CANDIDATES_MERGE_H
#define CAL_CANDIDATES_MERGE_H

#include "advise/table.h"

#define CAL_MERGES_MAX		64	/* of one call */
#define CAL_MERGED_MAX		160 /* indexes that are looked at: the first ones */

/*
 * From a table's candidates, the most promising first: CalIndex that are not
 * among them, each of which serves what two of them serve.
 */
extern List *cal_candidates_merge(CalTable *table, List *indexes);

#endif							/* CAL_CANDIDATES_MERGE_H */
