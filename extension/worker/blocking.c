/*
 * blocking.c
 *		Looks who keeps others waiting.
 *
 * Owns: when it looked last and what that cost, in this process.  Called by
 * worker.c as often as waits are sampled.  While nobody waits for a lock, a
 * look is one word of each process slot.  Otherwise each waiter is followed to
 * the root of its chain, and the time since the look before is booked in
 * store/blocking.c on whoever is there: in equal parts, if there are several,
 * so that the sum remains what was waited.  A look that took long is not
 * repeated soon, so that looking takes about a hundredth of the time; but once
 * a second it looks in any case, so a look that takes more than 10 ms, as with
 * many hundreds of sessions in one queue, takes a larger part.
 *
 * The time is a sample.  What is shorter than the interval may be missed or
 * count for too much; on the average it is right.  It is measured by a clock
 * that nobody sets back.  Holds no lock but inside the stores, and connects to
 * no database.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "utils/timestamp.h"

#include "platform/lock_graph.h"
#include "platform/settings.h"
#include "store/blocking.h"
#include "store/pools_party.h"
#include "worker/blocking.h"

#define LONGEST_INTERVAL	1000	/* ms between two looks */
#define COST_FACTOR			100
#define MAX_OWNERS			64	/* told apart in one look */

/* An opener at the root of chains, and who waits for it. */
typedef struct Owner
{
	CalRoot		root;
	bool		other;			/* what finds no place among the owners */
	CalBlocked	blocked;
	int		   *depth;			/* of each node, below this owner's roots */
} Owner;

typedef struct Look
{
	CalLockGraph *graph;
	CalChains  *chains;
	int		   *queue;
	int			owners;
	Owner		owner[MAX_OWNERS];
} Look;

static double last_look = 0;	/* s, by the clock that only goes on */
static double last_cost = 0;	/* s */

/* Seconds since some moment in the past. */
static double
clock_seconds(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return INSTR_TIME_GET_DOUBLE(now);
}

/* When to look again: later after a look that took long, but within 1 s. */
int
cal_blocking_interval(void)
{
	int			rest = (int) Min(last_cost * 1000 * COST_FACTOR, LONGEST_INTERVAL);

	if (cal_wait_sample_interval == 0)
		return 0;
	return Max(cal_wait_sample_interval, rest);
}

/* The owner of a root; the last one if there are too many. */
static Owner *
owner_of(Look *look, const CalRoot *root)
{
	Owner	   *owner;

	for (int i = 0; i < look->owners; i++)
		if (look->owner[i].other ||
			memcmp(&look->owner[i].root, root, sizeof(CalRoot)) == 0)
			return &look->owner[i];
	owner = &look->owner[look->owners++];
	memset(owner, 0, sizeof(*owner));
	owner->root = *root;
	owner->other = look->owners == MAX_OWNERS;
	owner->depth = palloc(look->graph->nodes * sizeof(int));
	for (int i = 0; i < look->graph->nodes; i++)
		owner->depth[i] = -1;
	return owner;
}

/*
 * Everybody who is waited for and waits for nobody is a root.  Others in the
 * graph only have the same lock, in a mode that stands in nobody's way.
 */
static void
find_owners(Look *look)
{
	for (int i = 0; i < look->graph->nodes; i++)
	{
		const CalLockNode *node = &look->graph->node[i];
		CalRoot		root;
		Owner	   *owner;

		if (node->waits || look->chains->first[i] == look->chains->first[i + 1])
			continue;
		memset(&root, 0, sizeof(root));
		root.opener = cal_pools_party_of_process(node->procno, node->pid,
												 &root.party);
		owner = owner_of(look, &root);
		owner->depth[i] = 0;
		owner->blocked.episodes += cal_blocking_begins(node->procno, node->pid);
	}
}

/* Book a waiter's time on whoever he leads to. */
static void
count_waiter(Look *look, int waiter, double usec, TimestampTz now)
{
	TimestampTz since = look->graph->node[waiter].since;
	int			n = 0;

	for (int i = 0; i < look->owners; i++)
		n += look->owner[i].depth[waiter] > 0;
	for (int i = 0; i < look->owners; i++)
	{
		CalBlocked *blocked = &look->owner[i].blocked;

		if (look->owner[i].depth[waiter] <= 0)
			continue;
		blocked->waiters++;
		blocked->usec += usec / n;
		if (since != 0 && now > since)
			blocked->longest_usec = Max(blocked->longest_usec,
										(uint64) (now - since));
	}
}

/* Somebody waits: for whom? */
static void
look_closer(double usec)
{
	TimestampTz now = GetCurrentTimestamp();
	Look	   *look = palloc(sizeof(Look));

	look->owners = 0;
	look->graph = cal_lock_graph_read();
	look->chains = cal_lock_graph_chains(look->graph, CAL_CHAIN_DOWN);
	look->queue = palloc((look->graph->nodes + 1) * sizeof(int));
	find_owners(look);
	for (int i = 0; i < look->owners; i++)
		(void) cal_chains_walk(look->chains, look->owner[i].depth, look->queue);
	for (int i = 0; i < look->graph->nodes; i++)
		if (look->graph->node[i].waits)
			count_waiter(look, i, usec, now);
	for (int i = 0; i < look->owners; i++)
	{
		Owner	   *owner = &look->owner[i];

		owner->blocked.last_at = now;
		if (owner->blocked.waiters > 0)
			cal_blocking_add(owner->other ? NULL : &owner->root,
							 &owner->blocked);
	}
}

/* One look; it stands for the time since the one before, if that is not long. */
void
cal_blocking_sample(void)
{
	double		now = clock_seconds();
	double		interval = cal_blocking_interval() / 1000.0;
	double		step = last_look == 0 ? interval : now - last_look;

	last_look = now;
	cal_blocking_look();
	if (cal_lock_graph_anybody())
		look_closer(Min(step, 2 * interval) * 1e6);
	last_cost = clock_seconds() - now;
}
