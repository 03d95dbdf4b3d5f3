/*
 * fuzz_text_clean.c
 *	  Any bytes in any encoding: what is cleaned must be valid and fit.
 *
 * Input: a byte each for the encoding, the size of the buffer, and the flag;
 * then the text.
 */
#include "c.h"

#include "base/text_clean.h"
#include "fuzz.h"
#include "mb/pg_wchar.h"

/*
 * Stops if a control character is left that should not be.
 */
static void
check_controls(const char *s, size_t len, bool one_line)
{
	for (size_t i = 0; i < len; i++)
	{
		bool		control = (unsigned char) s[i] < 0x20 || s[i] == 0x7F;

		FUZZ_CHECK(!control ||
				   (!one_line && (s[i] == '\n' || s[i] == '\t')));
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	const char *text = (const char *) data + 3;
	size_t		len;
	size_t		clipped;
	int			encoding;
	char	   *dst;

	if (size < 3)
		return 0;
	encoding = data[0] % (_PG_LAST_ENCODING_ + 1);
	dst = malloc((size_t) data[1] + 1);
	len = cal_text_clean(dst, (size_t) data[1] + 1, text, size - 3, encoding,
						 data[2] & 1);
	FUZZ_CHECK(len <= data[1] && dst[len] == '\0' && strlen(dst) == len);
	check_controls(dst, len, data[2] & 1);
	if (PG_VALID_ENCODING(encoding))
		FUZZ_CHECK(pg_encoding_verifymbstr(encoding, dst, (int) len) == (int) len);

	/* clipping never grows, and what is clean is clipped to what is clean */
	clipped = cal_text_clip(text, size - 3, data[1], encoding);
	FUZZ_CHECK(clipped <= data[1] && clipped <= size - 3);
	clipped = cal_text_clip(dst, len, data[2], encoding);
	FUZZ_CHECK(clipped <= len && clipped <= data[2]);
	if (PG_VALID_ENCODING(encoding))
		FUZZ_CHECK(pg_encoding_verifymbstr(encoding, dst, (int) clipped) ==
				   (int) clipped);
	free(dst);
	return 0;
}
