/*
 * lock_graph.c
 *		Which sessions wait for which, at this moment.
 *
 * Owns: nothing beyond a call.  Called by the function behind
 * caliper.blocking, and by the worker.  While nobody waits for a lock it only
 * looks at one word of each process slot.
 *
 * Core tells who is ahead of one waiter (GetBlockerStatusData, which
 * pg_blocking_pids() is made of): all who hold or want the same lock, and the
 * queue in front.  It holds all locks of the lock table for that, shared.  So
 * the last in a queue is asked for, and the answer serves for all of the
 * queue: as many questions as there are locks that somebody waits for.  (The
 * whole lock table, GetLockStatusData, does not say who is ahead in a queue.)
 * What was asked at different moments may not fit together; a session that
 * seems to wait for nobody, or in a circle, has no root then.
 *
 * Allocates, so it is called without a lock; takes core's locks only inside
 * core's function.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/wait_event.h"

#include "platform/lock_graph.h"
#include "platform/process.h"

#define BEHIND	INT_MAX

/* A process that waits; of a parallel query, several may. */
typedef struct Waiter
{
	int			pid;
	TimestampTz since;
} Waiter;

typedef struct Work
{
	CalLockGraph *graph;
	int		   *done;			/* processes whose steps are in the graph */
	int			ndone;
	int			done_room;
} Work;

/* What core says of a lock: everybody with an interest, and the queue. */
typedef struct Queue
{
	const LockInstanceData *who;
	int			n;
	int		   *node;			/* of each */
	int		   *position;		/* in the queue; -1: not in it */
	int			length;			/* as far as it is known */
} Queue;

/* Whether the process of a slot waits for a lock, and since when. */
bool
cal_lock_graph_waits(int procno, TimestampTz *since)
{
	PGPROC	   *proc = &ProcGlobal->allProcs[procno];
	uint32		info = *(volatile uint32 *) &proc->wait_event_info;

	if ((info & 0xFF000000) != PG_WAIT_LOCK || cal_process_pid(procno) == 0)
		return false;
	*since = (TimestampTz) pg_atomic_read_u64(&proc->waitStart);
	return true;
}

/* Whether anybody does. */
bool
cal_lock_graph_anybody(void)
{
	TimestampTz since;

	for (int i = 0; i < MaxBackends; i++)
		if (cal_lock_graph_waits(i, &since))
			return true;
	return false;
}

/* The slot of a process that can run statements, or -1. */
static int
procno_of(int pid)
{
	for (int i = 0; pid != 0 && i < MaxBackends; i++)
		if (cal_process_pid(i) == pid)
			return i;
	return -1;
}

/* The node of a session; a new one if it has none. */
static int
node_of(CalLockGraph *graph, int pid)
{
	CalLockNode *node;

	for (int i = 0; i < graph->nodes; i++)
		if (graph->node[i].pid == pid)
			return i;
	if (graph->nodes == graph->node_room)
	{
		graph->node_room *= 2;
		graph->node = repalloc(graph->node,
							   graph->node_room * sizeof(CalLockNode));
	}
	node = &graph->node[graph->nodes];
	memset(node, 0, sizeof(*node));
	node->pid = pid;
	node->procno = procno_of(pid);
	return graph->nodes++;
}

/* Note that one session waits for another. */
static void
add_step(CalLockGraph *graph, int waiter, int blocker)
{
	if (graph->steps == graph->step_room)
	{
		graph->step_room *= 2;
		graph->step = repalloc(graph->step,
							   graph->step_room * sizeof(CalChainStep));
	}
	graph->step[graph->steps].waiter = waiter;
	graph->step[graph->steps++].blocker = blocker;
}

/* Whether a process's steps are in the graph. */
static bool
is_done(const Work *work, int pid)
{
	for (int i = 0; i < work->ndone; i++)
		if (work->done[i] == pid)
			return true;
	return false;
}

/* From now on they are. */
static void
set_done(Work *work, int pid)
{
	if (work->ndone == work->done_room)
	{
		work->done_room *= 2;
		work->done = repalloc(work->done, work->done_room * sizeof(int));
	}
	work->done[work->ndone++] = pid;
}

/* Whether one of them has to wait until another lets go, or had its turn. */
static bool
is_blocked_by(const Queue *queue, int waiter, int other)
{
	const LockInstanceData *w = &queue->who[waiter];
	const LockInstanceData *o = &queue->who[other];
	LOCKMASK	conflicts;

	if (w->leaderPid == o->leaderPid)
		return false;
	conflicts = GetLockTagsMethodTable(&w->locktag)->conflictTab[w->waitLockMode];
	if (conflicts & o->holdMask)
		return true;
	return queue->position[other] >= 0 &&
		queue->position[other] < queue->position[waiter] &&
		(conflicts & LOCKBIT_ON(o->waitLockMode)) != 0;
}

/* Note what a session waits for; several processes of it may. */
static void
set_waits(CalLockNode *node, const LockInstanceData *who)
{
	TimestampTz since = 0;
	int			procno = procno_of(who->pid);

	if (procno >= 0)
		(void) cal_lock_graph_waits(procno, &since);
	if (node->waits && (since == 0 || (node->since != 0 && node->since <= since)))
		return;
	node->waits = true;
	node->tag = who->locktag;
	node->mode = who->waitLockMode;
	node->since = since;
}

/* Everybody in the queue whose place in it is known, if it is not done yet. */
static void
add_queue(Work *work, const Queue *queue)
{
	for (int i = 0; i < queue->n; i++)
	{
		if (queue->position[i] < 0 || queue->position[i] == BEHIND ||
			is_done(work, queue->who[i].pid))
			continue;
		set_done(work, queue->who[i].pid);
		set_waits(&work->graph->node[queue->node[i]], &queue->who[i]);
		for (int j = 0; j < queue->n; j++)
			if (is_blocked_by(queue, i, j))
				add_step(work->graph, queue->node[i], queue->node[j]);
	}
}

