/*
 * test_text_clean.c
 *	  Tests of base/text_clean: clipping and masking in all encodings.
 */
#include "c.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text_clean.h"
#include "mb/pg_wchar.h"
#include "tap.h"

#define TEXT_LEN	40

/* with characters of one to four bytes, each kind beside each other */
static const char utf8[] =
"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9" "b\xE2\x82\xAC" "c"
"\xF0\x9F\x98\x80" "d";

/*
 * A copy of its own size, so that ASan sees a read past its end.
 */
static char *
exact_copy(const char *s, size_t len)
{
	char	   *copy = malloc(Max(len, 1));

	memcpy(copy, s, len);
	return copy;
}

/*
 * Cleans into a buffer of a given size, of which not a byte more may change.
 */
static const char *
clean(const char *s, size_t len, size_t dstsize, int encoding, bool one_line)
{
	static char dst[512];
	char	   *src = exact_copy(s, len);
	size_t		n;

	memset(dst, '#', sizeof(dst));
	n = cal_text_clean(dst, dstsize, src, len, encoding, one_line);
	free(src);
	if (dst[dstsize] != '#' || n != strlen(dst) || n >= dstsize)
		return "(overrun)";
	return dst;
}

/*
 * Where the last whole character within max bytes ends, by walking.
 */
static size_t
reference_clip(const char *s, size_t len, size_t max, int encoding)
{
	size_t		pos = 0;

	while (pos < len)
	{
		int			n = pg_encoding_verifymbchar(encoding, s + pos,
												 (int) (len - pos));

		if (n <= 0 || pos + (size_t) n > max)
			break;
		pos += (size_t) n;
	}
	return pos;
}

/*
 * A text of valid characters, of which half are not ASCII where there are such.
 */
static size_t
random_text(char *text, int encoding)
{
	size_t		len = 0;

	while (len < TEXT_LEN - 4)
	{
		char		bytes[4];
		uint64		r = tap_random();
		int			n;

		memcpy(bytes, &r, sizeof(bytes));
		if ((r >> 32) % 4 != 0)
			bytes[0] = (char) (bytes[0] | 0x80);
		if (bytes[0] == '\0')
			continue;
		n = pg_encoding_verifymbchar(encoding, bytes, 4);
		if (n <= 0 || pg_encoding_verifymbstr(encoding, bytes, n) != n)
			continue;
		memcpy(text +len, bytes, (size_t) n);
		len += (size_t) n;
	}
	return len;
}

/*
 * Clips each beginning of a text at each length; returns how often it was wrong.
 */
static int
clip_everywhere(const char *text, size_t textlen, int encoding)
{
	int			wrong = 0;

	for (size_t len = 0; len <= textlen; len++)
	{
		char	   *s = exact_copy(text, len);

		for (size_t max = 0; max <= textlen + 2; max++)
			wrong += cal_text_clip(s, len, max, encoding) !=
				reference_clip(s, len, max, encoding);
		free(s);
	}
	return wrong;
}

/*
 * Clipping in every encoding that PostgreSQL knows.
 */
static void
test_clip(void)
{
	char text[	TEXT_LEN];

	is_number(clip_everywhere(utf8, sizeof(utf8) - 1, PG_UTF8), 0,
			  "UTF-8 is clipped between characters, at each byte");
	is_number((double) cal_text_clip(utf8, 12, 5, PG_UTF8), 3,
			  "a character that does not fit is left out");
	is_number((double) cal_text_clip(utf8, 5, 99, PG_UTF8), 3,
			  "so is one whose end is missing");
	is_number((double) cal_text_clip("\x80\x80\x80\x80\x80\x80", 6, 5, PG_UTF8),
			  5, "bytes that are no characters are clipped anywhere");
	is_number((double) cal_text_clip(utf8, 12, 5, PG_SQL_ASCII), 5,
			  "SQL_ASCII has bytes only");
	is_number((double) cal_text_clip(utf8, 12, 5, 4711), 5,
			  "so has an encoding that does not exist");
	is_number((double) cal_text_clip("", 0, 5, PG_UTF8), 0,
			  "nothing remains nothing");

	for (int encoding = 0; encoding < _PG_LAST_ENCODING_; encoding++)
	{
		int			wrong = 0;

		for (int i = 0; i < 20; i++)
			wrong += clip_everywhere(text, random_text(text, encoding),
									 encoding);
		ok(wrong == 0, "clipped between characters: %s",
		   pg_encoding_to_char(encoding));
	}
}

/*
 * What is masked, and by what.
 */
