/*
 * test_chains.c
 *	  Tests of base/chains: who leads to whom, over any number of steps.
 */
#include "c.h"

#include <stdlib.h>

#include "base/chains.h"
#include "tap.h"

#define MOST	64

static int	first[MOST + 1];
static int	next[MOST * MOST];
static int	depth[MOST];
static int	queue[MOST];

/*
 * Walks from one node, and prints the depths.
 */
static const char *
walk(CalChainWay way, const CalChainStep *steps, int nsteps, int nodes,
	 int from)
{
	static char printed[256];
	CalChains	chains = {nodes, first, next};
	size_t		len = 0;

	cal_chains_build(&chains, way, steps, nsteps);
	for (int i = 0; i < nodes; i++)
		depth[i] = i == from ? 0 : -1;
	cal_chains_walk(&chains, depth, queue);
	printed[0] = '\0';
	for (int i = 0; i < nodes; i++)
		len += snprintf(printed + len, sizeof(printed) - len, "%s%d",
						i > 0 ? " " : "", depth[i]);
	return printed;
}

/*
 * A queue behind a row: 1 waits for 0, and the others for 1 and each other.
 */
static void
test_queue(void)
{
	const CalChainStep steps[] = {{1, 0}, {2, 1}, {3, 1}, {3, 2}, {4, 1},
	{4, 2}, {4, 3}};

	is_text(walk(CAL_CHAIN_DOWN, steps, 7, 5, 0), "0 1 2 2 2",
			"all who wait are reached from the root, by the shortest way");
	is_text(walk(CAL_CHAIN_UP, steps, 7, 5, 4), "2 1 1 1 0",
			"and the root from the last of them");
	is_text(walk(CAL_CHAIN_DOWN, steps, 7, 5, 4), "-1 -1 -1 -1 0",
			"nobody waits for the last");
}

/*
 * Several roots, none at all, and nobody.
 */
static void
test_shapes(void)
{
	const CalChainStep fork[] = {{2, 0}, {2, 1}, {3, 2}};
	const CalChainStep circle[] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}};
	const CalChainStep itself[] = {{0, 0}, {1, 0}, {1, 0}};

	is_text(walk(CAL_CHAIN_DOWN, fork, 3, 4, 1), "-1 0 1 2", "one of two roots");
	is_text(walk(CAL_CHAIN_UP, fork, 3, 4, 3), "2 2 1 0", "both from below");
	is_text(walk(CAL_CHAIN_UP, circle, 4, 4, 3), "1 2 3 0",
			"a circle is gone round once");
	is_text(walk(CAL_CHAIN_DOWN, itself, 3, 2, 0), "0 1",
			"so is a step to itself, and one that is there twice");
	is_text(walk(CAL_CHAIN_DOWN, NULL, 0, 2, 0), "0 -1", "no steps");
	is_text(walk(CAL_CHAIN_DOWN, NULL, 0, 0, 0), "", "nobody");
}

/*
 * From several at once, and the order in which they are found.
 */
static void
test_several(void)
{
	const CalChainStep steps[] = {{2, 0}, {3, 1}, {4, 3}, {4, 2}};
	CalChains	chains = {5, first, next};

	cal_chains_build(&chains, CAL_CHAIN_DOWN, steps, 4);
	for (int i = 0; i < 5; i++)
		depth[i] = i < 2 ? 0 : -1;
	is_number(cal_chains_walk(&chains, depth, queue), 5, "all are found");
	ok(depth[2] == 1 && depth[3] == 1 && depth[4] == 2, "at their depths");
	is_number(queue[4], 4, "the farthest last");
}

/*
 * Against the obvious way: depths grow by one along some step, and never by
 * more along any.
 */
static void
test_random(void)
{
	static CalChainStep steps[MOST * 2];
	int			wrong = 0;

	for (int round = 0; round < 500; round++)
	{
		CalChains	chains = {MOST, first, next};
		int			nsteps = tap_random() % (MOST * 2);

		for (int i = 0; i < nsteps; i++)
		{
			steps[i].waiter = tap_random() % MOST;
			steps[i].blocker = tap_random() % MOST;
		}
		cal_chains_build(&chains, CAL_CHAIN_UP, steps, nsteps);
		for (int i = 0; i < MOST; i++)
			depth[i] = i == 0 ? 0 : -1;
		cal_chains_walk(&chains, depth, queue);
		for (int n = 0; n < MOST; n++)
		{
			bool		reached = n == 0;

			for (int i = 0; i < nsteps; i++)
			{
				int			from = depth[steps[i].waiter];

				if (steps[i].blocker != n || from < 0)
					continue;
				wrong += depth[n] < 0 || depth[n] > from + 1;
				reached |= depth[n] == from + 1;
			}
			wrong += depth[n] >= 0 && !reached;
		}
	}
	is_number(wrong, 0, "500 random graphs");
}

int
main(void)
{
	test_queue();
	test_shapes();
	test_several();
	test_random();
	return tap_done();
}
