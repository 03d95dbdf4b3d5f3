/*
 * lock_graph.h
 *		Which sessions wait for which, at this moment.
 */
#ifndef CAL_LOCK_GRAPH_H
#define CAL_LOCK_GRAPH_H

#include "base/chains.h"
#include "datatype/timestamp.h"
#include "storage/lock.h"

/* A session that waits for a lock, or that others wait for. */
typedef struct CalLockNode
{
	int			pid;			/* of a parallel query, its leader's; 0: all
								 * prepared transactions */
	int			procno;			/* of its process slot; -1: of none that runs
								 * statements */
	bool		waits;
	LOCKTAG		tag;			/* if so: for what, in which mode, */
	LOCKMODE	mode;
	TimestampTz since;			/* and since when; 0: since just now */
} CalLockNode;

typedef struct CalLockGraph
{
	CalLockNode *node;
	int			nodes;
	CalChainStep *step;
	int			steps;
	int			node_room;
	int			step_room;
} CalLockGraph;

extern bool cal_lock_graph_waits(int procno, TimestampTz *since);
extern bool cal_lock_graph_anybody(void);

/* These allocate in the current context. */
extern CalLockGraph *cal_lock_graph_read(void);
extern CalChains *cal_lock_graph_chains(const CalLockGraph *graph,
										CalChainWay way);
extern char *cal_lock_graph_object(const LOCKTAG *tag, Oid *relation);

#endif							/* CAL_LOCK_GRAPH_H */
