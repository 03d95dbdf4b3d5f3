/*
 * slab_merge.h
 *		What the shared table and the slabs know of each statement, in one.
 */
#ifndef CAL_SLAB_MERGE_H
#define CAL_SLAB_MERGE_H

#include "store/slab.h"

/* Room for what a partition holds, and for its merged statements. */
typedef struct CalMerge
{
	CalStatement *statement;
	int			n;				/* statements, after merging */
	int			room;
	CalSlabEntry *entry;
	int			entries;
	int			entry_room;
	int32	   *bucket;			/* hash table over statements; -1 is free */
	uint32		mask;
} CalMerge;

extern void cal_merge_partition(CalMerge *m, int partition,
								CalStatement *other);
extern void cal_merge_free(CalMerge *m);
extern double cal_merge_total(void);

#endif							/* CAL_SLAB_MERGE_H */
