/*
 * event_text.c
 *		The part of the source text that belongs to one statement.
 *
 * Owns nothing.  Called for events only.  What a client sends in one go may
 * hold several statements; core tells where each begins and ends, until 17
 * with the comments in front of it, from 18 on without; here they are always
 * part of it.  A comment behind the last semicolon belongs to nobody for core,
 * but here to the last statement, since that is where some libraries put their
 * tags.  Never allocates, never fails.
 */
#include "postgres.h"

#include "parser/scansup.h"

#include "base/commenter.h"
#include "capture/event_text.h"

/* How far to look for a comment in front of a statement. */
#define LOOK_BACK	CAL_COMMENTER_WINDOW

/* Behind a comment that begins here; comments may hold comments. */
static const char *
skip_comment(const char *p)
{
	int			depth = 0;

	do
	{
		if (p[0] == '/' && p[1] == '*')
		{
			depth++;
			p += 2;
		}
		else if (p[0] == '*' && p[1] == '/')
		{
			depth--;
			p += 2;
		}
		else
			p++;
	} while (depth > 0 && *p);
	return p;
}

/* Behind the blanks, semicolons and comments that begin here. */
static const char *
skip_nothing(const char *p)
{
	for (;;)
	{
		if (*p == ';' || scanner_isspace(*p))
			p++;
		else if (p[0] == '/' && p[1] == '*')
			p = skip_comment(p);
		else if (p[0] == '-' && p[1] == '-')
			p += strcspn(p, "\n\r");
		else
			return p;
	}
}

/*
 * Where the comments in front of a statement begin: with the text, or behind
 * the semicolon that ends the statement before, of which they may hold some.
 */
static const char *
find_comments(const char *text, const char *begin)
{
	if (skip_nothing(text) == begin)
		return text;

	for (const char *p = begin; p > text &&begin - p < LOOK_BACK; p--)
	{
		const char *behind = p[-1] == ';' ? skip_nothing(p) : NULL;

		if (behind == begin)
			return p;
		if (behind > begin)
			break;
	}
	return begin;
}

/* Where the text of an execution begins, and how long it is. */
const char *
cal_event_text(const CalExecution *ex, size_t *len)
{
	const char *begin;
	const char *end;

	if (ex->text == NULL)
		return NULL;
	begin = ex->text +Max(ex->text_location, 0);
	end = begin + Max(ex->text_length, 0);
	if (ex->text_location < 0 || end == begin || *skip_nothing(end) == '\0')
		end = begin + strlen(begin);
	begin = find_comments(ex->text, begin);
	while (begin < end && scanner_isspace(*begin))
		begin++;
	while (begin < end && scanner_isspace(end[-1]))
		end--;
	*len = end - begin;
	return begin;
}
