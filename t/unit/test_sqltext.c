/*
 * test_sqltext.c
 *	  Tests of base/sqltext: constants and lists become parameter symbols.
 */
#include "c.h"

#include <limits.h>
#include <stdlib.h>

#include "base/sqltext.h"
#include "tap.h"

static char dst[256];

/*
 * Normalises into a buffer of a given size, of which not a byte more may
 * change.
 */
static const char *
normalise(const CalSqlEdit *edits, int nedits, const char *text, size_t dstsize)
{
	size_t		len = strlen(text);
	char	   *src = malloc(Max(len, 1));
	size_t		n;

	memcpy(src, text, len);
	memset(dst, '#', sizeof(dst));
	n = cal_sqltext_normalise(edits, nedits, src, len, dst, dstsize);
	free(src);
	if (dst[dstsize] != '#' || n != strlen(dst) || n >= dstsize)
		return "(overrun)";
	return dst;
}

/*
 * What the texts of statements become.
 */
static void
test_edits(void)
{
	const char *list = "SELECT * FROM t WHERE a = 17 AND b IN (1, 2, 3) LIMIT 5";
	const CalSqlEdit edits[] = {{26, 2, 1, false}, {39, 7, 2, true},
	{54, 1, 3, false}};
	const CalSqlEdit whole[] = {{0, 3, 12, false}};
	const CalSqlEdit touching[] = {{0, 1, 1, false}, {1, 1, 2, false}};
	const CalSqlEdit large[] = {{0, 1, INT_MAX, false}};

	is_text(normalise(NULL, 0, list, 200), list,
			"without constants nothing changes");
	is_text(normalise(edits, 3, list, 200), "SELECT * FROM t WHERE a = $1 AND "
			"b IN ($2 /*, ... */) LIMIT $3", "constants and a list");
	is_text(normalise(whole, 1, "'x'", 200), "$12", "nothing but a constant");
	is_text(normalise(touching, 2, "12", 200), "$1$2", "constants that touch");
	is_text(normalise(large, 1, "1", 200), "$2147483647", "the largest number");
	is_text(normalise(NULL, 0, "", 200), "", "an empty text");
}

/*
 * Positions that make no sense are passed over; the others still count.
 */
static void
test_nonsense(void)
{
	static const CalSqlEdit bad[] = {{-1, 2, 1, false}, {6, 1, 1, false},
	{INT_MAX, INT_MAX, 1, false}, {2, INT_MAX, 1, false}, {2, 0, 1, false},
	{2, -1, 1, false}, {INT_MIN, INT_MIN, 1, false}, {2, 5, 1, true}};
	const CalSqlEdit overlap[] = {{1, 3, 1, false}, {2, 3, 2, false},
	{0, 1, 3, false}, {4, 1, 4, false}};
	const CalSqlEdit negative[] = {{0, 1, INT_MIN, false}};
	int			wrong = 0;

	for (size_t i = 0; i < lengthof(bad); i++)
		wrong += strcmp(normalise(&bad[i], 1, "abcdef", 200), "abcdef") != 0;
	is_number(wrong, 0, "positions outside the text are passed over");
	is_text(normalise(overlap, 4, "abcdef", 200), "a$1$4f",
			"so are those that overlap or go back");
	is_text(normalise(negative, 1, "1", 200), "$0",
			"a number below zero is printed as zero");
}

/*
 * A buffer of any size holds the begin of what a large one holds.
 */
static void
test_sizes(void)
{
	const char *text = "WHERE a = 17 AND b IN (1, 2, 3) LIMIT 5";
	const CalSqlEdit edits[] = {{10, 2, 10, false}, {23, 7, 11, true},
	{38, 1, 12, false}};
	char		whole[200];
	int			wrong = 0;

	memcpy(whole, normalise(edits, 3, text, sizeof(whole)), sizeof(whole));
	is_text(whole, "WHERE a = $10 AND b IN ($11 /*, ... */) LIMIT $12",
			"the text in full");
	for (size_t size = 1; size <= strlen(whole) + 1; size++)
	{
		const char *part = normalise(edits, 3, text, size);

		wrong += strlen(part) != size - 1 ||
			memcmp(part, whole, size - 1) != 0;
	}
	is_number(wrong, 0, "and in buffers of each size");
	memset(dst, '#', sizeof(dst));
	is_number((double) cal_sqltext_normalise(edits, 3, text, strlen(text), dst,
											 0), 0, "none needs none");
	is_number(dst[0], '#', "and is not written to");
}

/*
 * Random edits against a slow and simple way to apply them.
 */
static void
test_random(void)
{
	int			wrong = 0;

	for (int i = 0; i < 20000; i++)
	{
		char text[	41];
		char		expected[256];
		CalSqlEdit	edits[8];
		size_t		at = 0;
		int			pos = 0;
		int			n = 0;

		for (int j = 0; j < 40; j++)
			text[		j] = (char) ('a' + tap_random() % 26);
		text[		40] = '\0';

		while (n < 8 && pos < 40)
		{
			int			gap = (int) (tap_random() % 6);
			int			length = 1 + (int) (tap_random() % 5);

			if (pos + gap + length > 40)
				break;
			edits[n].offset = pos + gap;
			edits[n].length = length;
			edits[n].param = n + 1;
			edits[n].list = tap_random() % 2 == 0;
			at += (size_t) snprintf(expected + at, sizeof(expected) - at,
									"%.*s$%d%s", gap, text +pos, n + 1,
									edits[n].list ? " /*, ... */" : "");
			pos += gap + length;
			n++;
		}
		snprintf(expected + at, sizeof(expected) - at, "%s", text +pos);
		wrong += strcmp(normalise(edits, n, text, 250), expected) != 0;
	}
	is_number(wrong, 0, "random edits are applied as a simple way does");
}

int
main(void)
{
	test_edits();
	test_nonsense();
	test_sizes();
	test_random();
	return tap_done();
}
