/*
 * pipeline.c
 *		Backend CPU time of short prepared SELECTs, on several servers in turn.
 *
 * usage: pipeline ROUNDS HOST...
 *
 * Every round sends, to each server in turn, batches of fifty SELECTs in one
 * pipeline: first with one Sync at the end of fifty, then with one after each.
 * Prints per round, mode and server the nanoseconds that the backend spent on a
 * CPU per SELECT, as its scheduler counts them (/proc/PID/schedstat), so that
 * neither the client nor the waiting in between counts:
 *
 *		MODE HOST ROUND NANOSECONDS
 *
 * Servers take turns within milliseconds, so a busy or throttled machine slows
 * all of them alike, and the differences within a round tell.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATEMENTS	50			/* in a pipeline */
#define BATCH		40			/* pipelines between two readings */
#define ROWS		100			/* so few that the CPU's caches hold them */
#define SERVERS		8

typedef struct Server
{
	const char *host;
	PGconn	   *conn;
	char		schedstat[64];
} Server;

/* Give up, for this is a measurement and not a service. */
static void
die(const char *what, const char *why)
{
	fprintf(stderr, "pipeline: %s: %s\n", what, why);
	exit(1);
}

/* Nanoseconds that the backend has been on a CPU.  Let it go to sleep first. */
static long long
cpu_time(const Server *server)
{
	long long	ns;
	FILE	   *file;

	usleep(500);
	file = fopen(server->schedstat, "r");
	if (file == NULL || fscanf(file, "%lld", &ns) != 1)
		die(server->schedstat, "cannot be read");
	fclose(file);
	return ns;
}

/* Open a connection and prepare the statement. */
static void
open_server(Server *server, const char *host)
{
	const char *keys[] = {"host", "dbname", "user", "application_name", NULL};
	const char *values[] = {host, "postgres", "postgres", "pipeline", NULL};
	PGresult   *result;

	server->host = host;
	server->conn = PQconnectdbParams(keys, values, 0);
	if (PQstatus(server->conn) != CONNECTION_OK)
		die(host, PQerrorMessage(server->conn));
	snprintf(server->schedstat, sizeof(server->schedstat),
			 "/proc/%d/schedstat", PQbackendPID(server->conn));
	result = PQprepare(server->conn, "select",
					   "SELECT abalance FROM pgbench_accounts WHERE aid = $1",
					   0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(host, PQerrorMessage(server->conn));
	PQclear(result);
	if (!PQenterPipelineMode(server->conn))
		die(host, "no pipeline mode");
}

/* Take results until all rows and synchronisation points have come. */
static void
drain(Server *server, int rows, int syncs)
{
	while (rows > 0 || syncs > 0)
	{
		PGresult   *result = PQgetResult(server->conn);

		if (result == NULL)
			continue;
		switch (PQresultStatus(result))
		{
			case PGRES_TUPLES_OK:
				rows--;
				break;
			case PGRES_PIPELINE_SYNC:
				syncs--;
				break;
			default:
				die(server->host, PQerrorMessage(server->conn));
		}
		PQclear(result);
	}
}

/* One pipeline. */
static void
run_pipeline(Server *server, int sync_each)
{
	char		aid[16];
	const char *values[] = {aid};

	for (int i = 0; i < STATEMENTS; i++)
	{
		snprintf(aid, sizeof(aid), "%d", 1 + rand() % ROWS);
		if (!PQsendQueryPrepared(server->conn, "select", 1, values, NULL,
								 NULL, 0))
			die(server->host, PQerrorMessage(server->conn));
		if (sync_each || i == STATEMENTS - 1)
			PQpipelineSync(server->conn);
	}
	drain(server, STATEMENTS, sync_each ? STATEMENTS : 1);
}

/* CPU time per SELECT over a batch of pipelines. */
static double
measure(Server *server, int sync_each)
{
	long long	before = cpu_time(server);

	for (int i = 0; i < BATCH; i++)
		run_pipeline(server, sync_each);
	return (cpu_time(server) - before) / (double) (BATCH * STATEMENTS);
}

int
main(int argc, char **argv)
{
	Server		servers[SERVERS];
	int			count = argc - 2;
	int			rounds = argc > 2 ? atoi(argv[1]) : 0;

	if (rounds <= 0 || count > SERVERS)
		die("usage", "pipeline ROUNDS HOST...");
	for (int i = 0; i < count; i++)
		open_server(&servers[i], argv[i + 2]);

	/* The first rounds fill the caches of the backends. */
	for (int round = -3; round < rounds; round++)
		for (int sync_each = 0; sync_each < 2; sync_each++)
			for (int i = 0; i < count; i++)
			{
				/* Nobody always comes after the same neighbour. */
				Server	   *s = &servers[round % 2 ? count - 1 - i : i];
				double		ns = measure(s, sync_each);

				if (round >= 0)
					printf("%s\t%s\t%d\t%.1f\n", sync_each ? "sync" : "pipeline",
						   s->host, round, ns);
			}
	return 0;
}
