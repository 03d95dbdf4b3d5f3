/*
 * test_commenter.c
 *	  Tests of base/commenter: which comments are read, and what becomes of
 *	  their values.
 */
#include "c.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/commenter.h"
#include "mb/pg_wchar.h"
#include "tap.h"

#define TRACE	"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define MEGA	(1024 * 1024)

typedef struct Case
{
	const char *name;
	const char *text;
	const char *route;
	const char *traceparent;
}			Case;

static const Case places[] = {
	{"no comment", "SELECT 1", "", ""},
	{"empty text", "", "", ""},
	{"blanks only", " \n\t ;; ", "", ""},
	{"trailing", "SELECT 1 /*route='/a'*/", "/a", ""},
	{"trailing, with blanks behind", "SELECT 1 /*route='/a'*/ \n\t", "/a", ""},
	{"before the semicolon", "SELECT 1 /*route='/a'*/;", "/a", ""},
	{"behind the semicolon", "SELECT 1; /*route='/a'*/", "/a", ""},
	{"between semicolons", "SELECT 1; /*route='/a'*/ ; ", "/a", ""},
	{"leading, as Knex writes it",
	"/* route='%2Fa' */ select * from t where id = $1", "/a", ""},
	{"leading, behind blanks", " \r\n /*route='/a'*/SELECT 1", "/a", ""},
	{"nothing but a comment", "/*route='/a'*/", "/a", ""},
	{"second of two leading", "/* hint */ /*route='/a'*/ SELECT 1", "/a", ""},
	{"first of two trailing", "SELECT 1 /*route='/a'*/ /* x */;", "/a", ""},
	{"behind a leading nested comment",
	"/* a /* b */ c */ /*route='/a'*/ SELECT 1", "/a", ""},
	{"tags of two comments", "/*route='/a'*/ SELECT 1 /*traceparent='" TRACE
	"'*/", "/a", TRACE},
	{"trailing wins over leading", "/*route='/a'*/ SELECT 1 /*route='/b'*/",
	"/b", ""},
	{"last trailing wins", "SELECT 1 /*route='/a'*/ /*route='/b'*/", "/b", ""},
	{"in the middle", "SELECT /*route='/a'*/ 1", "", ""},
	{"literal that looks like a comment", "SELECT '/* route=''x'' */'", "", ""},
	{"the same in dollar quotes", "SELECT $$/*route='x'*/$$", "", ""},
	{"the same in an identifier", "SELECT 1 AS \"/*route='x'*/\"", "", ""},
	{"literal before a trailing comment",
	"SELECT '/*route=''x'',a=' /*route='/a'*/", "/a", ""},
	{"literal before another comment", "SELECT '/*route=' /* b */", "", ""},
	{"literal before a comment without tags",
	"SELECT '/*route=''x''*/' /* b */", "", ""},
	{"nested trailing comment", "SELECT 1 /* a /*route='x'*/ */", "", ""},
	{"inside a nested leading comment", "/* a /*route='x'*/ */ SELECT 1", "",
	""},
	{"comment that does not end", "SELECT 1 /*route='x'", "", ""},
	{"text that ends in an escape", "/*route='a%2", "", ""},
	{"end without begin", "route='x'*/", "", ""},
	{"shortest comment", "SELECT 1 /**/", "", ""},
	{"begin and end that share a star", "SELECT 1 /*/", "", ""},
	{"the same in front", "/*/ SELECT 1", "", ""},
	{"slash behind the begin", "SELECT 1 /*/route='x'*/", "", ""},
	{"stars around", "SELECT 1 /**route='x'**/", "", ""},
	{"line comment", "-- route='x'\nSELECT 1", "", ""},
};

