/*
 * connect.c
 *		CPU time of a connection's life, on several servers in turn.
 *
 * usage: connect CONNECTIONS DIRECTORY...
 *
 * Each directory is a server's socket directory, with its data directory below
 * it, in data.  Opens and closes connections to each server in turn, first
 * without a statement, then with one SELECT.  Prints for each the nanoseconds
 * that the new process spent on a CPU from its fork to its end, and the
 * postmaster for it, as the scheduler counts them (/proc/PID/schedstat), and
 * how many pages the kernel had to give the new process:
 *
 *		MODE DIRECTORY NUMBER NANOSECONDS FAULTS
 *
 * A process that has ended is gone when the postmaster has noticed; so that its
 * time can be read before, the postmaster is stopped meanwhile.
 */
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const statements[] = {"", "SELECT 1"};
static const char *const modes[] = {"empty", "select"};

/* Give up, for this is a measurement and not a service. */
static void
die(const char *what, const char *why)
{
	fprintf(stderr, "connect: %s: %s\n", what, why);
	exit(1);
}

/* The postmaster of a server. */
static int
postmaster_of(const char *directory)
{
	char		path[1024];
	int			pid;
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/data/postmaster.pid", directory);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%d", &pid) != 1)
		die(path, "cannot be read");
	fclose(file);
	return pid;
}

/* Nanoseconds that a process has been on a CPU. */
static long long
cpu_time(int pid)
{
	char		path[64];
	long long	ns;
	FILE	   *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%lld", &ns) != 1)
		die(path, "cannot be read");
	fclose(file);
	return ns;
}

/*
 * Wait until a process has ended, and its last turn on the CPU is over; returns
 * its page faults.
 */
static long
wait_for_end(int pid)
{
	char		path[64];
	char		state = '?';
	long		faults = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (state != 'Z')
	{
		FILE	   *file = fopen(path, "r");

		usleep(500);
		if (file == NULL ||
			fscanf(file, "%*d %*[^)]) %c %*d %*d %*d %*d %*d %*u %ld",
				   &state, &faults) != 2)
			die(path, "cannot be read");
		fclose(file);
	}
	usleep(500);
	return faults;
}

/* Open a connection, and use it as the mode says. */
static PGconn *
open_connection(const char *directory, const char *statement)
{
	const char *keys[] = {"host", "dbname", "user", "application_name", NULL};
	const char *values[] = {directory, "postgres", "postgres", "connect", NULL};
	PGconn	   *conn = PQconnectdbParams(keys, values, 0);

	if (PQstatus(conn) != CONNECTION_OK)
		die(directory, PQerrorMessage(conn));
	if (*statement)
	{
		PGresult   *result = PQexec(conn, statement);

		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			die(directory, PQerrorMessage(conn));
		PQclear(result);
	}
	return conn;
}

/* What one connection costs the server. */
static long long
measure(const char *directory, const char *statement, long *faults)
{
	int			postmaster = postmaster_of(directory);
	long long	before = cpu_time(postmaster);
	PGconn	   *conn = open_connection(directory, statement);
	int			backend = PQbackendPID(conn);
	long long	used;

	usleep(500);
	kill(postmaster, SIGSTOP);
	PQfinish(conn);
	*faults = wait_for_end(backend);
	used = cpu_time(postmaster) - before + cpu_time(backend);
	kill(postmaster, SIGCONT);
	usleep(1000);
	return used;
}

int
main(int argc, char **argv)
{
	int			n = argc > 2 ? atoi(argv[1]) : 0;

	if (n <= 0)
	{
		fprintf(stderr, "usage: connect CONNECTIONS DIRECTORY...\n");
		return 1;
	}
	for (int i = 0; i < n; i++)
		for (int mode = 0; mode < 2; mode++)
			for (int s = 2; s < argc; s++)
			{
				long		faults;
				long long	ns = measure(argv[s], statements[mode], &faults);

				printf("%s\t%s\t%d\t%lld\t%ld\n", modes[mode], argv[s], i,
					   ns, faults);
			}
	return 0;
}
