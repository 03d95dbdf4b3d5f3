/*
 * fuzz.h
 *	  What all fuzz targets share: the entry point, and a check that stops the
 *	  fuzzer where a sanitizer would not see that something is wrong.
 */
#ifndef CAL_FUZZ_H
#define CAL_FUZZ_H

#include <stdlib.h>

extern int	LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

#endif							/* CAL_FUZZ_H */
