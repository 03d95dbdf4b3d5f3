/*
 * utility.c
 *		Utility statements: everything that has no plan.
 *
 * Owns: the hook, and which statements are transparent: EXECUTE, PREPARE,
 * DEALLOCATE, DECLARE CURSOR and FETCH are not counted themselves, since what
 * they run is counted as if the client had sent it.  The others, COPY and
 * CALL among them, count with their time and rows, and what they run counts
 * as nested.  Takes no lock, allocates nothing.  Nothing of the statement is
 * touched once it has run: a ROLLBACK may have freed it.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"

#include "capture/clock.h"
#include "capture/errors.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/index_watch.h"
#include "capture/plain.h"
#include "capture/shortcut.h"
#include "capture/text.h"
#include "capture/utility.h"
#include "platform/settings.h"
#include "version_compat.h"

static ProcessUtility_hook_type previous_utility = NULL;
CAL_HOT uint64 cal_utility_cursor = 0;
const PlannedStmt *cal_utility_declare = NULL;

#define UTILITY_PARAMS	PlannedStmt *pstmt, const char *source, \
						bool read_only_tree, ProcessUtilityContext context, \
						ParamListInfo params, QueryEnvironment *environment, \
						DestReceiver *dest, QueryCompletion *qc
#define UTILITY_ARGS	pstmt, source, read_only_tree, context, params, \
						environment, dest, qc

/* What the statement says about its transaction. */
static CalStatementClass
classify(Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_VariableSetStmt:
		case T_VariableShowStmt:
		case T_DiscardStmt:
			return CAL_CLASS_SETUP;
		case T_TransactionStmt:
			return cal_transaction_control((TransactionStmt *) utility);
		default:
			return CAL_CLASS_WORK;
	}
}

/* Whether what the statement runs stands for the statement. */
static bool
is_transparent(Node *utility)
{
	switch (nodeTag(utility))
	{
		case T_ExecuteStmt:
		case T_PrepareStmt:
		case T_DeallocateStmt:
		case T_DeclareCursorStmt:
		case T_FetchStmt:
			return true;
		default:
			return false;
	}
}

/* Pass on to whoever hooked before us, or to core. */
static void
pass_on(UTILITY_PARAMS)
{
	if (previous_utility)
		previous_utility(UTILITY_ARGS);
	else
		standard_ProcessUtility(UTILITY_ARGS);
}

/* Run a statement whose contents count in its place. */
static void
run_transparent(UTILITY_PARAMS)
{
	Node	   *utility = pstmt->utilityStmt;
	uint64		cursor = cal_utility_cursor;
	const PlannedStmt *declare = cal_utility_declare;
	Portal		caller = cal_execution_caller;

	if (IsA(utility, DeclareCursorStmt))
	{
		cal_utility_cursor = CAL_QUERY_ID(pstmt);
		cal_utility_declare = pstmt;
	}
	else if (IsA(utility, ExecuteStmt) && ((ExecuteStmt *) utility)->params)
		cal_execution_caller = ActivePortal;
	else
	{
		pass_on(UTILITY_ARGS);
		return;
	}
	PG_TRY();
	{
		pass_on(UTILITY_ARGS);
	}
	PG_FINALLY();
	{
		cal_utility_cursor = cursor;
		cal_utility_declare = declare;
		cal_execution_caller = caller;
	}
	PG_END_TRY();
}

/* Run a statement inside another, whose code may catch the error. */
static void
run_nested(CalExecution *ex, UTILITY_PARAMS)
{
	int			depth = cal_nesting;

	cal_execution_descend();
	PG_TRY();
	{
		pass_on(UTILITY_ARGS);
	}
	PG_CATCH();
	{
		cal_nesting = depth;
		if (ex)
			cal_execution_fail(ex, geterrcode());
		PG_RE_THROW();
	}
	PG_END_TRY();
	cal_nesting = depth;
}

/* Rows that a statement names in its completion tag. */
static uint64
completed_rows(const QueryCompletion *qc)
{
	if (qc == NULL)
		return 0;
	switch (qc->commandTag)
	{
		case CMDTAG_COPY:
		case CMDTAG_SELECT:
		case CMDTAG_REFRESH_MATERIALIZED_VIEW:
			return qc->nprocessed;
		default:
			return 0;
	}
}

/* Begin to measure; NULL if this statement is not measured. */
static CalExecution *
prepare(CalExecution *nested, bool top, const PlannedStmt *pstmt,
		const char *source, ParamListInfo params)
{
	uint64		queryid = CAL_QUERY_ID(pstmt);
	CalExecution *ex;

	if (queryid == 0 || !cal_execution_wanted(top))
		return NULL;
	ex = cal_execution_utility(queryid, top, nested);
	ex->text = source;
	ex->text_location = pstmt->stmt_location;
	ex->text_length = pstmt->stmt_len;
	ex->params = params;
	cal_execution_resume(ex);
	return ex;
}

/*
 * BEGIN, COMMIT and the like at top level: they run nothing, touch no block,
 * and if they fail, the log hook counts it; so there is little to do.
 */
static void
run_control(CalSlabEntry *entry, UTILITY_PARAMS)
{
	TimestampTz began = cal_clock_began();

	pass_on(UTILITY_ARGS);
	cal_plain_count(entry, cal_clock_read() - began, 0, NULL);
	cal_transaction_last = entry->key.queryid;
}

/* Whether a statement can be counted by run_control, and where. */
static inline CalSlabEntry *
find_control(const PlannedStmt *pstmt, bool top)
{
	CalSlabEntry *entry;

	if (!IsA(pstmt->utilityStmt, TransactionStmt) || !top ||
		!cal_execution_wanted(true) || cal_threshold_floor == 0)
		return NULL;
	entry = cal_shortcut(CAL_QUERY_ID(pstmt));
	return entry && entry->epoch == cal_statements_epoch() ? entry : NULL;
}

/* The hook. */
static CAL_OFTEN void
process_utility(UTILITY_PARAMS)
{
	bool		top = cal_execution_at_top();
	CalStatementClass class = classify(pstmt->utilityStmt);
	CalExecution nested;
	CalExecution *ex;
	CalSlabEntry *entry;
	uint32		watch;

	cal_hooks_enter(class);
	entry = find_control(pstmt, top);
	if (entry)
	{
		if (class == CAL_CLASS_WORK)
			cal_transaction_open(entry);
		run_control(entry, UTILITY_ARGS);
		cal_transaction_follow(class);
		return;
	}
	if (is_transparent(pstmt->utilityStmt))
	{
		run_transparent(UTILITY_ARGS);
		return;
	}
	watch = cal_index_watch(pstmt->utilityStmt, context);
	ex = prepare(&nested, top, pstmt, source, params);
	if (ex && top && class == CAL_CLASS_WORK)
		cal_transaction_open(ex->entry);
	if (ex && top && cal_errors_reported)
	{
		cal_execution_descend();
		pass_on(UTILITY_ARGS);
		cal_nesting = 0;
	}
	else
		run_nested(ex, UTILITY_ARGS);
	if (class >= CAL_CLASS_OPEN)
		cal_transaction_follow(class);
	if (ex)
		cal_execution_complete(ex, completed_rows(qc));
	if (unlikely(watch != 0))
		cal_index_watch_end(watch);
}

/* Install the hook. */
void
cal_utility_init(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}
