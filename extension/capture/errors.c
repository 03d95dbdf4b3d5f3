/*
 * errors.c
 *		Errors that no wrapper of ours sees, each counted once.
 *
 * Owns: the log hook.  By here come all errors that a client gets to see, and
 * FATAL, which throws nothing.  The one that ends what runs at top level is
 * counted with that execution; the others (syntax, parse analysis, values at
 * Bind, planning, a missing right, COMMIT) go to the statement whose query id
 * core reports, else to query id 0.  What fails inside another statement is
 * counted in the hooks.  Reports of refused connections, which come by here as
 * well, go to refusal.c; errors also count for the connection's pool.
 *
 * In the hook nothing may allocate, lock or report: it writes to this
 * backend's slab alone.  Errors that PL/pgSQL catches never come by, nor does
 * what log_min_messages hides; of that, what ends a running statement is found
 * out with the client's next message, and counted without its SQLSTATE.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/backend_status.h"
#include "utils/elog.h"

#include "capture/beside.h"
#include "capture/errors.h"
#include "capture/execution.h"
#include "capture/hooks.h"
#include "capture/refusal.h"
#include "capture/text.h"
#include "platform/settings.h"
#include "store/pools_mine.h"

CAL_HOT bool cal_errors_reported = false;

static emit_log_hook_type previous_log = NULL;

/* Whether this report is an error of a statement. */
static bool
is_news(const ErrorData *edata)
{
	if (edata->elevel < ERROR || cal_track == CAL_TRACK_NONE)
		return false;
	if (MyProc == NULL || IsParallelWorker() || !OidIsValid(MyDatabaseId) ||
		proc_exit_inprogress)
		return false;
	return cal_slab_attached() || cal_hooks_attach();
}

/* The hook. */
static CAL_OFTEN void
log_hook(ErrorData *edata)
{
	cal_refusal_notice(edata);
	if (is_news(edata))
	{
		cal_pools_error();
		if (!cal_execution_ended_by(edata->sqlerrcode) &&
			edata->elevel == ERROR && cal_errors_reported)
			cal_beside_error(cal_text_group(pgstat_get_my_query_id()),
							 true, true);
	}
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
