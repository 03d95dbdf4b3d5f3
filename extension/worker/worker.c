/*
 * worker.c
 *		The background worker.
 *
 * Owns: the process "pg_caliper", which samples what running statements wait
 * for and who keeps others waiting, reports alerts, writes the history of pools
 * and saves a snapshot now and then.  It connects to no database, so it never
 * stands in the way of DROP DATABASE, and runs on standbys as well.
 * Registered by _PG_init; loading, and saving at shutdown, are the
 * postmaster's (see save.c).  Takes locks only through the stores.  Nothing
 * that users read needs it: without it, waits are not sampled, and a crash
 * loses what was collected since the server started.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "platform/settings.h"
#include "store/heartbeat.h"
#include "store/pools_server.h"
#include "worker/alerts.h"
#include "worker/blocking.h"
#include "worker/recorder.h"
#include "worker/save.h"
#include "worker/worker.h"

#define RESTART_SECONDS	10
#define LONGEST_NAP		60000	/* ms between two beats, at most */

/* What the worker has to remember from turn to turn. */
typedef struct Turns
{
	TimestampTz next_sample;
	TimestampTz next_look;		/* at who blocks whom */
	TimestampTz next_alerts;
	TimestampTz next_tick;
	TimestampTz next_save;
	uint64		requests;		/* of a save, as far as they are met */
} Turns;

/* Ask the postmaster to run the worker as soon as reading is possible. */
void
cal_worker_register(void)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS;
	worker.bgw_start_time = BgWorkerStart_ConsistentState;
	worker.bgw_restart_time = RESTART_SECONDS;
	strlcpy(worker.bgw_name, "pg_caliper", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "pg_caliper", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "pg_caliper",
			sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "cal_worker_main", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* The worker's last act, however it ends. */
static void
say_goodbye(int code, Datum arg)
{
	cal_heartbeat_end();
}

/*
 * Whether it is time, and if so, when the next time is.  A time farther off
 * than the interval means that the clock or the configuration has changed.
 */
static bool
due(TimestampTz *next, TimestampTz now, int interval_ms)
{
	TimestampTz latest = TimestampTzPlusMilliseconds(now, interval_ms);

	if (interval_ms == 0 || (now < *next && *next <= latest))
		return false;
	*next = latest;
	return true;
}

/*
 * Save, if it is time or somebody asks for it.  Who asks has changed the
 * stores before, so the number of requests is read before they are.
 */
static void
maybe_save(Turns *turns, TimestampTz now)
{
	uint64		requests = cal_heartbeat_requests();
	bool		time = due(&turns->next_save, now, cal_save_interval * 1000);

	if (cal_save && (time || requests != turns->requests))
		(void) cal_save_write(CAL_SAVE_PERIODIC);
	turns->requests = requests;
}

/* How long there is nothing to do, in milliseconds. */
static long
nap(const Turns *turns)
{
	TimestampTz now = GetCurrentTimestamp();
	long		ms = LONGEST_NAP;

	ms = Min(ms, TimestampDifferenceMilliseconds(now, turns->next_alerts));
	if (cal_wait_sample_interval > 0)
		ms = Min(ms, TimestampDifferenceMilliseconds(now, turns->next_sample));
	if (cal_history_interval > 0)
		ms = Min(ms, TimestampDifferenceMilliseconds(now, turns->next_tick));
	if (cal_save_interval > 0)
		ms = Min(ms, TimestampDifferenceMilliseconds(now, turns->next_save));
	return ms;
}

/* One turn: everything that is due. */
static void
turn(Turns *turns)
{
	TimestampTz now = GetCurrentTimestamp();

	cal_heartbeat_beat(now);
	if (due(&turns->next_sample, now, cal_wait_sample_interval))
	{
		cal_recorder_sample();
		cal_server_look(now);
	}
	if (due(&turns->next_look, now, cal_blocking_interval()))
		cal_blocking_sample();
	if (due(&turns->next_alerts, now, CAL_ALERTS_INTERVAL))
		cal_alerts_look(now);
	if (due(&turns->next_tick, now, cal_history_interval))
	{
		cal_recorder_tick();
		turns->next_tick = cal_recorder_next(now);
	}
	maybe_save(turns, now);
}

/* The life of the worker. */
void
cal_worker_main(Datum arg)
{
	Turns		turns = {0};
	MemoryContext context;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();

	before_shmem_exit(say_goodbye, (Datum) 0);
	cal_heartbeat_begin();
	context = AllocSetContextCreate(TopMemoryContext, "pg_caliper worker",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	(void) due(&turns.next_save, GetCurrentTimestamp(),
			   cal_save_interval * 1000);

	while (!ShutdownRequestPending)
	{
		turn(&turns);
		MemoryContextReset(context);
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 nap(&turns), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
	}

	/* Not 0: then it would not be started again. */
	proc_exit(1);
}
