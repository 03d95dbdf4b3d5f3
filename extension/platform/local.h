/*
 * local.h
 *		Marks variables that are ours alone.
 */
#ifndef CAL_LOCAL_H
#define CAL_LOCAL_H

/*
 * A variable that several of our files share and nobody else sees: reached
 * with one instruction instead of two, which counts where all statements pass.
 */
#define CAL_LOCAL extern __attribute__((visibility("hidden")))

/*
 * A variable that nearly every statement looks at: these lie side by side, so
 * that they are in few lines of the processor's cache.
 */
#define CAL_HOT __attribute__((section("cal_hot")))

/*
 * A large table that not every connection needs: these lie at the end (see
 * --sort-section in the Makefile), so that what a new process writes to is on
 * few pages, each of which it must copy.
 */
#define CAL_LARGE __attribute__((section(".bss.cal_large")))

/*
 * A function that every connection or nearly every statement comes through:
 * these lie side by side as well.
 */
#define CAL_OFTEN __attribute__((section(".text.hot")))

#endif							/* CAL_LOCAL_H */
