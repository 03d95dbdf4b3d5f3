/*
 * step_clock.c
 *		A clock that can be set back and forward, for one server alone.
 *
 * Loaded into a server with LD_PRELOAD.  The file that STEP_CLOCK names holds a
 * number of microseconds, which is added to what gettimeofday() says; whoever
 * writes to the file sets the clock of all processes that have it loaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

static const volatile int64_t *step;

/* Find the number; without one, the clock is right. */
static void __attribute__((constructor))
find_step(void)
{
	const char *path = getenv("STEP_CLOCK");
	int			file = path ? open(path, O_RDONLY) : -1;
	void	   *map;

	if (file < 0)
		return;
	map = mmap(NULL, sizeof(*step), PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (map != MAP_FAILED)
		step = map;
}

/* In place of the C library's. */
int
gettimeofday(struct timeval *restrict at, void *restrict zone)
{
	static int	(*real) (struct timeval *restrict, void *restrict);
	int64_t		usec;

	if (!real)
		real = (int (*) (struct timeval *restrict, void *restrict))
			dlsym(RTLD_NEXT, "gettimeofday");
	if (real(at, zone) != 0)
		return -1;
	usec = at->tv_sec * INT64_C(1000000) + at->tv_usec + (step ? *step : 0);
	at->tv_sec = usec / 1000000;
	at->tv_usec = usec % 1000000;
	return 0;
}