static const Case pairs[] = {
	{"several keys", "SELECT 1 /*application='web',route='/a',framework='x'*/",
	"/a", ""},
	{"blanks everywhere", "SELECT 1 /* a = 'b' , route = '/a' */", "/a", ""},
	{"line ends as blanks", "SELECT 1 /*\n a='b',\n route='/a'\n*/", "/a", ""},
	{"controller and action", "SELECT 1 /*action='show',controller='tasks'*/",
	"tasks/show", ""},
	{"controller alone", "SELECT 1 /*controller='tasks'*/", "tasks", ""},
	{"action alone", "SELECT 1 /*action='show'*/", "show", ""},
	{"route wins over them",
	"SELECT 1 /*controller='tasks',action='show',route='/a'*/", "/a", ""},
	{"empty route", "SELECT 1 /*route='',controller='tasks'*/", "tasks", ""},
	{"the first of two routes", "SELECT 1 /*route='/a',route='/b'*/", "/a", ""},
	{"keys that only begin alike", "SELECT 1 /*routes='x',rout='y'*/", "", ""},
	{"other case", "SELECT 1 /*Route='x'*/", "", ""},
	{"no quotes", "SELECT 1 /*route=x*/", "", ""},
	{"double quotes", "SELECT 1 /*route=\"x\"*/", "", ""},
	{"no closing quote", "SELECT 1 /*route='x*/", "", ""},
	{"no key", "SELECT 1 /*='x',route='y'*/", "", ""},
	{"no equals sign", "SELECT 1 /*route 'x'*/", "", ""},
	{"two commas", "SELECT 1 /*a='b',,route='x'*/", "", ""},
	{"what came before nonsense counts", "SELECT 1 /*route='/a', and so on*/",
	"/a", ""},
	{"prose", "SELECT 1 /* it's the route='x' */", "", ""},
	{"percent escapes", "SELECT 1 /*route='%2Ftasks%2f%3Aid%20%25'*/",
	"/tasks/:id %", ""},
	{"doubled percent sign", "SELECT 1 /*route='%%2Ftasks%%20x'*/", "/tasks x",
	""},
	{"broken escapes", "SELECT 1 /*route='%,%2,%zz,%2g,%%,%'*/",
	"%,%2,%zz,%2g,%%,%", ""},
	{"escape cut by the quote", "SELECT 1 /*route='a%2'*/", "a%2", ""},
	{"escape that would eat the quote", "SELECT 1 /*route='a%2',b='F'*/", "a%2",
	""},
	{"escaped quote", "SELECT 1 /*route='it\\'s'*/", "it's", ""},
	{"encoded quote", "SELECT 1 /*route='it%27s'*/", "it's", ""},
	{"other backslashes stay", "SELECT 1 /*route='a\\nb\\\\c'*/", "a\\nb\\\\c",
	""},
	{"escaped quote at the end", "SELECT 1 /*route='a\\'*/", "", ""},
	{"plus is no blank", "SELECT 1 /*route='a+b'*/", "a+b", ""},
	{"encoded controls", "SELECT 1 /*route='a%0ab%00c%7Fd%1b[0m'*/",
	"a?b?c?d?[0m", ""},
	{"plain controls", "SELECT 1 /*route='a\nb\x01" "c'*/", "a b?c", ""},
};

static const Case utf8[] = {
	{"plain UTF-8", "SELECT 1 /*route='/\xC3\xA9\xE2\x82\xAC'*/",
	"/\xC3\xA9\xE2\x82\xAC", ""},
	{"encoded UTF-8", "SELECT 1 /*route='/%C3%A9%E2%82%AC'*/",
	"/\xC3\xA9\xE2\x82\xAC", ""},
	{"encoded invalid bytes", "SELECT 1 /*route='/%FF%C3%28%ED%A0%80'*/",
	"/?" "?(?" "?" "?", ""},
	{"half an encoded character", "SELECT 1 /*route='/%E2%82'*/", "/??", ""},
	{"plain invalid bytes", "SELECT 1 /*route='/\xFF\xC3'*/", "/??", ""},
};

