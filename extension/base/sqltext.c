/*
 * sqltext.c
 *	  Replaces the constants of a statement's text by parameter symbols.
 *
 * Owns nothing.  Called when a statement's text is stored for the first time;
 * where its constants are was measured by the caller.  Takes no lock.  Never
 * allocates, never fails, never writes past the buffer; positions that make no
 * sense are passed over.
 */
#include "c.h"

#include "base/sqltext.h"

#define LIST_REST		" /*, ... */"

/* a buffer that is being filled, of which one byte is left for the NUL */
typedef struct Buffer
{
	char	   *data;
	size_t		size;
	size_t		len;
} Buffer;

/*
 * Appends as many bytes as fit.
 */
static void
append(Buffer *b, const char *s, size_t len)
{
	size_t		n = Min(len, b->size - 1 - b->len);

	memcpy(b->data + b->len, s, n);
	b->len += n;
}

/*
 * Appends a parameter symbol, for which no formatting library is needed.
 */
static void
append_param(Buffer *b, int param)
{
	char		digits[16];
	size_t		begin = sizeof(digits);
	unsigned int rest = param > 0 ? (unsigned int) param : 0;

	do
	{
		digits[--begin] = (char) ('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	digits[--begin] = '$';
	append(b, digits + begin, sizeof(digits) - begin);
}

/*
 * Writes the text with its edits applied, ends it with NUL, and returns its
 * length.  The edits must ascend and not overlap.  A text that does not fit is
 * cut anywhere: cal_text_clip then takes off what is left of a character.
 */
size_t
cal_sqltext_normalise(const CalSqlEdit *edits, int nedits,
					  const char *src, size_t len, char *dst, size_t dstsize)
{
	Buffer		b = {dst, dstsize, 0};
	size_t		pos = 0;

	if (dstsize == 0)
		return 0;

	for (int i = 0; i < nedits && b.len < dstsize - 1; i++)
	{
		const CalSqlEdit *e = &edits[i];

		if (e->offset < 0 || e->length <= 0 || (size_t) e->offset < pos ||
			(size_t) e->offset >= len ||
			(size_t) e->length > len - (size_t) e->offset)
			continue;
		append(&b, src + pos, (size_t) e->offset - pos);
		append_param(&b, e->param);
		if (e->list)
			append(&b, LIST_REST, sizeof(LIST_REST) - 1);
		pos = (size_t) e->offset + (size_t) e->length;
	}
	append(&b, src + pos, len - pos);
	dst[b.len] = '\0';
	return b.len;
}
