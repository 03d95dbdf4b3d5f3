/*
 * index_advised.c
 *		Whether an index that came or went is what the advisor had said.
 *
 * Owns: nothing beyond a call.  Called by index_watch.c, behind its shield.
 * Looks through copies of what advice there is for the current database,
 * whoever asked.  An index that was created is an advised one if table,
 * method, and all that stands in the definition behind them are the same; names
 * and parentheses do not matter.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "capture/index_advised.h"
#include "store/advice.h"

/*
 * Where the keys begin in CREATE INDEX: at the first parenthesis that is in no
 * quotes; NULL if there is none.  Before it the method may be named.
 */
static const char *
find_keys(const char *ddl)
{
	char		quote = '\0';

	for (; *ddl; ddl++)
	{
		if (quote == '\0' && *ddl == '(')
			return ddl;
		if (quote == *ddl)
			quote = '\0';
		else if (quote == '\0' && (*ddl == '"' || *ddl == '\''))
			quote = *ddl;
	}
	return NULL;
}

/* What is left of a definition when all that may differ is left out. */
static char *
reduce(const char *ddl)
{
	static const char using[] = " USING btree ";
	size_t		len = sizeof(using) - 1;
	const char *keys = find_keys(ddl);
	const char *method = strstr(ddl, " USING ");
	StringInfoData out;

	initStringInfo(&out);
	if (keys == NULL)
		return out.data;
	if (method && method < keys && strncmp(method, using, len) != 0)
		appendBinaryStringInfo(&out, method, keys - method);
	for (; *keys; keys++)
		if (strchr(" ();", *keys) == NULL)
			appendStringInfoChar(&out, *keys);
	return out.data;
}

/* Whether one piece of advice is about that index. */
static bool
is_same(const CalAdviceRow *advice, const CalTrial *trial, const char *reduced)
{
	char	   *schema = get_namespace_name(get_rel_namespace(trial->relid));
	char	   *table = get_rel_name(trial->relid);

	if (schema == NULL || advice->schemaname == NULL ||
		strcmp(schema, advice->schemaname) != 0)
		return false;
	if (trial->action == CAL_TRIAL_DROP)
		return advice->action != CAL_ADVICE_CREATE && advice->indexname &&
			strcmp(advice->indexname, trial->name) == 0;
	return advice->action != CAL_ADVICE_DROP && advice->ddl &&
		table && advice->tablename && strcmp(table, advice->tablename) == 0 &&
		reduced[0] != '\0' && strcmp(reduce(advice->ddl), reduced) == 0;
}

/* Whether a result has such an advice. */
static bool
has_advice(CalAdviceHead *head, const CalTrial *trial, char *buf)
{
	CalAdviceRow *row = palloc(sizeof(CalAdviceRow));
	const char *reduced = reduce(trial->definition);
	const char *next = buf;

	if (!cal_advice_copy(head, buf))
		return false;
	for (int i = 0; i < head->rows; i++)
	{
		next = cal_advice_next(next, row);
		if (is_same(row, trial, reduced))
			return true;
	}
	return false;
}

/* Whether anybody was advised to do that. */
bool
cal_index_advised(const CalTrial *trial)
{
	CalAdviceHead head[CAL_ADVICE_HEADS];
	int			n = cal_advice_heads(head);
	char	   *buf = palloc(CAL_ADVICE_BYTES);

	for (int i = 0; i < n; i++)
		if (head[i].dbid == MyDatabaseId && has_advice(&head[i], trial, buf))
			return true;
	return false;
}
