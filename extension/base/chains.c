/*
 * chains.c
 *	  Who leads to whom, over any number of steps.
 *
 * Owns: nothing; works on the caller's memory.  Called for chains of sessions
 * that wait for each other.  Neither many ways to the same end nor a circle
 * makes it do more than look at each step once.
 */
#include "c.h"

#include "base/chains.h"

/*
 * Order the steps by where they begin.
 */
void
cal_chains_build(CalChains *chains, CalChainWay way,
				 const CalChainStep *step, int nsteps)
{
	int		   *first = chains->first;

	memset(first, 0, (chains->nodes + 1) * sizeof(int));
	for (int i = 0; i < nsteps; i++)
		first[way == CAL_CHAIN_UP ? step[i].waiter : step[i].blocker]++;
	for (int n = 1; n <= chains->nodes; n++)
		first[n] += first[n - 1];

	/* now each says where its steps end; filled from behind, where they begin */
	for (int i = nsteps - 1; i >= 0; i--)
	{
		if (way == CAL_CHAIN_UP)
			chains->next[--first[step[i].waiter]] = step[i].blocker;
		else
			chains->next[--first[step[i].blocker]] = step[i].waiter;
	}
}

/*
 * How many steps, at least, lead to each from where depth is 0; the others
 * are to be -1, and remain so if they cannot be reached.  The queue has room
 * for all; returns how many it holds in the end, the nearest first.
 */
int
cal_chains_walk(const CalChains *chains, int *depth, int *queue)
{
	int			n = 0;

	for (int i = 0; i < chains->nodes; i++)
		if (depth[i] == 0)
			queue[n++] = i;
	for (int done = 0; done < n; done++)
	{
		int			here = queue[done];

		for (int i = chains->first[here]; i < chains->first[here + 1]; i++)
		{
			int			there = chains->next[i];

			if (depth[there] >= 0)
				continue;
			depth[there] = depth[here] + 1;
			queue[n++] = there;
		}
	}
	return n;
}