static const Case traces[] = {
	{"traceparent", "SELECT 1 /*traceparent='" TRACE "'*/", "", TRACE},
	{"with route and state", "SELECT 1 /*route='/a',traceparent='" TRACE
	"',tracestate='congo%3Dt61%2Crojo%3D00'*/", "/a", TRACE},
	{"too short",
		"SELECT 1 /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e4736-"
	"00f067aa0ba902b7-0'*/", "", ""},
	{"too long", "SELECT 1 /*traceparent='" TRACE "0'*/", "", ""},
	{"upper case",
		"SELECT 1 /*traceparent='00-4BF92F3577B34DA6A3CE929D0E0E4736-"
	"00F067AA0BA902B7-01'*/", "", ""},
	{"no hexadecimal digit",
		"SELECT 1 /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e473g-"
	"00f067aa0ba902b7-01'*/", "", ""},
	{"dash in the wrong place",
		"SELECT 1 /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e473-6"
	"00f067aa0ba902b7-01'*/", "", ""},
	{"version ff",
		"SELECT 1 /*traceparent='ff-4bf92f3577b34da6a3ce929d0e0e4736-"
	"00f067aa0ba902b7-01'*/", "", ""},
	{"no trace",
		"SELECT 1 /*traceparent='00-00000000000000000000000000000000-"
	"00f067aa0ba902b7-01'*/", "", ""},
	{"no parent",
		"SELECT 1 /*traceparent='00-4bf92f3577b34da6a3ce929d0e0e4736-"
	"0000000000000000-01'*/", "", ""},
	{"injected", "SELECT 1 /*traceparent='x%0A%27; DROP TABLE t; --'*/", "",
	""},
};

/*
 * Parses a copy of its own size, so that ASan sees a read past its end.
 */
static CalTags
parse(const char *text, size_t len, int encoding)
{
	CalTags		tags;
	char	   *copy = malloc(Max(len, 1));
	bool		found;

	memcpy(copy, text, len);
	memset(&tags, '#', sizeof(tags));
	found = cal_commenter_parse(copy, len, encoding, &tags);
	free(copy);
	if (found != (tags.route[0] != '\0' || tags.traceparent[0] != '\0'))
		memcpy(tags.route, "(wrong result)", 15);
	return tags;
}

/*
 * One test for each case of a table.
 */
static void
test_cases(const Case * cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		const		Case *c = &cases[i];
		CalTags		tags = parse(c->text, strlen(c->text), PG_UTF8);

		if (!ok(strcmp(tags.route, c->route) == 0 &&
				strcmp(tags.traceparent, c->traceparent) == 0, "%s", c->name))
			printf("#   got \"%s\" and \"%s\"\n", tags.route,
				   tags.traceparent);
	}
}

/*
 * The route of a text in an encoding.
 */
static const char *
route_of(const char *text, int encoding)
{
	static CalTags tags;

	tags = parse(text, strlen(text), encoding);
	return tags.route;
}

/*
 * Other encodings than UTF-8.
 */
static void
test_encodings(void)
{
	is_text(route_of("SELECT 1 /*route='/\xA4\xA2'*/", PG_EUC_JP),
			"/\xA4\xA2", "EUC_JP");
	is_text(route_of("SELECT 1 /*route='/%A4%A2'*/", PG_EUC_JP),
			"/\xA4\xA2", "EUC_JP, encoded");
	is_text(route_of("SELECT 1 /*route='/%C3%A9%E9x'*/", PG_EUC_JP),
			"/\xC3\xA9?x", "EUC_JP, encoded, with an invalid byte");
	is_text(route_of("SELECT 1 /*route='\x95\x5C',b='c'*/", PG_SJIS),
			"\x95\x5C", "SJIS: a backslash in a character escapes nothing");
	is_text(route_of("SELECT 1 /*route='a',b='\x95\x5C'*/", PG_SJIS),
			"a", "SJIS: nor in another value");
	is_text(route_of("SELECT 1 /*route='%E9'*/", PG_LATIN1), "\xE9", "LATIN1");
	is_text(route_of("SELECT 1 /*route='%E9'*/", PG_SQL_ASCII), "\xE9",
			"SQL_ASCII");
	is_text(route_of("SELECT 1 /*route='%E9'*/", -1), "\xE9",
			"an encoding that does not exist");
}

/*
 * Values of all lengths around the size of the buffer.
 */
static void
test_clipping(void)
{
	char text[	2 * CAL_ROUTE_LEN];
	int			wrong = 0;

	for (int len = 1; len < CAL_ROUTE_LEN + 20; len++)
	{
		const char *route;

		memset(text, 0, sizeof(text));
		memcpy(text, "/*route='", 9);
		memset(text +9, 'x', (size_t) len);
		memcpy(text +9 + len, "'*/", 3);
		route = route_of(text, PG_UTF8);
		if (len < CAL_ROUTE_LEN)
			wrong += strlen(route) != (size_t) len;
		else
			wrong += strlen(route) != CAL_ROUTE_LEN - 1 ||
				strcmp(route + CAL_ROUTE_LEN - 4, "...") != 0;

		/* and now with a character of three bytes at that place */
		memcpy(text +9 + len, "\xE2\x82\xAC'*/", 6);
		route = route_of(text, PG_UTF8);
		wrong += pg_encoding_verifymbstr(PG_UTF8, route, (int) strlen(route)) !=
			(int) strlen(route);
		wrong += strlen(route) < CAL_ROUTE_LEN - 4 &&
			strlen(route) != (size_t) len + 3;
	}
	is_number(wrong, 0, "long values are clipped between characters, and marked");
}

