/*
 * fuzz_sqltext.c
 *	  Any edits of any text: the result must fit, and be the begin of what a
 *	  large buffer would hold.
 *
 * Input: a byte for the number of edits, one for the size of the buffer, the
 * edits as they are in memory, then the text.
 */
#include "c.h"

#include "base/sqltext.h"
#include "fuzz.h"

/*
 * Normalises into a buffer of its own size, so that ASan sees an overrun.
 */
static char *
normalise(const CalSqlEdit *edits, int n, const char *text, size_t len,
		  size_t dstsize)
{
	char	   *dst = malloc(dstsize);
	size_t		written = cal_sqltext_normalise(edits, n, text, len, dst,
												dstsize);

	FUZZ_CHECK(written < dstsize && dst[written] == '\0');
	return dst;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	CalSqlEdit	edits[16] = {{0, 0, 0, false}};
	int			n;
	const char *text;
	char	   *large;
	char	   *small;
	size_t		len;

	if (size < 2)
		return 0;
	n = data[0] % (lengthof(edits) + 1);
	text = (const char *) data + 2;

	len = size - 2;
	for (int i = 0; i < n && len >= 13; i++, text +=13, len -= 13)
	{
		memcpy(&edits[i].offset, text, 4);
		memcpy(&edits[i].length, text +4, 4);
		memcpy(&edits[i].param, text +8, 4);
		edits[i].list = text[12] & 1;
	}
	large = normalise(edits, n, text, len, len + lengthof(edits) * 32 + 1);
	small = normalise(edits, n, text, len, (size_t) data[1] + 1);
	FUZZ_CHECK(memcmp(large, small, strlen(small)) == 0);
	free(large);
	free(small);
	return 0;
}
