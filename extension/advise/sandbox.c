/*
 * sandbox.c
 *		Plans a captured statement, without lending anybody any rights.
 *
 * Owns: the only way in which the text of a statement is ever planned again,
 * and a timer.  Called by the advisor.  Planning runs code: immutable and
 * stable functions are evaluated, and their authors may mean harm.  So
 *
 * - the caller must have the rights of the statement's owner already;
 * - the owner must still have the rights that the statement needs;
 * - it all runs as the owner, in a restricted security context that lets
 *   nobody change the role or leave anything behind in the session;
 * - under the search_path that the statement ran under, and never with the
 *   caller's temporary tables before others;
 * - with no function that belongs to somebody who could not act as the owner
 *   anyway (trust.c): he might have put it there after the statement ran;
 * - with limits on time and on waiting for locks;
 * - never inside itself;
 * - in a subtransaction that is rolled back, whatever happens.  That restores
 *   the user, the settings and all locks.
 *
 * The planner's and the parser's hooks of other extensions are not called,
 * and our own do not count this.  Takes no lock of ours.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "parser/parse_param.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/varlena.h"
#include "version_compat.h"

#include "advise/constancy.h"
#include "advise/sandbox.h"
#include "advise/trust.h"
#include "advise/wants.h"
#include "base/text_clean.h"
#include "mb/pg_wchar.h"
#include "platform/privilege.h"

#define TROUBLE_MAX 160			/* bytes of a message that are shown */
#define INSIST_MS	100			/* who catches the cancel gets another */

static TimeoutId timer = MAX_TIMEOUTS;
static volatile sig_atomic_t timed_out = false;
static bool inside = false;		/* a function may call us while it is planned */

/* Time is up: cancel what is running, as statement_timeout does. */
static void
time_is_up(void)
{
	timed_out = true;
	InterruptPending = true;
	QueryCancelPending = true;
}

/* Start the timer. */
static void
start_timer(int ms)
{
	if (timer == MAX_TIMEOUTS)
		timer = RegisterTimeout(USER_TIMEOUT, time_is_up);
	timed_out = false;
	enable_timeout_every(timer,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 Max(ms, 1)),
						 INSIST_MS);
}

/* Stop it; a cancel that has not been noticed yet is not for the caller. */
static void
stop_timer(void)
{
	disable_timeout(timer, true);
	if (timed_out)
		QueryCancelPending = false;
}

/* Set a setting until the subtransaction ends. */
static void
set_setting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* The path with temporary tables behind all others, wherever they were. */
static char *
turn_path(const char *search_path)
{
	StringInfoData path;
	List	   *names;
	ListCell   *lc;

	initStringInfo(&path);
	if (!SplitIdentifierString(pstrdup(search_path), ',', &names))
		names = NIL;
	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), "pg_temp") != 0)
			appendStringInfo(&path, "%s, ", quote_identifier(lfirst(lc)));
	}
	appendStringInfoString(&path, "pg_temp");
	return path.data;
}

/* Become the owner, under the settings that his statement ran under. */
static void
enter(Oid owner, const char *search_path)
{
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	set_setting("search_path", turn_path(search_path));
	set_setting("lock_timeout", "100ms");
	set_setting("client_min_messages", "error");
}

/* Raise what ends up as the reason why a statement was not planned. */
static void
refuse(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg_internal("%s", why)));
}

/* The statement inside one that prepares it, opens it, or keeps its rows. */
static Node *
unwrap(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_PrepareStmt:
			return ((PrepareStmt *) stmt)->query;
		case T_DeclareCursorStmt:
			return ((DeclareCursorStmt *) stmt)->query;
		case T_ExplainStmt:
			return ((ExplainStmt *) stmt)->query;
		case T_CreateTableAsStmt:
			return ((CreateTableAsStmt *) stmt)->query;
		default:
			return stmt;
	}
}

/* Parse the text, which must be one statement that can be planned. */
static RawStmt *
parse(const char *text)
{
	List	   *list = pg_parse_query(text);
	RawStmt    *raw;

	if (list_length(list) != 1)
		refuse("the text is not one statement");
	raw = linitial_node(RawStmt, list);
	raw->stmt = unwrap(raw->stmt);
	switch (nodeTag(raw->stmt))
	{
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			return raw;
		default:
			refuse("statements of this kind have no plan");
	}
	return NULL;
}

/*
 * Analyse it.  The types of its parameters are those it ran with, or follow
 * from where they stand.
 */