/*
 * A megabyte, filled with a byte, between a head and a tail; of which no more
 * than a page at either end can be read at all.
 */
static const char *
route_of_mega(const char *head, char fill, const char *tail)
{
	static CalTags tags;
	size_t		page = (size_t) sysconf(_SC_PAGESIZE);
	char	   *text = mmap(NULL, MEGA, PROT_READ | PROT_WRITE,
							MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (text == MAP_FAILED)
		return "(no memory)";
	memset(text, fill, MEGA);
	memcpy(text, head, strlen(head));
	memcpy(text +MEGA - strlen(tail), tail, strlen(tail));
	mprotect(text +page, MEGA - 2 * page, PROT_NONE);
	cal_commenter_parse(text, MEGA, PG_UTF8, &tags);
	munmap(text, MEGA);
	return tags.route;
}

/*
 * Large texts: what is looked at is bounded, and found where it should be.
 */
static void
test_bounds(void)
{
	static char text[3 * CAL_COMMENTER_WINDOW];
	CalTags		tags;
	size_t		len = 0;
	int			seen = 0;
	char		keys[40 * 8 + 32];

	is_text(route_of_mega("/*route='/a'*/ SELECT ", 'x', ""), "/a",
			"in front of a megabyte");
	is_text(route_of_mega("SELECT ", 'x', "/*route='/a'*/"), "/a",
			"behind a megabyte");
	is_text(route_of_mega("/*route='/a',b='", 'x', "'*/ SELECT 1"), "/a",
			"at the begin of a comment of a megabyte, in front");
	is_text(route_of_mega("SELECT 1 /*route='/a',b='", 'x', "'*/"), "",
			"but not of one behind, whose begin is not in sight");
	is_text(route_of_mega("SELECT 1 /*b='", 'x', "',route='/a'*/"), "",
			"and not at its end, since it might be anything");
	is_text(route_of_mega("/*route='", 'x', "'*/ SELECT 1"), "",
			"a value of a megabyte");
	is_text(route_of_mega("SELECT 1", ' ', "/*route='/a'*/"), "/a",
			"behind a megabyte of blanks");
	is_text(route_of_mega("/*route='/a'*/", ' ', ""), "/a",
			"in front of a megabyte of blanks");
	is_text(route_of_mega("/", '*', "/"), "", "a megabyte of stars");
	is_text(route_of_mega("", '/', "*/"), "", "a megabyte of slashes");

	for (size_t at = 0; at < CAL_COMMENTER_WINDOW + 100; at++)
	{
		memset(text, ' ', sizeof(text));
		memcpy(text +at, "/*route='/a'*/SELECT", 20);
		tags = parse(text, sizeof(text), PG_UTF8);
		seen += tags.route[0] != '\0';
	}
	is_number(seen, CAL_COMMENTER_WINDOW - 12 + 1,
			  "seen as far as the window reaches, and no further");

	keys[len++] = '/';
	keys[len++] = '*';
	for (int i = 0; i < CAL_COMMENTER_KEYS - 1; i++)
	{
		memcpy(keys + len, "k='v',", 6);
		len += 6;
	}
	memcpy(keys + len, "route='/a'*/", 13);
	is_text(route_of(keys, PG_UTF8), "/a", "as many keys as allowed");
	memcpy(keys + len, "k='v',route='/a'*/", 19);
	is_text(route_of(keys, PG_UTF8), "", "one key too many");
}

int
main(void)
{
	test_cases(places, lengthof(places));
	test_cases(pairs, lengthof(pairs));
	test_cases(utf8, lengthof(utf8));
	test_cases(traces, lengthof(traces));
	test_encodings();
	test_clipping();
	test_bounds();
	return tap_done();
}
