/*
 * commenter.c
 *	  Reads the tags of a sqlcommenter comment out of a statement's text.
 *
 * Owns nothing.  Called for a statement that is recorded as an event; where
 * there is no comment it looks at a few bytes only.  Takes no lock.  Never
 * allocates, never fails, never looks at more than CAL_COMMENTER_WINDOW bytes
 * at either end of the text.
 *
 * A comment reads key='value',key='value' with percent-encoded values in which
 * a quote is written \'.  It stands before the statement, behind it, or behind
 * its semicolon.  Comments behind the statement are read first, the last of
 * them before the others; what one says, a later read one cannot change.  A
 * text that does not end in a comment's end has no comment behind it, whatever
 * its literals hold.
 */
#include "c.h"

#include "base/commenter.h"
#include "base/text_clean.h"
#include "mb/pg_wchar.h"

/* a decoded value, with so much room that only the cleaning clips it */
#define RAW_LEN			(4 * CAL_ROUTE_LEN)

typedef struct Raw
{
	size_t		len;
	char		data[RAW_LEN];
} Raw;

typedef struct Parser
{
	int			encoding;
	int			keys_left;
	Raw			route;
	Raw			controller;
	Raw			action;
	Raw			traceparent;
} Parser;

/* a stretch of the text that is still to be looked at */
typedef struct Span
{
	const char *at;
	const char *end;
} Span;

/*
 * What PostgreSQL's scanner passes over between tokens.
 */
static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The digit's value, or -1 if it is none.
 */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Moves the begin of a span over blanks.
 */
static void
skip_blanks(Span *s)
{
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
}

/*
 * Takes one byte off the front if it is the one expected.
 */