/* The place of a process in the queue before the one that was asked for. */
static int
position_of(const LockInstanceData *who, const BlockedProcData *asked,
			const int *ahead)
{
	if (who->waitLockMode == NoLock)
		return -1;
	if (who->pid == asked->pid)
		return asked->num_waiters;
	for (int i = 0; i < asked->num_waiters; i++)
		if (ahead[i] == who->pid)
			return i;
	return BEHIND;
}

/* Ask core about a process, and take in what it says. */
static void
ask(Work *work, int pid)
{
	BlockedProcsData *data = GetBlockerStatusData(pid);

	for (int i = 0; i < data->nprocs; i++)
	{
		const BlockedProcData *asked = &data->procs[i];
		const int  *ahead = &data->waiter_pids[asked->first_waiter];
		Queue		queue = {0};

		queue.who = &data->locks[asked->first_lock];
		queue.n = asked->num_locks;
		queue.node = palloc(queue.n * sizeof(int));
		queue.position = palloc(queue.n * sizeof(int));
		for (int j = 0; j < queue.n; j++)
		{
			queue.node[j] = node_of(work->graph, queue.who[j].leaderPid);
			queue.position[j] = position_of(&queue.who[j], asked, ahead);
		}
		add_queue(work, &queue);
		pfree(queue.node);
		pfree(queue.position);
	}
	pfree(data->procs);
	pfree(data->locks);
	pfree(data->waiter_pids);
	pfree(data);
}

/* Who waits longest comes last, since he stands in front of the others. */
static int
compare_waiters(const void *a, const void *b)
{
	TimestampTz left = ((const Waiter *) a)->since;
	TimestampTz right = ((const Waiter *) b)->since;

	if ((left == 0) != (right == 0))
		return left == 0 ? -1 : 1;
	return left > right ? -1 : left < right;
}

/* All processes that wait for a lock, those who came last first. */
static int
find_waiters(Waiter *waiter)
{
	int			n = 0;

	for (int i = 0; i < MaxBackends; i++)
	{
		if (!cal_lock_graph_waits(i, &waiter[n].since))
			continue;
		waiter[n++].pid = cal_process_pid(i);
	}
	qsort(waiter, n, sizeof(Waiter), compare_waiters);
	return n;
}

/* Somebody who is waited for may have begun to wait while we looked. */
static void
ask_blockers(Work *work)
{
	for (int i = 0; i < work->graph->nodes; i++)
	{
		CalLockNode node = work->graph->node[i];
		TimestampTz since;

		if (!node.waits && node.procno >= 0 &&
			cal_lock_graph_waits(node.procno, &since))
			ask(work, node.pid);
	}
}

/* Everybody who waits for a lock, and everybody who is waited for. */
CalLockGraph *
cal_lock_graph_read(void)
{
	CalLockGraph *graph = palloc0(sizeof(CalLockGraph));
	Waiter	   *waiter = palloc(MaxBackends * sizeof(Waiter));
	int			n = find_waiters(waiter);
	Work		work = {graph};

	graph->node_room = work.done_room = 2 * n + 1;
	graph->step_room = 4 * n + 1;
	graph->node = palloc(graph->node_room * sizeof(CalLockNode));
	graph->step = palloc(graph->step_room * sizeof(CalChainStep));
	work.done = palloc(work.done_room * sizeof(int));
	for (int i = 0; i < n; i++)
		if (!is_done(&work, waiter[i].pid))
			ask(&work, waiter[i].pid);
	ask_blockers(&work);
	pfree(work.done);
	pfree(waiter);
	return graph;
}

/* The graph, ready to be walked. */
CalChains *
cal_lock_graph_chains(const CalLockGraph *graph, CalChainWay way)
{
	CalChains  *chains = palloc(sizeof(CalChains));

	chains->nodes = graph->nodes;
	chains->first = palloc((graph->nodes + 1) * sizeof(int));
	chains->next = palloc((graph->steps + 1) * sizeof(int));
	cal_chains_build(chains, way, graph->step, graph->steps);
	return chains;
}

/* The table that a lock is on, if its name can be found from here. */
static Oid
relation_of(const LOCKTAG *tag)
{
	if (tag->locktag_type > LOCKTAG_TUPLE ||
		tag->locktag_type == LOCKTAG_DATABASE_FROZEN_IDS)
		return InvalidOid;
	if (!OidIsValid(MyDatabaseId) ||
		(tag->locktag_field1 != MyDatabaseId && tag->locktag_field1 != 0))
		return InvalidOid;
	return tag->locktag_field2;
}

/*
 * What a lock is on.  If that is a table of this database or a part of one,
 * without its name: the caller may know it by the OID.
 */
char *
cal_lock_graph_object(const LOCKTAG *tag, Oid *relation)
{
	StringInfoData name;

	initStringInfo(&name);
	*relation = relation_of(tag);
	if (!OidIsValid(*relation))
		DescribeLockTag(&name, tag);
	else if (tag->locktag_type == LOCKTAG_RELATION)
		appendStringInfoString(&name, "relation");
	else if (tag->locktag_type == LOCKTAG_RELATION_EXTEND)
		appendStringInfoString(&name, "extension of relation");
	else if (tag->locktag_type == LOCKTAG_PAGE)
		appendStringInfo(&name, "page %u of relation", tag->locktag_field3);
	else
		appendStringInfo(&name, "tuple (%u,%u) of relation",
						 tag->locktag_field3, tag->locktag_field4);
	return name.data;
}
