/*
 * text.c
 *		Keeps the normalised text of each statement once.
 *
 * Owns: this backend's memory of which texts are kept already.  Called at
 * parse analysis, the only moment at which core tells where the constants
 * are.  For a statement seen before, that is two look-ups without a lock; a
 * new one is normalised and put into store/texts.c, and its group is found.
 * Whatever goes wrong there costs a text, never a statement.
 * What carries a secret is kept as the name of its command only.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tcop/utility.h"

#include "base/text_clean.h"
#include "platform/shield.h"
#include "capture/execution.h"
#include "capture/lists.h"
#include "capture/normalise.h"
#include "capture/text.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "store/groups.h"
#include "store/texts.h"

#define KNOWN	512				/* texts this backend remembers; power of two */

typedef struct Known
{
	CalTextKey	key;
	uint32		ref;			/* see store/texts.h; 0 if none */
} Known;

uint64		cal_text_latest = 0;
uint64		cal_text_latest_group = 0;

static CAL_LARGE Known known[KNOWN];

/* The group of a query id that is not the latest; its own id if unknown. */
uint64
cal_text_find_group(uint64 queryid)
{
	uint64		group = queryid ? cal_groups_find(queryid) : 0;

	if (group == 0)
		return queryid;
	cal_text_latest_group = group;
	cal_text_latest = queryid;
	return group;
}

/* Whether a text says password, in any case of letters. */
static bool
names_password(const char *text, int len)
{
	static const char word[] = "password";
	const int	n = sizeof(word) - 1;

	for (int i = 0; i + n <= len; i++)
		if (pg_strncasecmp(text +i, word, n) == 0)
			return true;
	return false;
}

/* Whether a utility statement carries, or may carry, a secret. */
bool
cal_text_has_secret(Node *utility, const char *text, int len)
{
	if (utility == NULL)
		return false;
	switch (nodeTag(utility))
	{
		case T_CreateRoleStmt:
		case T_AlterRoleStmt:
		case T_AlterRoleSetStmt:
		case T_CreateUserMappingStmt:
		case T_AlterUserMappingStmt:
		case T_CreateForeignServerStmt:
		case T_AlterForeignServerStmt:
		case T_CreateSubscriptionStmt:
		case T_AlterSubscriptionStmt:
		case T_AlterSystemStmt:
			return true;
		case T_VariableSetStmt:
			{
				const char *name = ((VariableSetStmt *) utility)->name;

				return (name && strchr(name, '.') != NULL) ||
					names_password(text, len);
			}
		default:
			return names_password(text, len);
	}
}

/* Clip, clean and keep a text. */
static uint32
keep(const CalTextKey *key, const char *text, int len)
{
	int			encoding = GetDatabaseEncoding();
	size_t		room = cal_max_text_length + 1;
	char	   *clean = palloc(room);
	size_t		n = cal_text_clean(clean, room, text, len, encoding, false);

	return cal_texts_store(CAL_TEXT_STATEMENT, key, clean, (int) n, encoding);
}

/*
 * A query inside a utility statement, as in EXPLAIN or CREATE TABLE AS, has no
 * place of its own in the text, from which the whole message would be taken
 * for it, other statements included: the utility statement's place is meant.
 */
void
cal_text_place(const char *source, int *location, int *len)
{
	const CalExecution *outer = &cal_execution_top;

	if (*len != 0 || *location > 0 || !outer->running ||
		outer->queryDesc != NULL || source != outer->text)
		return;
	*location = outer->text_location;
	*len = outer->text_length;
}

/* The same for parse analysis, where the query of a DECLARE comes by, too. */
static const char *
find_text(const char *source, const Query *query, int *location, int *len)
{
	const PlannedStmt *declare = cal_utility_declare;

	*location = query->stmt_location;
	*len = query->stmt_len;
	if (declare && *len == 0 &&
		((DeclareCursorStmt *) declare->utilityStmt)->query == (Node *) query)
	{
		*location = declare->stmt_location;
		*len = declare->stmt_len;
	}
	else
		cal_text_place(source, location, len);
	return CleanQuerytext(source, location, len);
}

/* Bring a statement's text into the form in which it is kept. */
static uint32
normalise_and_keep(const CalTextKey *key, const char *source, Query *query,
				   JumbleState *jstate, CalLists *lists)
{
	int			location;
	int			len;
	const char *text = find_text(source, query, &location, &len);

	if (cal_text_has_secret(query->utilityStmt, text, len))
	{
		text = GetCommandTagName(CreateCommandTag(query->utilityStmt));

		len = (int) strlen(text);
	}
	else if (jstate && (jstate->clocations_count > 0 || lists->n > 0))
		text = cal_normalise(text, len, location, jstate, lists, &len);

	return keep(key, text, len);
}

/* What learning a statement needs, and what it finds. */
typedef struct Lesson
{
	const char *source;
	Query	   *query;
	JumbleState *jstate;
	CalTextKey	key;
	uint32		ref;
} Lesson;

/* Learn a statement: its group, and its text. */
static void
learn(void *arg)
{
	Lesson	   *l = arg;
	CalLists	lists = {0};
	uint64		queryid = CAL_QUERY_ID(l->query);

	if (!CAL_CORE_SQUASHES_LISTS && l->query->utilityStmt == NULL)
		cal_lists_find(l->query, &lists);
	if (!CAL_CORE_SQUASHES_LISTS && cal_groups_find(queryid) == 0)
		cal_groups_put(queryid,
					   lists.n > 0 ? cal_lists_group(l->query, l->source)
					   : queryid);
	l->key.id = cal_text_group(queryid);
	l->ref = cal_texts_find(CAL_TEXT_STATEMENT, &l->key);
	if (l->ref == 0)
		l->ref = normalise_and_keep(&l->key, l->source, l->query, l->jstate,
									&lists);
}

/* Whether the text is known to be kept, and its group to be known. */
static bool
is_known(const Known *k, const CalTextKey *key, uint64 queryid)
{
	if (!CAL_CORE_SQUASHES_LISTS && cal_groups_find(queryid) == 0)
		return false;
	return k->ref != 0 && k->key.id == key->id &&
		k->key.userid == key->userid && k->key.dbid == key->dbid &&
		cal_texts_holds(CAL_TEXT_STATEMENT, k->ref);
}

/* At parse analysis: make sure that the statement's text is kept. */
void
cal_text_note(const char *source, Query *query, JumbleState *jstate)
{
	uint64		queryid = CAL_QUERY_ID(query);
	Lesson		lesson = {.source = source,.query = query,.jstate = jstate};
	Known	   *k;

	lesson.key.id = cal_text_group(queryid);
	lesson.key.userid = GetUserId();
	lesson.key.dbid = MyDatabaseId;
	k = &known[(lesson.key.id ^ lesson.key.userid) & (KNOWN - 1)];
	if (is_known(k, &lesson.key, queryid))
		return;
	cal_shield_quietly(learn, &lesson);
	k = &known[(lesson.key.id ^ lesson.key.userid) & (KNOWN - 1)];
	k->key = lesson.key;
	k->ref = lesson.ref;
}
