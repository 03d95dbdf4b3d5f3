/*
 * chains.h
 *	  Who leads to whom, over any number of steps.
 */
#ifndef CAL_BASE_CHAINS_H
#define CAL_BASE_CHAINS_H

/* One step: who waits, and for whom.  Both are numbers from 0. */
typedef struct CalChainStep
{
	int			waiter;
	int			blocker;
} CalChainStep;

/*
 * All steps, by where they begin: those of n lead to next[first[n]] up to,
 * but not including, next[first[n + 1]].  first has room for one more than
 * there are numbers, next for as many as there are steps.
 */
typedef struct CalChains
{
	int			nodes;
	int		   *first;
	int		   *next;
} CalChains;

/* From waiter to blocker (up), or from blocker to waiter (down). */
typedef enum CalChainWay
{
	CAL_CHAIN_UP,
	CAL_CHAIN_DOWN
} CalChainWay;

extern void cal_chains_build(CalChains *chains, CalChainWay way,
							 const CalChainStep *step, int nsteps);
extern int	cal_chains_walk(const CalChains *chains, int *depth, int *queue);

#endif							/* CAL_BASE_CHAINS_H */
