/*
 * sample_text.c
 *		The text of an execution, so that it can be planned by itself.
 *
 * Owns nothing.  Called under a guard, for the few executions that are kept as
 * samples.  Only what is one SELECT, INSERT, UPDATE, DELETE or MERGE, maybe
 * under PREPARE or DECLARE CURSOR, passes: no other statement is kept, so no
 * secret of one.
 *
 * What runs inside a function may mean the function's variables by their names.
 * So it is analysed again, with the help of the function's language, which
 * tells where they are, and each is replaced by $n.  What cannot be analysed
 * like this is not kept.  That waits for no lock: it is done only if each table
 * that the text names is one that the execution has locked already.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_param.h"
#include "parser/parser.h"
#include "parser/scansup.h"

#include "base/sqltext.h"
#include "capture/sample_text.h"
#include "platform/settings.h"
#include "version_compat.h"

#define EDITS_MAX	200			/* places where variables are named */

/* The walk over a text that is taken apart. */
typedef struct Walk
{
	const char *source;
	const PlannedStmt *plan;
	List	   *names;			/* ColumnRef and ParamRef of the text */
	CalSampleText *out;
	int			nedits;
	bool		failed;
	CalSqlEdit	edit[EDITS_MAX];
} Walk;

/* The part of the source text that is this statement. */
static char *
own_text(const QueryDesc *queryDesc, CalSampleForm form)
{
	int			location = queryDesc->plannedstmt->stmt_location;
	int			len = queryDesc->plannedstmt->stmt_len;
	const char *text = CleanQuerytext(queryDesc->sourceText, &location, &len);
	char	   *copy;
	char	   *value;

	if (len == 0 || len > cal_max_text_length)
		return NULL;
	copy = pnstrdup(text, len);
	if (form == CAL_SAMPLE_STATEMENT)
		return copy;
	value = form == CAL_SAMPLE_ASSIGNMENT ? strstr(copy, ":=") : NULL;
	return psprintf("SELECT %s", value ? value + 2 : copy);
}

/* The one statement in a text that can be planned; or NULL. */
static RawStmt *
plannable(const char *source)
{
	List	   *list = raw_parser(source, RAW_PARSE_DEFAULT);
	Node	   *node;

	if (list_length(list) != 1)
		return NULL;
	node = linitial_node(RawStmt, list)->stmt;
	if (IsA(node, PrepareStmt))
		node = ((PrepareStmt *) node)->query;
	else if (IsA(node, DeclareCursorStmt))
		node = ((DeclareCursorStmt *) node)->query;
	switch (nodeTag(node))
	{
		case T_SelectStmt:
			return ((SelectStmt *) node)->intoClause ? NULL : linitial(list);
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return linitial(list);
		default:
			return NULL;
	}
}

/* Whether a name is that of a table that the execution has locked. */
static bool
is_locked(const Walk *walk, const RangeVar *name)
{
	Oid			relid = RangeVarGetRelid(name, NoLock, true);

	return !OidIsValid(relid) ||
		list_member_oid(walk->plan->relationOids, relid);
}

/* Collect names in a text, and look whether its tables are locked. */
static bool
collect_names(Node *node, void *arg)
{
	Walk	   *walk = arg;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) || IsA(node, ParamRef))
		walk->names = lappend(walk->names, node);
	else if (IsA(node, RangeVar) && !is_locked(walk, (RangeVar *) node))
		walk->failed = true;
	return raw_expression_tree_walker(node, collect_names, arg);
}

/* Behind the identifier that begins here; or NULL. */
static const char *
skip_identifier(const char *p)
{
	if (*p != '"')
	{
		const char *begin = p;

		while (IS_HIGHBIT_SET(*p) || isalnum((unsigned char) *p) ||
			   *p == '_' || *p == '$')
			p++;
		return p > begin ? p : NULL;
	}
	do
	{
		p = strchr(p + 1, '"');
		if (p == NULL)
			return NULL;
		p++;
	} while (*p == '"');
	return p;
}

/* Behind the dot that follows a part of a name; or NULL. */
static const char *
skip_dot(const char *p)
{
	while (scanner_isspace(*p))
		p++;
	if (*p++ != '.')
		return NULL;
	while (scanner_isspace(*p))
		p++;
	return p;
}

