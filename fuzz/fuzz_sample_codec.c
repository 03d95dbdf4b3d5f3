/*
 * fuzz_sample_codec.c
 *	  Any record: taking it apart must be safe; one that is accepted must come
 *	  out of the encoder again, byte for byte.
 *
 * Input: the record.
 */
#include "c.h"

#include "base/sample_codec.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	static char again[CAL_SAMPLE_MAX];
	CalSample	sample;
	char	   *copy;

	if (size > CAL_SAMPLE_MAX)
		return 0;
	copy = malloc(Max(size, 1));
	memcpy(copy, data, size);
	if (cal_sample_decode(copy, (int) size, &sample))
	{
		FUZZ_CHECK(sample.statement[sample.len] == '\0');
		FUZZ_CHECK(cal_sample_encode(&sample, again, sizeof(again)) == (int) size);
		FUZZ_CHECK(memcmp(again, data, size) == 0);
	}
	free(copy);
	return 0;
}
