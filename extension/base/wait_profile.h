/*
 * wait_profile.h
 *	  What a statement was seen waiting for, by class.
 */
#ifndef CAL_BASE_WAIT_PROFILE_H
#define CAL_BASE_WAIT_PROFILE_H

/* Classes that tell where time went; the rest of core's are CAL_WAIT_OTHER. */
typedef enum CalWaitClass
{
	CAL_WAIT_NONE,				/* on the CPU, or ready for it */
	CAL_WAIT_LOCK,				/* heavyweight locks */
	CAL_WAIT_LWLOCK,
	CAL_WAIT_IO,
	CAL_WAIT_CLIENT,			/* the client must take or send something */
	CAL_WAIT_IPC,
	CAL_WAIT_TIMEOUT,
	CAL_WAIT_OTHER
} CalWaitClass;

#define CAL_WAIT_CLASSES (CAL_WAIT_OTHER + 1)

typedef struct CalWaitProfile
{
	uint32		samples[CAL_WAIT_CLASSES];
} CalWaitProfile;

#endif							/* CAL_BASE_WAIT_PROFILE_H */
