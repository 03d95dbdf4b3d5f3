/*
 * save.c
 *		Writes a snapshot of the stores into a file.
 *
 * Owns: the files' names and the order of their records.  Called by the
 * background worker now and then, and once by the postmaster when all its
 * children are gone.  A file is written under another name, brought to disk,
 * and only then renamed, so there is a whole one at any time.  No lock is held
 * while anything is written.  Never raises: a save that fails is logged and
 * counted, and the previous file stays.
 */
#include "postgres.h"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "platform/settings.h"
#include "store/heartbeat.h"
#include "worker/load.h"
#include "worker/recorder.h"
#include "worker/save.h"
#include "worker/saved_kinds.h"

#define HEADROOM	4096		/* for the head and the tail of the file */

/* Give bytes to the file; false if it does not take them. */
static bool
file_sink(void *arg, const void *data, size_t len)
{
	return fwrite(data, 1, len, (FILE *) arg) == len;
}

/* Write everything into an open file. */
static bool
write_records(CalSaver *saver, FILE *file)
{
	saver->limit = CAL_SAVE_MAX - HEADROOM;
	cal_record_write_start(&saver->writer, file_sink, file, CAL_SAVED_FORMAT,
						   PG_MAJORVERSION_NUM, GetCurrentTimestamp());
	for (int i = 0; i < lengthof(cal_saved_kinds); i++)
		cal_saved_kinds[i]->save(saver);
	return cal_record_write_end(&saver->writer) && !saver->failed;
}

/* Write the file under another name, then rename it. */
static bool
write_file(CalSaver *saver, const char *path)
{
	char		temporary[MAXPGPATH];
	FILE	   *file;
	bool		written;

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	file = AllocateFile(temporary, PG_BINARY_W);
	if (file == NULL)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", temporary)));
		return false;
	}
	errno = 0;
	written = write_records(saver, file);
	if (FreeFile(file) != 0)
		written = false;
	if (written)
		return durable_rename(temporary, path, LOG) == 0;
	if (saver->failed)
		errno = ENOMEM;
	ereport(LOG,
			(errcode_for_file_access(),
			 errmsg("could not write file \"%s\": %m", temporary)));
	(void) unlink(temporary);
	return false;
}

/* Write a snapshot; true if the file is there and whole. */
bool
cal_save_write(const char *path)
{
	CalSaver   *saver = palloc_extended(sizeof(CalSaver),
										MCXT_ALLOC_ZERO | MCXT_ALLOC_NO_OOM);
	bool		ok;

	if (saver == NULL)
	{
		ereport(LOG,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory"),
				 errdetail("pg_caliper could not save its statistics.")));
		cal_heartbeat_saved(false, 0, 0);
		return false;
	}
	ok = write_file(saver, path);
	cal_heartbeat_saved(ok, saver->writer.bytes, saver->left_out);
	pfree(saver);
	return ok;
}

/*
 * Whether all children ended in an orderly way.  An immediate shutdown kills
 * them, and what they were writing, or a lock they held, is left as it was;
 * the auxiliary processes, of which some always run, then leave their process
 * ids behind as well.
 */
static bool
children_ended_well(void)
{
	for (int i = 0; i < NUM_AUXILIARY_PROCS; i++)
		if (ProcGlobal->allProcs[MaxBackends + i].pid != 0)
			return false;
	return true;
}

/*
 * Callback on the postmaster's exit.  After anything but an orderly shutdown
 * the worker's latest file is what there is.
 */
static void
save_at_shutdown(int code, Datum arg)
{
	if (code == 0 && cal_save && !IsUnderPostmaster && children_ended_well())
		(void) cal_save_write(CAL_SAVE_SHUTDOWN);
}

/*
 * Fill new shared memory with what was saved.  The memory that it takes goes
 * back at once: the process of every connection begins as a copy of this one,
 * and each page of freed memory that it comes to use would be copied for it.
 */
static void
fill_memory(void)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "pg_caliper start",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(scratch);

	if (cal_save)
		cal_load_at_start();
	cal_recorder_startup();
	MemoryContextSwitchTo(before);
	MemoryContextDelete(scratch);
#ifdef __GLIBC__
	(void) malloc_trim(0);
#endif
}

/*
 * The postmaster has new shared memory, at start or after a crash: fill it,
 * and have it saved at the end.  Single-user mode is for repairs and does
 * neither.
 */
void
cal_save_startup(void)
{
	if (IsUnderPostmaster || !IsPostmasterEnvironment)
		return;
	fill_memory();
	on_shmem_exit(save_at_shutdown, (Datum) 0);
}
