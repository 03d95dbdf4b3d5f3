/*
 * tap.h
 *	  Prints test results in the Test Anything Protocol.
 *
 * A test program calls ok(), is_number() and is_text(), and ends with
 * "return tap_done();".
 */
#ifndef CAL_TAP_H
#define CAL_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int	tap_count = 0;
static int	tap_failed = 0;

static inline bool ok(bool good, const char *name,...)
			__attribute__((format(printf, 2, 3)));

/*
 * Reports one test; the name may have a format.
 */
static inline bool
ok(bool good, const char *name,...)
{
	va_list		args;

	tap_count++;
	tap_failed += good ? 0 : 1;
	printf("%sok %d - ", good ? "" : "not ", tap_count);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf("\n");
	return good;
}

/*
 * Reports whether a number is what it should be.
 */
static inline bool
is_number(double got, double expected, const char *name)
{
	if (ok(got == expected, "%s", name))
		return true;
	printf("#   got %.17g, expected %.17g\n", got, expected);
	return false;
}

/*
 * Reports whether a text is what it should be.
 */
static inline bool
is_text(const char *got, const char *expected, const char *name)
{
	if (ok(strcmp(got, expected) == 0, "%s", name))
		return true;
	printf("#   got \"%s\", expected \"%s\"\n", got, expected);
	return false;
}

/*
 * Prints the plan, and gives the program's exit status.
 */
static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed == 0 ? 0 : 1;
}

/*
 * A small generator of the same random numbers on every run.
 */
static inline uint64
tap_random(void)
{
	static uint64 state = UINT64CONST(0x9E3779B97F4A7C15);

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64CONST(0x2545F4914F6CDD1D);
}

#endif							/* CAL_TAP_H */
