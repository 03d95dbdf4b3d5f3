/*
 * pg_caliper.c
 *		Where the library is loaded.
 *
 * Owns: the order of things: settings, memory, hooks, worker.  No logic.
 *
 * What happens to a statement: capture/hooks.c and capture/utility.c are
 * called by core; capture/execution.c measures and counts it in this
 * backend's slab (store/slab.c), capture/event.c keeps it if it was slow,
 * capture/transaction.c books the time its connection was held.  A full slab
 * hands entries over to store/statements.c.  read/ turns the stores into rows
 * for the views in sql/; advise/ and SQL judge; worker/ samples and saves.
 *
 * Without shared_preload_libraries nothing is hooked, and each SQL function
 * says so.  During pg_upgrade nothing is hooked either.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"

#include "capture/errors.h"
#include "capture/hooks.h"
#include "capture/run.h"
#include "capture/transaction.h"
#include "capture/utility.h"
#include "platform/memory.h"
#include "platform/settings.h"
#include "store/advice.h"
#include "store/alerts.h"
#include "store/blocking.h"
#include "store/events.h"
#include "store/groups.h"
#include "store/heartbeat.h"
#include "store/history.h"
#include "store/history_marks.h"
#include "store/names.h"
#include "store/pools.h"
#include "store/pools_server.h"
#include "store/advisor.h"
#include "store/predicates.h"
#include "store/refusals.h"
#include "store/sightings.h"
#include "store/slab.h"
#include "store/statements.h"
#include "store/texts.h"
#include "store/trials.h"
#include "store/waits.h"
#include "version_compat.h"
#include "worker/save.h"
#include "worker/worker.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

static const CalArea *const areas[] = {
	&cal_server_area,			/* on the page where the pools begin */
	&cal_pools_area,
	&cal_names_area,
	&cal_statements_area,
	&cal_slab_area,
	&cal_groups_area,
	&cal_texts_area,
	&cal_plans_area,
	&cal_events_area,
	&cal_waits_area,
	&cal_refusals_area,
	&cal_history_area,
	&cal_history_marks_area,
	&cal_predicates_area,
	&cal_sightings_area,
	&cal_samples_area,
	&cal_advisor_area,
	&cal_advice_area,
	&cal_trials_area,
	&cal_blocking_area,
	&cal_alerts_area,
	&cal_heartbeat_area,
};

/* The server asks how much shared memory we want. */
static void
request_memory(void)
{
	if (previous_request)
		previous_request();
	cal_memory_request();
}

/* The server has the memory, at start or after a crash. */
static void
start_memory(void)
{
	if (previous_startup)
		previous_startup();
	cal_memory_startup();
	if (!IsUnderPostmaster)
		cal_save_startup();
}

/* Entry point. */
void
_PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;

	cal_settings_define();
	EnableQueryId();

	cal_memory_declare(areas, lengthof(areas));
	previous_request = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = start_memory;

	cal_hooks_init();
	cal_run_init();
	cal_utility_init();
	cal_errors_init();
	cal_transaction_init();

	cal_worker_register();
}
