/*
 * alert_log.c
 *		The line in the server log about an alert.
 *
 * Owns: the words.  Called by the worker's look at alerts, without a lock.
 * The message is what caliper.alerts shows, too; the facts stand in DETAIL as
 * key=value.  Statements are named by their query ids: nobody's text gets into
 * the log by this way.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib/stringinfo.h"
#include "utils/elog.h"

#include "platform/facts.h"
#include "worker/alert_log.h"

#define ADDRESS_ROOM	(NAMEDATALEN + INET6_ADDRSTRLEN + 2)

/* What one is to look at, by kind. */
static const char *const hints[CAL_ALERT_USAGE + 1] = {
	[CAL_ALERT_IDLE] = "Look at what the application does after the statement with this query id; caliper.statements has its text.",
	[CAL_ALERT_HELD] = "caliper.active shows what the session does, and caliper.holders which transactions hold connections for long.",
	[CAL_ALERT_LOCK] = "caliper.blocking shows the chain; it goes on when the session at the root ends its transaction.",
	[CAL_ALERT_USAGE] = "caliper.pools shows who has the connections, and how many of them are ever busy.",
};

/* Say what has happened. */
void
cal_alert_describe(CalAlert *alert, const CalAlertFacts *facts)
{
	char	   *to = alert->message;

	switch (alert->kind)
	{
		case CAL_ALERT_IDLE:
			snprintf(to, CAL_ALERT_MESSAGE,
					 "session has been idle in transaction for %.3f ms",
					 alert->value);
			break;
		case CAL_ALERT_HELD:
			snprintf(to, CAL_ALERT_MESSAGE,
					 "transaction has held its connection for %.3f ms",
					 alert->value);
			break;
		case CAL_ALERT_LOCK:
			snprintf(to, CAL_ALERT_MESSAGE,
					 "session has waited for %s for %.3f ms",
					 facts->lock ? facts->lock : "a lock", alert->value);
			break;
		default:
			snprintf(to, CAL_ALERT_MESSAGE,
					 "%d of %d connections are in use (%.1f percent)",
					 facts->used, facts->limit, alert->value);
	}
}

/* The application's name; without one, user@address as the views have it. */
static const char *
application_of(const CalParty *party, const char *usename, char *room)
{
	char		address[INET6_ADDRSTRLEN] = "[local]";

	if (party->application[0] != '\0')
		return party->application;
	if (usename[0] == '\0')
		return "";
	if (party->family != 0)
		(void) inet_ntop(party->family == 4 ? AF_INET : AF_INET6,
						 party->address, address, sizeof(address));
	snprintf(room, ADDRESS_ROOM, "%s@%s", usename, address);
	return room;
}

/* Add whose a session is. */
static void
add_party(StringInfo out, const char *const *keys, const CalParty *party,
		  const CalPoolSession *session)
{
	static const CalPoolSession nobody;
	char		room[ADDRESS_ROOM];

	if (session == NULL)
		session = &nobody;
	cal_facts_text(out, keys[0], application_of(party, session->usename, room),
				   party->encoding);
	cal_facts_text(out, keys[1], session->usename, party->encoding);
	cal_facts_text(out, keys[2], session->datname, party->encoding);
}

/* Add who is at the root of the chain. */
static void
add_root(StringInfo out, const CalAlert *alert, const CalAlertFacts *facts)
{
	static const char *const keys[] = {"root_application", "root_user",
	"root_database"};

	if (facts->root == NULL)
		return;
	cal_facts_number(out, "root_pid", alert->root_pid);
	add_party(out, keys, facts->root, facts->root_session);
	cal_facts_text(out, "root_state", facts->root_state, facts->root->encoding);
	cal_facts_id(out, "root_opener", alert->root_opener);
	if (facts->roots > 1)
		cal_facts_number(out, "roots", facts->roots);
}

/* Add who has the most connections; the worker does not know user names. */
static void
add_holders(StringInfo out, const CalHolders *holders)
{
	if (holders == NULL || holders->connections == 0)
		return;
	cal_facts_text(out, "top_application", holders->application,
				   holders->encoding);
	cal_facts_number(out, "top_connections", holders->connections);
	cal_facts_number(out, "top_idle_in_transaction", holders->idle_in_xact);
}

/* All facts in one line. */
static char *
detail_of(const CalAlert *alert, const CalAlertFacts *facts, uint64 suppressed)
{
	static const char *const keys[] = {"application", "user", "database"};
	StringInfoData out;

	initStringInfo(&out);
	cal_facts_number(&out, "pid", alert->pid);
	if (alert->kind == CAL_ALERT_USAGE)
		appendStringInfo(&out, "threshold=%.0f", alert->threshold);
	else
	{
		add_party(&out, keys, &alert->party, facts->session);
		appendStringInfo(&out, " threshold=%.0f", alert->threshold);
	}
	cal_facts_id(&out, "queryid", alert->queryid);
	cal_facts_id(&out, "opener", alert->opener);
	cal_facts_number(&out, "blocked", alert->blocked);
	add_root(&out, alert, facts);
	add_holders(&out, facts->holders);
	cal_facts_number(&out, "suppressed", suppressed);
	return out.data;
}

/* Write the line. */
void
cal_alert_log(const CalAlert *alert, const CalAlertFacts *facts,
			  uint64 suppressed)
{
	ereport(LOG,
			(errmsg_internal("%s", alert->message),
			 errdetail_internal("%s", detail_of(alert, facts, suppressed)),
			 errhint("%s", hints[alert->kind])));
}