static Query *
analyse(const CalSample *sample)
{
	RawStmt    *raw = parse(sample->statement);
	ParseState *pstate = make_parsestate(NULL);
	Oid		   *types = NULL;
	int			ntypes = sample->nparams;
	Query	   *query;

	pstate->p_sourcetext = sample->statement;
	if (ntypes > 0)
	{
		types = palloc(ntypes * sizeof(Oid));
		for (int i = 0; i < ntypes; i++)
			types[i] = sample->param[i].typid;
	}
	setup_parse_variable_parameters(pstate, &types, &ntypes);
	query = transformTopLevelStmt(pstate, raw);
	check_variable_parameters(pstate, query);
	free_parsestate(pstate);
	if (query->commandType == CMD_UTILITY)
		refuse("statements of this kind have no plan");
	return query;
}

/* Check rights on the tables of a query and of all queries inside it. */
static bool
check_rights(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		(void) CAL_CHECK_RIGHTS((Query *) node);
		return query_tree_walker((Query *) node, check_rights, arg, 0);
	}
	return expression_tree_walker(node, check_rights, arg);
}

/* Whether a plan is about a table that the statement was seen to use. */
static bool
is_about(const PlannedStmt *plan, const CalSandboxJob *job)
{
	for (int i = 0; i < job->nrelids; i++)
		if (list_member_oid(plan->relationOids, job->relids[i]))
			return true;
	return false;
}

/*
 * The values that its parameters had; none is a list of its own, too.  What a
 * domain demands of its values was checked when it ran.
 */
static ParamListInfo
bind_values(const CalSample *sample)
{
	ParamListInfo params = makeParamList(sample->nparams);

	for (int i = 0; i < sample->nparams; i++)
	{
		const CalSampleParam *given = &sample->param[i];
		ParamExternData *to = &params->params[i];
		Oid			input;
		Oid			elements;

		memset(to, 0, sizeof(*to));
		if (!OidIsValid(given->typid) ||
			(given->value == NULL && !given->isnull))
			continue;			/* no value is known, so it has no type here */
		to->isnull = given->isnull;
		to->ptype = given->typid;
		to->pflags = PARAM_FLAG_CONST;
		if (given->isnull)
			continue;
		getTypeInputInfo(getBaseType(given->typid), &input, &elements);
		to->value = OidInputFunctionCall(input,
										 unconstify(char *, given->value),
										 elements, -1);
	}
	return params;
}

/* Turn the text into a query that may be planned. */
static Query *
prepare(const CalSample *sample)
{
	Query	   *query = analyse(sample);
	List	   *queries;

	cal_trust_check(query);
	queries = pg_rewrite_query(query);
	if (list_length(queries) != 1)
		refuse("rules make several statements of it");
	query = cal_trust_hide(linitial_node(Query, queries));
	(void) check_rights((Node *) query, NULL);
	return query;
}

/* The plan as EXPLAIN shows it, in memory that lasts. */
static char *
explain(PlannedStmt *plan, const char *source, ParamListInfo params,
		MemoryContext keep)
{
	ExplainState *es = NewExplainState();

	es->costs = true;
	CAL_EXPLAIN(plan, es, source, params);
	while (es->str->len > 0 && es->str->data[es->str->len - 1] == '\n')
		es->str->data[--es->str->len] = '\0';
	return MemoryContextStrdup(keep, es->str->data);
}

/* A query that is being planned, and where its wants go. */
typedef struct Subject
{
	Query	   *query;
	ParamListInfo params;
	const char *source;
	List	   *wants;
} Subject;

/* Plan a query under one of the sets. */
static void
plan_set(CalSandboxJob *job, Subject *s, CalShow *show, int set,
		 MemoryContext keep)
{
	PlannedStmt *plan;

	show->set = job->sets[set];
	show->mark = s->params;
	cal_wants_collect(set == 0 && job->wants ? &s->wants : NULL, keep,
					  s->source, s->query);
	cal_hypothetical_begin(show);
	plan = standard_planner(copyObject(s->query), s->source,
							CURSOR_OPT_PARALLEL_OK, s->params);
	if (set == 0 && job->nrelids > 0 && !is_about(plan, job))
		refuse("its names mean other tables now");
	job->costs[set] += plan->planTree->total_cost / job->nsamples;
	job->used[set] |= cal_hypothetical_used(show, plan);
	if (job->fetches)
		cal_fetches_add(&job->fetches[set], show, plan);
	if (job->plans && job->plans[set] == NULL)
		job->plans[set] = explain(plan, s->source, s->params, keep);
	cal_hypothetical_end();
	cal_wants_collect(NULL, NULL, NULL, NULL);
}

