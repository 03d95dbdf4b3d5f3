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

#endif							/* CAL_LOCAL_H */
