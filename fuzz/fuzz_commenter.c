/*
 * fuzz_commenter.c
 *	  Any text: the tags must be valid, terminated and without controls.
 *
 * Input: a byte that chooses the encoding, then the text.
 */
#include "c.h"

#include "base/commenter.h"
#include "fuzz.h"
#include "mb/pg_wchar.h"

/*
 * Stops if a tag is not what the views rely on.
 */
static void
check_tag(const char *tag, size_t size, int encoding)
{
	size_t		len = strnlen(tag, size);

	FUZZ_CHECK(len < size);
	FUZZ_CHECK(pg_encoding_verifymbstr(encoding, tag, (int) len) == (int) len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK((unsigned char) tag[i] >= 0x20 && tag[i] != 0x7F);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	CalTags		tags;
	int			encoding;
	bool		found;

	if (size == 0)
		return 0;
	encoding = data[0] % _PG_LAST_ENCODING_;
	memset(&tags, 0xFF, sizeof(tags));
	found = cal_commenter_parse((const char *) data + 1, size - 1, encoding,
								&tags);
	check_tag(tags.route, sizeof(tags.route), encoding);
	check_tag(tags.traceparent, sizeof(tags.traceparent), encoding);
	FUZZ_CHECK(found == (tags.route[0] != '\0' || tags.traceparent[0] != '\0'));
	FUZZ_CHECK(strlen(tags.traceparent) % (CAL_TRACEPARENT_LEN - 1) == 0);
	return 0;
}