/* Hand over what the samples want: the first one's, as the others see it. */
static void
compare_wants(CalSandboxJob *job, Subject *s)
{
	for (int i = 1; i < job->nsamples; i++)
		cal_constancy_compare(s[0].wants, s[i].wants);
	*job->wants = s[0].wants;
}

/* All the work, in the sandbox. */
static void
plan_all(CalSandboxJob *job, MemoryContext keep)
{
	CalShow		show = {.indexes = job->indexes,.n = job->nindexes,
		.hidden = job->hidden,.nhidden = job->nhidden,
	.tables = job->tables};
	Subject    *s = palloc0(job->nsamples * sizeof(Subject));
	MemoryContext each = AllocSetContextCreate(CurrentMemoryContext,
											   "pg_caliper plan",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer;

	for (int i = 0; i < job->nsamples; i++)
	{
		s[i].query = prepare(&job->sample[i]);
		s[i].params = bind_values(&job->sample[i]);
		s[i].source = job->sample[i].statement;
	}
	outer = MemoryContextSwitchTo(each);
	for (int set = 0; set < job->nsets; set++)
	{
		job->costs[set] = 0;
		job->used[set] = 0;
		for (int i = 0; i < job->nsamples; i++)
		{
			CHECK_FOR_INTERRUPTS();
			plan_set(job, &s[i], &show, set, keep);
			MemoryContextReset(each);
		}
		if (timed_out)
			refuse("its functions go on after a cancel");
		job->done++;
	}
	MemoryContextSwitchTo(outer);
	if (job->wants)
		compare_wants(job, s);
}

/* An error in words, on one line; its author is not to be trusted either. */
static const char *
describe(const ErrorData *error)
{
	char		clean[TROUBLE_MAX];
	char	   *text = psprintf("%s %s", unpack_sql_state(error->sqlerrcode),
								error->message ? error->message : "");

	if (timed_out)
		return "the time limit";
	(void) cal_text_clean(clean, sizeof(clean), text, strlen(text),
						  GetDatabaseEncoding(), true);
	return pstrdup(clean);
}

/* What is done in the sandbox: planning, or anything as careful. */
typedef struct Visit
{
	Oid			owner;
	const char *search_path;
	int			ms;
	CalSandboxJob *job;
	CalSandboxWork work;
	void	   *arg;
} Visit;

/* Go through the sandbox; NULL, or the error that happened inside. */
static ErrorData *
go_through(const Visit *visit)
{
	MemoryContext before = CurrentMemoryContext;
	ResourceOwner resources = CurrentResourceOwner;
	MemoryContext own = AllocSetContextCreate(before, "pg_caliper sandbox",
											  ALLOCSET_DEFAULT_SIZES);
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(own);
	inside = true;
	PG_TRY();
	{
		start_timer(visit->ms);
		enter(visit->owner, visit->search_path);
		cal_trust_begin();
		if (visit->job)
			plan_all(visit->job, before);
		else
		{
			MemoryContextSwitchTo(before);
			visit->work(visit->arg);
		}
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	stop_timer();
	cal_hypothetical_end();
	cal_wants_collect(NULL, NULL, NULL, NULL);
	cal_trust_end();
	inside = false;
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(before);
	CurrentResourceOwner = resources;
	MemoryContextDelete(own);
	return error;
}

/* The same, for who may; NULL, or the trouble.  A cancel is passed on. */
static const char *
visit_sandbox(const Visit *visit)
{
	ErrorData  *error;
	const char *trouble;

	if (inside)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("indexes cannot be tried while a statement is planned to try others")));
	if (!cal_privilege_acts_for(visit->owner) ||
		!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(visit->owner)))
		return "only who has the rights of its user may plan it";
	error = go_through(visit);
	if (error == NULL)
		return NULL;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED && !timed_out)
		ReThrowError(error);
	trouble = describe(error);
	FreeErrorData(error);
	return trouble;
}

/*
 * Plan the statement under each set; true if all were planned, else the
 * trouble says why not.
 */
bool
cal_sandbox_run(CalSandboxJob *job)
{
	Visit		visit = {.owner = job->owner,.search_path = job->search_path,
	.ms = job->ms,.job = job};

	job->done = 0;
	job->trouble = visit_sandbox(&visit);
	return job->trouble == NULL;
}

/* Call this as that user, safe as planning is; NULL, or the trouble. */
const char *
cal_sandbox_call(Oid owner, const char *search_path, int ms,
				 CalSandboxWork work, void *arg)
{
	Visit		visit = {.owner = owner,.search_path = search_path,.ms = ms,
	.work = work,.arg = arg};

	return visit_sandbox(&visit);
}
