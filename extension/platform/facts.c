/*
 * facts.c
 *		The DETAIL of a line in the server log: key=value, key=value.
 *
 * Owns: the form of such facts.  Called by whoever writes a line.  A value is
 * brought to one line, and quoted where it could not be told from what follows
 * it, so nobody can forge a fact or a line.
 */
#include "postgres.h"

#include "base/text_clean.h"
#include "platform/facts.h"

#define VALUE_MAX		512

/* Begin a fact. */
static void
add_key(StringInfo out, const char *key)
{
	if (out->len > 0)
		appendStringInfoChar(out, ' ');
	appendStringInfo(out, "%s=", key);
}

/* Whether a value must stand in quotes to be told from its neighbours. */
static bool
needs_quotes(const char *value)
{
	return value[strcspn(value, " \"\\=,")] != '\0';
}

/* Add a text. */
void
cal_facts_text(StringInfo out, const char *key, const char *value,
			   int encoding)
{
	char		clean[VALUE_MAX];

	if (value == NULL || value[0] == '\0')
		return;
	cal_text_clean(clean, sizeof(clean), value, strlen(value), encoding, true);
	add_key(out, key);
	if (!needs_quotes(clean))
	{
		appendStringInfoString(out, clean);
		return;
	}
	appendStringInfoChar(out, '"');
	for (const char *p = clean; *p; p++)
	{
		if (*p == '"' || *p == '\\')
			appendStringInfoChar(out, '\\');
		appendStringInfoChar(out, *p);
	}
	appendStringInfoChar(out, '"');
}

/* Add a duration, in milliseconds. */
void
cal_facts_ms(StringInfo out, const char *key, double usec)
{
	add_key(out, key);
	appendStringInfo(out, "%.3f", usec / 1000.0);
}

/* Add a number. */
void
cal_facts_number(StringInfo out, const char *key, uint64 value)
{
	if (value == 0)
		return;
	add_key(out, key);
	appendStringInfo(out, UINT64_FORMAT, value);
}

/* Add the id of a query, which SQL knows as a signed number. */
void
cal_facts_id(StringInfo out, const char *key, uint64 value)
{
	if (value == 0)
		return;
	add_key(out, key);
	appendStringInfo(out, INT64_FORMAT, (int64) value);
}
