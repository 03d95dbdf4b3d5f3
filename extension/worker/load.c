/*
 * load.c
 *		Takes over what was saved, at server start.
 *
 * Owns: the choice between the file of the latest shutdown and that of the
 * latest periodic save: both are complete, and the newer valid one wins.
 * Called by the postmaster when shared memory is new, with nobody else there.
 * A file that raises any doubt is renamed to *.bad and the server starts
 * without it.  Never raises, whatever the files hold; takes the stores' locks
 * only through the stores.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/fd.h"

#include "store/heartbeat.h"
#include "worker/load.h"
#include "worker/save.h"
#include "worker/saved_kinds.h"

/* A file in memory. */
typedef struct Candidate
{
	const char *path;
	void	   *data;			/* NULL: not to be used */
	CalRecordReader reader;
} Candidate;

/* Move a file out of the way. */
static void
set_aside(const char *path, const char *why, CalLoaded *loaded)
{
	char		bad[MAXPGPATH];

	loaded->set_aside++;
	snprintf(bad, sizeof(bad), "%s.bad", path);
	ereport(LOG,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("pg_caliper sets file \"%s\" aside as \"%s\"", path, bad),
			 errdetail("It cannot be used: %s.", why)));
	if (rename(path, bad) != 0)
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not rename file \"%s\" to \"%s\": %m",
						path, bad)));
}

/* Read so many bytes; NULL, and why in errno, if that fails. */
static void *
read_bytes(const char *path, size_t size)
{
	char	   *data;
	size_t		done = 0;
	int			fd = OpenTransientFile(path, O_RDONLY | PG_BINARY | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	data = palloc_extended(Max(size, 1), MCXT_ALLOC_NO_OOM);
	if (data == NULL)
		errno = ENOMEM;
	while (data != NULL && done < size)
	{
		ssize_t		n = read(fd, data + done, size - done);

		if (n <= 0)
		{
			if (n < 0 && errno == EINTR)
				continue;
			pfree(data);
			data = NULL;
			errno = n == 0 ? EIO : errno;
			break;
		}
		done += n;
	}
	CloseTransientFile(fd);
	return data;
}

/* Read a file and see whether it is whole and of our kind. */
static void
examine(Candidate *c, const char *path, CalLoaded *loaded)
{
	CalRecordStatus status;
	struct stat st;

	c->path = path;
	c->data = NULL;
	if (stat(path, &st) != 0)
	{
		if (errno != ENOENT)
			ereport(LOG,
					(errcode_for_file_access(),
					 errmsg("could not stat file \"%s\": %m", path)));
		return;
	}
	if (!S_ISREG(st.st_mode) || (uint64) st.st_size > CAL_SAVE_MAX)
	{
		set_aside(path, S_ISREG(st.st_mode) ? "it is too large" :
				  "it is not a regular file", loaded);
		return;
	}
	c->data = read_bytes(path, st.st_size);
	if (c->data == NULL)
	{
		ereport(LOG,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
		return;
	}
	status = cal_record_open(&c->reader, c->data, st.st_size);
	if (status == CAL_RECORD_OK)
		status = cal_record_check(&c->reader, CAL_SAVED_FORMAT,
								  PG_MAJORVERSION_NUM);
	if (status == CAL_RECORD_OK)
		return;
	set_aside(path, cal_record_status_text(status), loaded);
	pfree(c->data);
	c->data = NULL;
}

/* Hand a record to the store that knows its kind. */
static bool
load_record(const CalRecord *record)
{
	CalTaker	taker = {record->data, record->data + record->len};

	for (int i = 0; i < lengthof(cal_saved_kinds); i++)
		if (cal_saved_kinds[i]->type == record->type &&
			cal_saved_kinds[i]->version == record->version)
			return cal_saved_kinds[i]->load(&taker);
	return false;
}

/* Take a file over. */
static void
load_candidate(Candidate *c, CalLoaded *loaded)
{
	CalRecord	record;

	loaded->file = c->path;
	loaded->saved_at = c->reader.saved_at;
	while (cal_record_next(&c->reader, &record))
	{
		if (load_record(&record))
			loaded->records++;
		else
			loaded->left_out++;
	}
	if (loaded->left_out > 0)
		ereport(LOG,
				(errmsg("pg_caliper left out " UINT64_FORMAT " of " UINT64_FORMAT
						" records of file \"%s\"",
						loaded->left_out, c->reader.count, c->path),
				 errdetail("Their kind is unknown, or their values are impossible.")));
}

/* Take over the newer of the two files, if there is any. */
void
cal_load_at_start(void)
{
	CalLoaded	loaded = {0};
	Candidate	shutdown;
	Candidate	periodic;
	Candidate  *best;

	examine(&shutdown, CAL_SAVE_SHUTDOWN, &loaded);
	examine(&periodic, CAL_SAVE_PERIODIC, &loaded);
	best = shutdown.data ? &shutdown : &periodic;
	if (shutdown.data && periodic.data &&
		periodic.reader.saved_at > shutdown.reader.saved_at)
		best = &periodic;
	if (best->data)
		load_candidate(best, &loaded);
	if (shutdown.data)
		pfree(shutdown.data);
	if (periodic.data)
		pfree(periodic.data);
	cal_heartbeat_loaded(&loaded);
}
