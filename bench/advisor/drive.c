/*
 * drive.c
 *		Sends a workload as its services would, and measures how long they wait.
 *
 * usage: drive DIRECTORY DATABASE reads|all < RECORDS
 *
 * DIRECTORY is the server's socket directory.  A record is a line of fields
 * separated by tabs: name, service, protocol (prepared, simple), calls, kind
 * (read, write), the statement, and the parameters of one set (\N is null).
 * Each service has one connection, under its own application_name.  The records
 * take turns, as often as the one with most calls wants; what writes is rolled
 * back, and its constraints that are deferred are looked at before.  With
 * "reads", records that write are left out.
 *
 * Prints for each record: name, kind, calls, milliseconds in all, separated by
 * tabs.  A statement that fails ends everything.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_RECORDS 1000
#define MAX_FIELDS 40
#define MAX_SERVICES 16
#define MAX_LINE 65536

typedef struct Record
{
	char	   *field[MAX_FIELDS];
	int			nparams;
	int			calls;
	int			writes;
	int			simple;
	PGconn	   *connection;
	char	   *name;			/* of the prepared statement */
	double		ms;
} Record;

enum
{
	NAME, SERVICE, PROTOCOL, CALLS, KIND, STATEMENT, PARAMETERS
};

static struct
{
	char	   *name;
	PGconn	   *connection;
}			services[MAX_SERVICES];

static Record records[MAX_RECORDS];
static int	nrecords;

/* Give up, for this is a measurement and not a service. */
static void
die(const char *what, const char *why)
{
	fprintf(stderr, "drive: %s: %s\n", what, why);
	exit(1);
}

/* Run something that returns nothing of interest. */
static void
run(PGconn *connection, const char *statement)
{
	PGresult   *result = PQexec(connection, statement);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(statement, PQerrorMessage(connection));
	PQclear(result);
}

/* The connection of a service, which is opened when it is first needed. */
static PGconn *
connection_of(char *service, const char *directory, const char *database)
{
	int			i;

	for (i = 0; services[i].name != NULL; i++)
	{
		if (strcmp(services[i].name, service) == 0)
			return services[i].connection;
	}
	if (i == MAX_SERVICES - 1)
		die(service, "too many services");
	services[i].name = service;
	services[i].connection = PQsetdbLogin(directory, NULL, NULL, NULL, database, NULL, NULL);
	if (PQstatus(services[i].connection) != CONNECTION_OK)
		die(service, PQerrorMessage(services[i].connection));
	{
		char	   *literal = PQescapeLiteral(services[i].connection, service, strlen(service));
		char		set[200];

		snprintf(set, sizeof(set), "SET application_name = %s", literal);
		run(services[i].connection, set);
		PQfreemem(literal);
	}
	return services[i].connection;
}

/* The text of a simple statement: numbers bare, all else quoted. */
static char *
with_values(Record *record)
{
	char	   *text = malloc(4 * MAX_LINE);
	char	   *to = text;
	const char *from = record->field[STATEMENT];

	while (*from)
	{
		char	   *end;
		const char *value;

		if (*from != '$' || from[1] < '1' || from[1] > '9')
		{
			*to++ = *from++;
			continue;
		}
		value = record->field[PARAMETERS + strtol(from + 1, &end, 10) - 1];
		from = end;
		if (value == NULL)
			to += sprintf(to, "NULL");
		else if (value[0] && strspn(value, "0123456789.-") == strlen(value) &&
				 strchr(value + 1, '-') == NULL)
			to += sprintf(to, "%s", value);
		else
		{
			char	   *literal = PQescapeLiteral(record->connection, value, strlen(value));

			to += sprintf(to, "%s", literal);
			PQfreemem(literal);
		}
	}
	*to = 0;
	return text;
}

/* Make a statement ready: fill in its values, or prepare it once a connection. */
static void
get_ready(Record *record)
{
	PGresult   *result;
	int			i;

	if (record->simple)
	{
		record->field[STATEMENT] = with_values(record);
		return;
	}
	record->name = record->field[NAME];
	for (i = 0; &records[i] != record; i++)
	{
		if (!records[i].simple && strcmp(records[i].name, record->name) == 0)
			return;
	}
	result = PQprepare(record->connection, record->name, record->field[STATEMENT], 0, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(record->name, PQerrorMessage(record->connection));
	PQclear(result);
}

/* One line of the input as a record. */
static void
parse(char *line, const char *directory, const char *database)
{
	Record	   *record = &records[nrecords];
	int			n = 0;
	char	   *field;

	if (nrecords == MAX_RECORDS)
		die("input", "too many records");
	line = strdup(line);
	line[strcspn(line, "\n")] = 0;
	while ((field = strsep(&line, "\t")) != NULL && n < MAX_FIELDS)
		record->field[n++] = strcmp(field, "\\N") == 0 ? NULL : field;
	if (n < PARAMETERS)
		die("not a record", record->field[NAME]);
	record->nparams = n - PARAMETERS;
	record->calls = atoi(record->field[CALLS]);
	record->writes = strcmp(record->field[KIND], "write") == 0;
	record->simple = strcmp(record->field[PROTOCOL], "simple") == 0;
	record->connection = connection_of(record->field[SERVICE], directory, database);
	get_ready(record);
	nrecords++;
}

/* Send a statement once and wait for all rows. */
static void
send_once(Record *record)
{
	struct timespec before,
				after;
	PGresult   *result;
	ExecStatusType status;

	if (record->writes)
		run(record->connection, "BEGIN");
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (record->simple)
		result = PQexec(record->connection, record->field[STATEMENT]);
	else
		result = PQexecPrepared(record->connection, record->name, record->nparams,
								(const char *const *) &record->field[PARAMETERS], NULL, NULL, 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		die(record->field[NAME], PQerrorMessage(record->connection));
	PQclear(result);
	record->ms += (after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) / 1e6;
	if (record->writes)
	{
		run(record->connection, "SET CONSTRAINTS ALL IMMEDIATE");
		run(record->connection, "ROLLBACK");
	}
}

int
main(int argc, char **argv)
{
	static char line[MAX_LINE];
	int			most = 0;
	int			turn,
				i;

	if (argc != 4)
		die("usage", "drive DIRECTORY DATABASE reads|all < RECORDS");
	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		parse(line, argv[1], argv[2]);
		if (records[nrecords - 1].writes && strcmp(argv[3], "reads") == 0)
			records[nrecords - 1].calls = 0;
		if (records[nrecords - 1].calls > most)
			most = records[nrecords - 1].calls;
	}
	for (turn = 0; turn < most; turn++)
	{
		for (i = 0; i < nrecords; i++)
		{
			if (turn < records[i].calls)
				send_once(&records[i]);
		}
	}
	for (i = 0; i < nrecords; i++)
		printf("%s\t%s\t%d\t%.3f\n", records[i].field[NAME], records[i].field[KIND],
			   records[i].calls, records[i].ms);
	for (i = 0; services[i].name != NULL; i++)
		PQfinish(services[i].connection);
	return 0;
}
