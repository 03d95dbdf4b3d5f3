/*
 * literal.c
 *		Makes the normalised text of a statement parse again.
 *
 * Owns nothing.  Called when texts are loaded.  A literal with a type before
 * it, "interval '1 day'", is kept as "interval $1", which is no SQL; it is
 * made "$1::interval".  What looks like that inside a quoted identifier is
 * changed as well: then the text does not parse, and is not planned.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "advise/literal.h"

/* Types that are commonly written before a literal. */
static const char *const types[] = {
	"interval", "date", "timestamp", "timestamptz", "time", "timetz", "uuid",
	"json", "jsonb", "inet", "cidr", "numeric", "text", "bytea",
};

/* Whether a byte can be part of a name. */
static bool
in_name(char c)
{
	return IS_HIGHBIT_SET(c) || isalnum((unsigned char) c) || c == '_' ||
		c == '$' || c == '.' || c == '"';
}

/* The type that a text begins with, or NULL. */
static const char *
type_at(const char *text)
{
	for (int i = 0; i < lengthof(types); i++)
	{
		int			len = (int) strlen(types[i]);

		if (pg_strncasecmp(text, types[i], len) == 0 && !in_name(text[len]))
			return types[i];
	}
	return NULL;
}

/* The length of a parameter's symbol at the start of a text, or 0. */
static int
param_length(const char *text)
{
	int			len = 1;

	if (text[0] != '$')
		return 0;
	while (isdigit((unsigned char) text[len]))
		len++;
	return len > 1 ? len : 0;
}

/* Copy a text with parameters cast to the types before them. */
char *
cal_literal_cast(const char *source)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = source; *p;)
	{
		const char *name = NULL;
		const char *param;
		int			len;

		if (p == source || !in_name(p[-1]))
			name = type_at(p);
		if (name)
		{
			param = p + strlen(name);
			param += strspn(param, " \t\n\r");
			len = param_length(param);
			if (len > 0)
			{
				appendStringInfo(&out, "%.*s::%s", len, param, name);
				p = param + len;
				continue;
			}
		}
		appendStringInfoChar(&out, *p++);
	}
	return out.data;
}