static void
test_mask(void)
{
	const char *all = "a\nb\tc\rd\x0B" "e\x0C" "f\x01g\x1B[31mh\x7Fi";

	is_text(clean(all, strlen(all), 64, PG_UTF8, true),
			"a b c d e f?g?[31mh?i", "one line: no control is left");
	is_text(clean(all, strlen(all), 64, PG_UTF8, false),
			"a\nb\tc d e f?g?[31mh?i", "else newline and tab stay");
	is_text(clean("a\0b", 3, 64, PG_UTF8, false), "a?b", "NUL is masked");
	is_text(clean("a\xC2\x85" "b\xC2\x9B" "c\xC2\xA0" "d", 10, 64, PG_UTF8,
				  false), "a?b?c\xC2\xA0" "d",
			"Unicode's other controls are masked, the blank behind is not");
	is_text(clean("a\xE2\x80\xA8" "b\xE2\x80\xA9" "c", 9, 64, PG_UTF8, true),
			"a b c", "Unicode's line ends are masked on one line");
	is_text(clean("a\xE2\x80\xA8" "b", 5, 64, PG_UTF8, false),
			"a\xE2\x80\xA8" "b", "and stay otherwise");
	is_text(clean("a\xC2\x85" "b", 4, 64, PG_LATIN1, true), "a\xC2\x85" "b",
			"but only in UTF-8");
	is_text(clean("\xFF" "a\xC3", 3, 64, PG_UTF8, true), "?a?",
			"invalid and missing bytes are masked");
	is_text(clean("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80", 9, 64, PG_UTF8, true),
			"?????????", "overlong, surrogate and too large are invalid");
	is_text(clean("\xFF" "a\xC3", 3, 64, PG_SQL_ASCII, true), "\xFF" "a\xC3",
			"in SQL_ASCII every byte is valid");
	is_text(clean("\xA4\xA2\xA4" "x", 4, 64, PG_EUC_JP, true), "\xA4\xA2?x",
			"half a character in EUC_JP is masked");
	is_text(clean("\x95\x5C\x27", 3, 64, PG_SJIS, true), "\x95\x5C\x27",
			"a backslash in a character of SJIS stays");
}

/*
 * The mark on a text that was clipped.
 */
static void
test_mark(void)
{
	static char dst[8];

	is_text(clean("abcdef", 6, 7, PG_UTF8, true), "abcdef", "what fits, fits");
	is_text(clean("abcdefg", 7, 7, PG_UTF8, true), "abc...",
			"what does not fit is marked");
	is_text(clean("abc\xE2\x82\xAC" "d", 7, 7, PG_UTF8, true), "abc...",
			"a character that does not fit is left out");
	is_text(clean("ab\xE2\x82\xAC" "de", 7, 7, PG_UTF8, true), "ab...",
			"and one that the mark would cut");
	is_text(clean("abcdefg", 7, 4, PG_UTF8, true), "...", "only the mark");
	is_text(clean("abcdefg", 7, 3, PG_UTF8, true), "..", "part of the mark");
	is_text(clean("abcdefg", 7, 1, PG_UTF8, true), "", "not even that");
	is_text(clean("", 0, 1, PG_UTF8, true), "", "nothing needs no mark");
	is_number((double) cal_text_clean(dst, 0, "abc", 3, PG_UTF8, true), 0,
			  "without a buffer nothing is written");
}

/*
 * Whatever comes in, what goes out is valid, fits, and holds no control.
 */
static void
test_hostile(void)
{
	for (int encoding = 0; encoding < _PG_LAST_ENCODING_; encoding++)
	{
		int			wrong = 0;

		for (int i = 0; i < 3000; i++)
		{
			char		bytes[TEXT_LEN];
			size_t		len = tap_random() % TEXT_LEN;
			const char *out;
			int			outlen;

			for (size_t j = 0; j < len; j++)
				bytes[j] = (char) (tap_random() >> 40);
			out = clean(bytes, len, 1 + tap_random() % (TEXT_LEN + 4), encoding,
						true);
			outlen = (int) strlen(out);
			wrong += strcmp(out, "(overrun)") == 0;
			wrong += pg_encoding_verifymbstr(encoding, out, outlen) != outlen;
			for (int j = 0; j < outlen; j++)
				wrong += (unsigned char) out[j] < 0x20 || out[j] == 0x7F;
		}
		ok(wrong == 0, "random bytes become valid: %s",
		   pg_encoding_to_char(encoding));
	}
}

/*
 * Walking over a text, character by character.
 */
static void
test_char_len(void)
{
	is_number((double) cal_text_char_len("a", 1, PG_UTF8), 1, "one byte");
	is_number((double) cal_text_char_len("\xE2\x82\xAC", 3, PG_UTF8), 3,
			  "three bytes");
	is_number((double) cal_text_char_len("\xE2\x82", 2, PG_UTF8), 1,
			  "a byte that is no character");
	is_number((double) cal_text_char_len("\x81", 1, PG_GB18030), 1,
			  "a second byte that is not there is not read");
	is_number((double) cal_text_char_len("\x81\x30\x81\x30", 4, PG_GB18030), 4,
			  "four bytes by the second");
}

/*
 * The last bytes before memory that cannot be read, which also catches what
 * the server's own functions read.
 */
static void
test_page_end(void)
{
	size_t		page = (size_t) sysconf(_SC_PAGESIZE);
	char	   *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char		dst[16];
	int			wrong = 0;

	if (!ok(map != MAP_FAILED, "there is memory"))
		return;
	mprotect(map + page, page, PROT_NONE);
	for (int encoding = 0; encoding < _PG_LAST_ENCODING_; encoding++)
	{
		for (int byte = 0x80; byte <= 0xFF; byte++)
		{
			for (size_t len = 1; len <= 4; len++)
			{
				const char *s = map + page - len;

				memset(map, byte, page);
				wrong += cal_text_clip(s, len, 99, encoding) > len;
				wrong += cal_text_char_len(s, len, encoding) > len;
				wrong += cal_text_clean(dst, sizeof(dst), s, len, encoding,
										true) > len;
			}
		}
	}
	is_number(wrong, 0, "nothing is read behind the text");
	munmap(map, 2 * page);
}

int
main(void)
{
	test_clip();
	test_mask();
	test_mark();
	test_hostile();
	test_char_len();
	test_page_end();
	return tap_done();
}
