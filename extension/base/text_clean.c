/*
 * text_clean.c
 *	  Clips texts at character boundaries and masks what must not be stored.
 *
 * Owns nothing.  Called wherever a text that a user sent is to be kept or
 * shown.  Takes no lock; safe under one.  Never allocates, never fails, never
 * reads past the length it is given; any bytes in any encoding are accepted.
 *
 * What cal_text_clean gives back is valid in its encoding, so that no view that
 * shows it can fail, and holds no control character that could forge a line
 * in a log or steer a terminal.
 */
#include "c.h"

#include "base/text_clean.h"
#include "mb/pg_wchar.h"

/* no character of any encoding is longer */
#define MAX_CHAR_LEN	4

/*
 * Bytes that the first character claims to have; more than len if its end is
 * missing.  Some encodings decide by the second byte, which may not be there.
 */
static size_t
claimed_len(const char *s, size_t len, int encoding)
{
	char		alone[MAX_CHAR_LEN] = {0};
	int			claimed;

	if (!IS_HIGHBIT_SET(*s))
		return 1;
	if (len < MAX_CHAR_LEN)
	{
		memcpy(alone, s, len);
		s = alone;
	}
	claimed = pg_encoding_mblen(encoding, s);
	return claimed > 1 ? (size_t) claimed : 1;
}

/*
 * As cal_text_clip for UTF-8, where a character's begin can be found from
 * behind: a megabyte need not be walked over to be clipped.
 */
static size_t
clip_utf8(const char *s, size_t len, size_t end)
{
	size_t		begin = end;

	for (int back = 0; back < MAX_CHAR_LEN && begin > 0; back++)
	{
		begin--;
		if ((s[begin] & 0xC0) == 0x80)
			continue;
		if (claimed_len(s + begin, len - begin, PG_UTF8) > end - begin)
			return begin;
		break;
	}
	return end;
}

/*
 * How many bytes of a text fit into max without cutting a character.  One whose
 * end is missing from the text itself is left out too.
 */
size_t
cal_text_clip(const char *s, size_t len, size_t max, int encoding)
{
	size_t		end = Min(len, max);
	size_t		pos = 0;

	if (!PG_VALID_ENCODING(encoding) || pg_encoding_max_length(encoding) == 1)
		return end;
	if (encoding == PG_UTF8)
		return clip_utf8(s, len, end);

	while (pos < end)
	{
		size_t		claimed = claimed_len(s + pos, len - pos, encoding);

		if (claimed > end - pos)
			break;
		pos += claimed;
	}
	return pos;
}

/*
 * Bytes of the first character if it is whole and valid, else 0.  Some
 * encodings are checked so loosely that a character may hold a control byte.
 */
static size_t
valid_len(const char *s, size_t len, int encoding)
{
	int			valid;

	if (!IS_HIGHBIT_SET(*s))
		return 1;
	valid = pg_encoding_verifymbchar(encoding, s,
									 (int) Min(len, MAX_CHAR_LEN));
	for (int i = 1; i < valid; i++)
	{
		if ((unsigned char) s[i] < 0x20 || s[i] == 0x7F)
			return 0;
	}
	return valid > 0 ? (size_t) valid : 0;
}

/*
 * Bytes of the first character of a text that is not empty, for those who walk
 * over it; an invalid byte counts as a character.
 */
size_t
cal_text_char_len(const char *s, size_t len, int encoding)
{
	size_t		valid = valid_len(s, len, encoding);

	return Max(valid, 1);
}

/*
 * What to put in the place of a valid character, or NUL if it may stay.
 * Unicode has a second set of control characters (U+0080..U+009F) and two more
 * line ends (U+2028, U+2029).
 */
static char
mask_for(const char *s, size_t charlen, int encoding, bool one_line)
{
	unsigned char c = (unsigned char) *s;

	if (charlen == 1)
	{
		if ((c >= 0x20 && c != 0x7F) || (!one_line && (c == '\n' || c == '\t')))
			return '\0';
		return c >= '\t' && c <= '\r' ? ' ' : '?';
	}
	if (encoding != PG_UTF8)
		return '\0';
	if (charlen == 2 && c == 0xC2 && (unsigned char) s[1] < 0xA0)
		return '?';
	if (one_line && charlen == 3 && memcmp(s, "\xE2\x80", 2) == 0 &&
		((unsigned char) s[2] == 0xA8 || (unsigned char) s[2] == 0xA9))
		return ' ';
	return '\0';
}

/*
 * Copies a text so that it can be stored and shown safely, ends it with NUL,
 * and returns its length.  White-space controls become a blank (newline and tab
 * stay unless one_line is asked for), other controls and each invalid byte a
 * question mark; a text that does not fit ends with as much of CAL_TEXT_MARK as
 * does.  dst and src must not overlap.
 */
size_t
cal_text_clean(char *dst, size_t dstsize, const char *src, size_t len,
			   int encoding, bool one_line)
{
	const size_t marklen = sizeof(CAL_TEXT_MARK) - 1;
	size_t		room;
	size_t		n = 0;
	size_t		before_mark = 0;	/* the longest end the mark still fits on */

	if (dstsize == 0)
		return 0;
	room = dstsize - 1;

	for (size_t pos = 0; pos < len;)
	{
		size_t		from = valid_len(src + pos, len - pos, encoding);
		char		mask = '?';
		size_t		to;

		if (from > 0)
			mask = mask_for(src + pos, from, encoding, one_line);
		to = mask != '\0' ? 1 : from;
		if (to > room - n)
		{
			n = before_mark + Min(marklen, room - before_mark);
			memcpy(dst + before_mark, CAL_TEXT_MARK, n - before_mark);
			break;
		}
		memcpy(dst + n, mask != '\0' ? &mask : src + pos, to);
		n += to;
		pos += Max(from, 1);
		if (n + marklen <= room)
			before_mark = n;
	}
	dst[n] = '\0';
	return n;
}