/* The length of the name at a place of the text; 0 if it looks unlike one. */
static int
name_length(const Walk *walk, int location)
{
	const char *begin = walk->source + location;
	ListCell   *lc;

	foreach(lc, walk->names)
	{
		Node	   *node = lfirst(lc);
		const char *p = begin;

		if (IsA(node, ParamRef) && ((ParamRef *) node)->location == location)
			return 1 + strspn(begin + 1, "0123456789");
		if (!IsA(node, ColumnRef) ||
			((ColumnRef *) node)->location != location)
			continue;
		p = skip_identifier(begin);
		for (int n = list_length(((ColumnRef *) node)->fields); p && n > 1; n--)
		{
			p = skip_dot(p);
			p = p ? skip_identifier(p) : NULL;
		}
		return p ? p - begin : 0;
	}
	return 0;
}

/* The new number of a parameter; 0 if there are too many. */
static int
number_of(CalSampleText *out, int param)
{
	for (int i = 0; i < out->nparams; i++)
		if (out->param[i] == param)
			return i + 1;
	if (out->nparams == CAL_SAMPLE_PARAMS_MAX)
		return 0;
	out->param[out->nparams++] = param;
	return out->nparams;
}

/* Replace a parameter, however the text names it, by $n. */
static void
edit_param(Walk *walk, const Param *param)
{
	CalSqlEdit	edit = {.offset = param->location};

	for (int i = 0; i < walk->nedits; i++)
		if (walk->edit[i].offset == param->location)
			return;
	edit.param = number_of(walk->out, param->paramid);
	if (param->location >= 0)
		edit.length = name_length(walk, param->location);
	if (edit.param == 0 || edit.length == 0 || walk->nedits == EDITS_MAX)
		walk->failed = true;
	else
		walk->edit[walk->nedits++] = edit;
}

/* Find the parameters of a statement that was analysed. */
static bool
edit_params(Node *node, void *arg)
{
	Walk	   *walk = arg;

	if (node == NULL)
		return false;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		edit_param(walk, (Param *) node);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, edit_params, arg, 0);
	return expression_tree_walker(node, edit_params, arg);
}

/* In the order of the text. */
static int
compare_edits(const void *a, const void *b)
{
	return ((const CalSqlEdit *) a)->offset - ((const CalSqlEdit *) b)->offset;
}

/* Analyse a statement as the function does in which it stands. */
static Query *
analyse(const QueryDesc *queryDesc, const char *source, RawStmt *raw)
{
	ParseState *pstate = make_parsestate(NULL);
	ParamListInfo params = queryDesc->params;
	Query	   *query;

	pstate->p_sourcetext = source;
	pstate->p_queryEnv = queryDesc->queryEnv;
	if (params && params->parserSetup)
		params->parserSetup(pstate, params->parserSetupArg);
	else if (params)
	{
		Oid		   *types = palloc(params->numParams * sizeof(Oid));

		for (int i = 0; i < params->numParams; i++)
			types[i] = params->params[i].ptype;
		setup_parse_fixed_parameters(pstate, types, params->numParams);
	}
	query = transformTopLevelStmt(pstate, raw);
	free_parsestate(pstate);
	return query;
}

/* The text with what it means by its function's variables replaced. */
static bool
stand_alone(const QueryDesc *queryDesc, char *source, RawStmt *raw,
			CalSampleText *out)
{
	Walk	   *walk = palloc0(sizeof(Walk));
	size_t		size;

	walk->source = source;
	walk->plan = queryDesc->plannedstmt;
	walk->out = out;
	collect_names(raw->stmt, walk);
	if (walk->failed)
		return false;
	edit_params((Node *) analyse(queryDesc, source, raw), walk);
	if (walk->failed)
		return false;
	qsort(walk->edit, walk->nedits, sizeof(CalSqlEdit), compare_edits);
	size = strlen(source) + walk->nedits * 8 + 1;
	out->statement = palloc(size);
	cal_sqltext_normalise(walk->edit, walk->nedits, source, strlen(source),
						  out->statement, size);
	return true;
}

/* The text of an execution, and which parameter each of its $n is. */
bool
cal_sample_text(const CalObserved *seen, CalSampleForm form,
				CalSampleText *out)
{
	const ParamListInfo params = seen->queryDesc->params;
	char	   *source = own_text(seen->queryDesc, form);
	RawStmt    *raw;

	out->nparams = 0;
	if (source == NULL || (raw = plannable(source)) == NULL)
		return false;
	if (seen->nested)
		return stand_alone(seen->queryDesc, source, raw, out);
	if (params && params->numParams > CAL_SAMPLE_PARAMS_MAX)
		return false;
	out->statement = source;
	out->nparams = params ? params->numParams : 0;
	for (int i = 0; i < out->nparams; i++)
		out->param[i] = i + 1;
	return true;
}