static bool
accept(Span *s, char c)
{
	if (s->at >= s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/*
 * Whether two given bytes come next.
 */
static bool
sees(const Span *s, const char *two)
{
	return s->end - s->at >= 2 && s->at[0] == two[0] && s->at[1] == two[1];
}

/*
 * Decodes %XX at the front.  A broken one is left as it stands.  The percent
 * sign may be doubled, since some libraries do so for a driver that was then
 * not asked to format the text.
 */
static bool
take_percent(Span *s, char *out)
{
	const char *p = s->at;
	int			high;
	int			low;

	if (s->end - p >= 4 && p[0] == '%' && p[1] == '%')
		p++;
	if (s->end - p < 3 || *p != '%')
		return false;
	high = hex_value(p[1]);
	low = hex_value(p[2]);
	if (high < 0 || low < 0)
		return false;
	*out = (char) (high * 16 + low);
	s->at = p + 3;
	return true;
}

/*
 * Adds bytes to a decoded value; what does not fit is dropped, and is more than
 * a tag can hold.
 */
static void
raw_add(Raw *raw, const char *s, size_t len)
{
	size_t		n = Min(len, sizeof(raw->data) - raw->len);

	memcpy(raw->data + raw->len, s, n);
	raw->len += n;
}

/*
 * Decodes a value up to its closing quote; false if there is none.  Goes by
 * character, since a backslash may be the second byte of one.
 */
static bool
take_value(Span *s, int encoding, Raw *raw)
{
	raw->len = 0;
	if (!accept(s, '\''))
		return false;
	while (s->at < s->end)
	{
		size_t		len = 1;
		char		byte;

		if (accept(s, '\''))
			return true;
		if (take_percent(s, &byte))
		{
			bool		control = (unsigned char) byte < 0x20 || byte == 0x7F;

			raw_add(raw, control ? "?" : &byte, 1);
			continue;
		}
		if (sees(s, "\\'"))
			s->at++;
		else
			len = cal_text_char_len(s->at, (size_t) (s->end - s->at), encoding);
		raw_add(raw, s->at, len);
		s->at += len;
	}
	return false;
}

/*
 * Where to keep the value of a key, or NULL if nobody asks for it.
 */
static Raw *
slot_for(Parser *p, const char *key, size_t len)
{
	const struct
	{
		const char *name;
		Raw		   *raw;
	}			slots[] = {
		{"route", &p->route},
		{"controller", &p->controller},
		{"action", &p->action},
		{"traceparent", &p->traceparent},
	};

	for (size_t i = 0; i < lengthof(slots); i++)
	{
		if (strlen(slots[i].name) == len &&
			memcmp(slots[i].name, key, len) == 0)
			return slots[i].raw;
	}
	return NULL;
}

/*
 * Reads the pairs of a comment, until something is not a pair; a comment of
 * another kind ends that way at once.  What an earlier comment said stays.
 */
static void
parse_pairs(Parser *p, Span s)
{
	do
	{
		const char *key;
		size_t		keylen;
		Raw			value;
		Raw		   *slot;

		skip_blanks(&s);
		key = s.at;
		while (s.at < s.end && !is_blank(*s.at) && !strchr("='\"*/,", *s.at))
			s.at++;
		keylen = (size_t) (s.at - key);
		skip_blanks(&s);
		if (keylen == 0 || p->keys_left-- <= 0 || !accept(&s, '='))
			return;
		skip_blanks(&s);
		if (!take_value(&s, p->encoding, &value))
			return;
		slot = slot_for(p, key, keylen);
		if (slot != NULL && slot->len == 0)
			*slot = value;
		skip_blanks(&s);
	} while (accept(&s, ','));
}

/*
 * Moves the begin of a span over the comment it starts with, comments inside
 * comments included, and gives back what is in it.
 */
static Span
take_comment(Span *s)
{
	Span		inside = {s->at + 2, s->end};
	int			depth = 0;

	do
	{
		bool		opens = sees(s, "/*");

		if (opens || sees(s, "*/"))
		{
			depth += opens ? 1 : -1;
			inside.end = s->at;
			s->at += 2;
		}
		else
			s->at++;
	} while (depth > 0 && s->at < s->end);

	/* one that ends behind the window is looked at as far as we see it */
	if (depth > 0)
		inside.end = s->end;
	return inside;
}

/*
 * Reads the comments in front of the statement.
 */
static void
parse_leading(Parser *p, Span s)
{
	for (skip_blanks(&s); sees(&s, "/*"); skip_blanks(&s))
		parse_pairs(p, take_comment(&s));
}

/*
 * Reads the comments behind the statement, from the last one backwards.  The
 * nearest mark before a comment's end must be its begin: if it is another end,
 * the comment holds comments, and sqlcommenter writes none such.
 */
static void
parse_trailing(Parser *p, Span s)
{
	for (;;)
	{
		Span		inside;
		const char *at;

		while (s.end > s.at && (is_blank(s.end[-1]) || s.end[-1] == ';'))
			s.end--;
		if (s.end - s.at < 4 || s.end[-1] != '/' || s.end[-2] != '*')
			return;
		inside.end = s.end - 2;
		for (at = inside.end - 1; at > s.at; at--)
		{
			if (at[-1] == '*' && at[0] == '/')
				return;
			if (at[-1] == '/' && at[0] == '*')
				break;
		}
		if (at <= s.at)
			return;
		inside.at = at + 1;
		parse_pairs(p, inside);
		s.end = at - 1;
	}
}

/*
 * Makes the route: its own tag, else what there is of controller and action.
 */
static void
give_route(Parser *p, CalTags *out)
{
	Raw		   *route = &p->route;

	if (route->len == 0)
	{
		raw_add(route, p->controller.data, p->controller.len);
		if (p->controller.len > 0 && p->action.len > 0)
			raw_add(route, "/", 1);
		raw_add(route, p->action.data, p->action.len);
	}
	cal_text_clean(out->route, sizeof(out->route), route->data, route->len,
				   p->encoding, true);
}

/*
 * Gives the trace's and the parent's id if they have the form that W3C asks
 * for: version-trace-parent-flags in lower-case hexadecimal digits.  The
 * version ff and ids that are all zero are invalid.
 */
static void
give_traceparent(const Parser *p, CalTags *out)
{
	const char *s = p->traceparent.data;
	bool		trace = false;
	bool		parent = false;

	if (p->traceparent.len != CAL_TRACEPARENT_LEN - 1 ||
		memcmp(s, "ff", 2) == 0)
		return;
	for (int i = 0; i < CAL_TRACEPARENT_LEN - 1; i++)
	{
		bool		dash = i == 2 || i == 35 || i == 52;

		bool		upper = s[i] >= 'A' && s[i] <= 'F';

		if (dash ? s[i] != '-' : hex_value(s[i]) < 0 || upper)
			return;
		trace |= i > 2 && i < 35 && s[i] != '0';
		parent |= i > 35 && i < 52 && s[i] != '0';
	}
	if (trace && parent)
		memcpy(out->traceparent, s, CAL_TRACEPARENT_LEN - 1);
}

/*
 * Finds the tags of a statement's text; false if there are none.
 */
bool
cal_commenter_parse(const char *source, size_t len, int encoding, CalTags *out)
{
	size_t		window = Min(len, CAL_COMMENTER_WINDOW);
	Span		head = {source, source + window};
	Span		tail = {source + (len - window), source + len};
	Parser		p;

	memset(out, 0, sizeof(*out));
	p.encoding = encoding;
	p.keys_left = CAL_COMMENTER_KEYS;
	p.route.len = p.controller.len = p.action.len = p.traceparent.len = 0;

	parse_trailing(&p, tail);
	parse_leading(&p, head);
	if (p.keys_left == CAL_COMMENTER_KEYS)
		return false;

	give_route(&p, out);
	give_traceparent(&p, out);
	return out->route[0] != '\0' || out->traceparent[0] != '\0';
}
