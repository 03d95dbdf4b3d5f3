/*
 * index_watch.h
 *		Notes which indexes come and go.
 */
#ifndef CAL_INDEX_WATCH_H
#define CAL_INDEX_WATCH_H

#include "nodes/parsenodes.h"
#include "tcop/utility.h"

extern uint32 cal_index_watch_begin(Node *utility);
extern void cal_index_watch_end(uint32 watch);

/*
 * Before a utility statement runs: what to pass to cal_index_watch_end once it
 * has succeeded; 0 for all but those few that make or drop indexes.
 */
static inline uint32
cal_index_watch(Node *utility, ProcessUtilityContext context)
{
	switch (nodeTag(utility))
	{
		case T_IndexStmt:
		case T_DropStmt:
		case T_AlterTableStmt:
		case T_ReindexStmt:
			if (context == PROCESS_UTILITY_SUBCOMMAND)
				return 0;		/* of a CREATE TABLE, say */
			return cal_index_watch_begin(utility);
		default:
			return 0;
	}
}

#endif							/* CAL_INDEX_WATCH_H */
