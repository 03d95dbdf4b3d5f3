/*
 * read_server.c
 *		The numbers behind caliper.server.
 *
 * Owns nothing beyond a call.  Called by SQL, which adds the limits.  Takes no
 * lock of ours; what runs is core's own account, so that the number of
 * connections is the one that pg_stat_activity has.  Nothing here belongs to a
 * user, so everybody may read it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/backend_status.h"
#include "utils/timestamp.h"

#include "read/result.h"
#include "store/pools_server.h"
#include "store/refusals.h"
#include "version_compat.h"

#define COLUMNS		10
#define SAMPLE_MAX	50			/* processes whose memory is looked at */
#define STATUS_MAX	4096		/* bytes of /proc/PID/status */

CAL_FUNCTION(caliper_server_0_1);

/* A line "NAME: NUMBER kB" of /proc/PID/status, in bytes; 0 if there is none. */
static double
status_line(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? strtod(line + strlen(name), NULL) * 1024 : 0;
}

/*
 * Memory that a process has for itself: what it wrote or inherited, and its
 * page tables, as Linux says; NAN if it does not.
 */
static double
memory_of(int pid)
{
	char		path[64];
	char		status[STATUS_MAX + 1];
	ssize_t		len;
	int			fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = OpenTransientFile(path, O_RDONLY);
	if (fd < 0)
		return NAN;
	len = read(fd, status, STATUS_MAX);
	CloseTransientFile(fd);
	if (len <= 0)
		return NAN;
	status[len] = '\0';
	if (strstr(status, "\nRssAnon:") == NULL)
		return NAN;
	return status_line(status, "\nRssAnon:") + status_line(status, "\nVmPTE:");
}

/* Count the clients' connections, and what memory some of them have. */
static int
count_clients(double *memory)
{
	int			clients = 0;
	int			looked = 0;
	double		sum = 0;

	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
	{
		LocalPgBackendStatus *local = CAL_LOCAL_BEENTRY(i);
		double		bytes;

		if (local == NULL || local->backendStatus.st_backendType != B_BACKEND)
			continue;
		if (clients++ >= SAMPLE_MAX)
			continue;
		bytes = memory_of(local->backendStatus.st_procpid);
		if (isnan(bytes))
			continue;
		sum += bytes;
		looked++;
	}
	*memory = looked > 0 ? sum / looked : NAN;
	return clients;
}

/* caliper.server_raw(): one row. */
Datum
caliper_server_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalServerState server;
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz refused_at;
	uint64		refused;
	double		memory;
	int			clients;

	cal_result_begin(fcinfo, &row, COLUMNS);
	clients = count_clients(&memory);
	cal_server_look(now);
	cal_server_read(&server);
	if (clients > server.connections_peak)
	{
		server.connections_peak = clients;
		server.connections_peak_at = now;
	}
	refused = cal_refusals_total(&refused_at);

	cal_row_int(&row, clients);
	cal_row_int(&row, server.connections_peak);
	cal_row_time(&row, server.connections_peak_at);
	cal_row_int(&row, server.busy);
	cal_row_int(&row, server.busy_peak);
	cal_row_time(&row, server.busy_peak_at);
	cal_row_int(&row, refused);
	cal_row_time(&row, refused_at);
	if (isnan(memory))
		cal_row_null(&row);
	else
		cal_row_int(&row, (int64) memory);
	cal_row_time(&row, PgStartTime);
	cal_row_end(&row);
	return (Datum) 0;
}
