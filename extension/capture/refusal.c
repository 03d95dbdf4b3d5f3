/*
 * refusal.c
 *		A client that is refused a connection.
 *
 * Owns: nothing; turns the report that ends a connection not yet admitted into
 * an entry of store/refusals.c.  Called in the log hook, perhaps before there
 * is a process slot, a memory context to allocate from, or a setting of the
 * client's; and a signal may end the process at any point.  So it takes no
 * lock, allocates nothing, reports nothing, and who the client is stands in
 * MyProcPort, as far as the client has said it.
 *
 * What comes by: every FATAL report before the server has admitted the
 * connection, unless log_min_messages hides even those.  What does not:
 * connections that never reach this server, clients that give up when they are
 * asked for a password, and failures of TLS, which the server merely logs.
 */
#include "postgres.h"

#include "libpq/libpq-be.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "base/text_clean.h"
#include "capture/address.h"
#include "capture/refusal.h"
#include "platform/memory.h"
#include "store/pools_server.h"
#include "store/refusals.h"

/* What a report means: its SQLSTATE, and how its English message begins. */
typedef struct Rule
{
	int			sqlstate;
	const char *begins;
	CalRefusalReason reason;
} Rule;

static const Rule rules[] = {
	{ERRCODE_TOO_MANY_CONNECTIONS, "sorry, too many clients",
	CAL_REFUSED_CLIENTS},
	{ERRCODE_TOO_MANY_CONNECTIONS, "remaining connection slots are reserved",
	CAL_REFUSED_RESERVED},
	{ERRCODE_TOO_MANY_CONNECTIONS, "too many connections for role",
	CAL_REFUSED_ROLE},
	{ERRCODE_TOO_MANY_CONNECTIONS, "too many connections for database",
	CAL_REFUSED_DATABASE},
	{ERRCODE_CANNOT_CONNECT_NOW, "the database system is starting up",
	CAL_REFUSED_STARTING},
	{ERRCODE_CANNOT_CONNECT_NOW, "the database system is shutting down",
	CAL_REFUSED_STOPPING},
	{ERRCODE_CANNOT_CONNECT_NOW, "the database system is",
	CAL_REFUSED_RECOVERY},
	{ERRCODE_ADMIN_SHUTDOWN, "", CAL_REFUSED_STOPPING},
	{ERRCODE_UNDEFINED_DATABASE, "", CAL_REFUSED_AUTHENTICATION},
	{ERRCODE_INSUFFICIENT_PRIVILEGE, "", CAL_REFUSED_AUTHENTICATION},
	{ERRCODE_QUERY_CANCELED, "canceling authentication",
	CAL_REFUSED_AUTHENTICATION},
};

/* Why the client is refused. */
static CalRefusalReason
reason_of(const ErrorData *edata)
{
	const char *message = edata->message_id ? edata->message_id : "";

	for (int i = 0; i < lengthof(rules); i++)
		if (edata->sqlerrcode == rules[i].sqlstate &&
			strncmp(message, rules[i].begins, strlen(rules[i].begins)) == 0)
			return rules[i].reason;
	if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) ==
		ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
		return CAL_REFUSED_AUTHENTICATION;
	return CAL_REFUSED_OTHER;
}

/*
 * Take over a name from the startup packet.  It is in no known encoding; what
 * is not UTF-8 becomes question marks.  It may be longer than a name can be.
 */
static void
take_name(char *to, const char *name)
{
	size_t		len;

	if (name == NULL)
		return;
	len = cal_text_clip(name, strnlen(name, 4 * NAMEDATALEN), NAMEDATALEN - 1,
						PG_UTF8);
	cal_text_clean(to, NAMEDATALEN, name, len, PG_UTF8, true);
}

/* A connection ends that has not been admitted: if it is a client's, count. */
void
cal_refusal_count(const ErrorData *edata)
{
	CalRefusalKey key;
	CalHolders	holders;
	TimestampTz now;

	if (MyProcPort == NULL || !cal_memory_ready())
		return;
	memset(&key, 0, sizeof(key));
	take_name(key.application, MyProcPort->application_name);
	take_name(key.usename, MyProcPort->user_name);
	take_name(key.datname, MyProcPort->database_name);
	key.family = cal_address_take(&MyProcPort->raddr, key.address);
	key.reason = reason_of(edata);
	key.sqlstate = edata->sqlerrcode;
	now = GetCurrentTimestamp();
	cal_server_look(now);
	cal_server_holders(&holders);
	cal_refusals_note(&key, &holders, now);
}
