/*
 * errors.c
 *		Errors that no wrapper of ours sees, each counted once.
 *
 * Owns: the log hook, and the mark that an error on its way out was counted
 * by a wrapper.  Errors while a statement is planned, started, run or
 * finished are caught and counted there; what remains comes by here: syntax,
 * parse analysis, values at Bind, and COMMIT.  Those go to the statement whose
 * query id core reports, else to query id 0.  FATAL throws nothing, so a
 * statement that is running when its session is ended is counted here too.
 *
 * In the hook nothing may allocate, lock or report: it writes to this
 * backend's slab alone.  It is not called for what log_min_messages hides,
 * and errors that PL/pgSQL catches never come by.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/backend_status.h"
#include "utils/elog.h"

#include "capture/errors.h"
#include "capture/execution.h"
#include "capture/text.h"
#include "platform/settings.h"

bool		cal_errors_are_counted = false;

static emit_log_hook_type previous_log = NULL;

/* A wrapper has counted the error; at top level nobody can catch it. */
void
cal_errors_counted(void)
{
	if (cal_nesting == 0)
		cal_errors_are_counted = true;
}

/* Whether this report is an error of a statement that nobody counted. */
static bool
is_news(const ErrorData *edata)
{
	if (edata->elevel < ERROR || cal_track == CAL_TRACK_NONE)
		return false;
	if (MyProc == NULL || !cal_slab_attached() || IsParallelWorker() ||
		!OidIsValid(MyDatabaseId) || proc_exit_inprogress)
		return false;
	if (edata->elevel == ERROR && cal_errors_are_counted)
		return false;
	return true;
}

/* The hook. */
static void
log_hook(ErrorData *edata)
{
	if (is_news(edata))
	{
		if (edata->elevel == ERROR)
			cal_execution_error(cal_text_group(pgstat_get_my_query_id()),
								true);
		else
			cal_execution_killed(edata->sqlerrcode);
	}
	if (edata->elevel >= ERROR)
		cal_errors_fresh();
	if (previous_log)
		previous_log(edata);
}

/* Install the hook. */
void
cal_errors_init(void)
{
	previous_log = emit_log_hook;
	emit_log_hook = log_hook;
}
