/*
 * event_text.c
 *		The part of the source text that belongs to one statement.
 *
 * Owns nothing.  Called for events only.  What a client sends in one go may
 * hold several statements; core tells where each begins and ends, comments in
 * front of it included.  A comment behind the last semicolon belongs to
 * nobody for core, but here to the last statement, since that is where some
 * libraries put their tags.  Never allocates, never fails.
 */
#include "postgres.h"

#include "parser/scansup.h"

#include "capture/event_text.h"

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

/* Whether nothing but blanks, semicolons and comments is left. */
static bool
is_last(const char *p)
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
			return *p == '\0';
	}
}

/* Where the text of an execution begins, and how long it is. */
const char *
cal_event_text(const CalExecution *ex, size_t *len)
{
	const char *begin = ex->text;

	if (begin == NULL)
		return NULL;
	if (ex->text_location > 0)
		begin += ex->text_location;
	if (ex->text_location < 0 || ex->text_length <= 0 ||
		is_last(begin + ex->text_length))
		*len = strlen(begin);
	else
		*len = ex->text_length;
	while (*len > 0 && scanner_isspace(*begin))
	{
		begin++;
		(*len)--;
	}
	while (*len > 0 && scanner_isspace(begin[*len - 1]))
		(*len)--;
	return begin;
}
