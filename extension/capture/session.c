/*
 * session.c
 *		The connection that this backend serves, and its pool.
 *
 * Owns: our copies of the application's name and of the pool's label, and
 * whether this connection is booked on a pool.  Called by transaction.c.
 *
 * There is no hook for the start of a session, but the server ends one
 * transaction of its own when it has admitted a connection: after it was
 * authenticated, after every limit that could still refuse it, and after the
 * settings of the startup packet, of the role and of the database were
 * applied.  That is when a connection is opened here, so that one on which no
 * statement is ever sent counts, and one that is refused never does.
 *
 * Background and parallel workers serve no client and have no pool; nor have
 * replication connections.  Takes no lock but those of the stores, allocates
 * nothing, raises nothing.
 */
#include "postgres.h"

#include "libpq/libpq-be.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/walsender.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#include "base/text_clean.h"
#include "capture/clock.h"
#include "capture/session.h"
#include "capture/transaction.h"
#include "platform/settings.h"
#include "store/names.h"
#include "store/pools.h"

bool		cal_session_started = false;

CalSeenName cal_session_application;
CalSeenName cal_session_label;

static CalPoolKey key;			/* of the pool */
static bool pooled = false;

/* Take a name over, and put it as it may be shown; false if it is the same. */
static bool
take_name(CalSeenName *seen, char *shown, const char *name)
{
	bool		same = strncmp(seen->copy, name ? name : "",
							   NAMEDATALEN - 1) == 0;

	seen->at = name;
	if (same)
		return false;
	strlcpy(seen->copy, name, NAMEDATALEN);
	memset(shown, 0, NAMEDATALEN);
	cal_text_clean(shown, NAMEDATALEN, seen->copy, strlen(seen->copy),
				   GetDatabaseEncoding(), true);
	return true;
}

/* Take both names over; false if they are the same. */
static bool
take_names(void)
{
	bool		named = take_name(&cal_session_application, key.application,
								  application_name);
	bool		labelled = take_name(&cal_session_label, key.label,
									 cal_pool_label);

	if (named)
		cal_transaction_application = cal_names_intern(key.application);
	return named || labelled;
}

/* Where the client comes from. */
static void
take_address(const SockAddr *from)
{
	if (from->addr.ss_family == AF_INET)
	{
		key.family = 4;
		memcpy(key.address,
			   &((const struct sockaddr_in *) &from->addr)->sin_addr, 4);
	}
	else if (from->addr.ss_family == AF_INET6)
	{
		key.family = 6;
		memcpy(key.address,
			   &((const struct sockaddr_in6 *) &from->addr)->sin6_addr, 16);
	}
}

/* The backend exits, for whatever reason: its connection is closed. */
static void
close_connection(int code, Datum arg)
{
	cal_transaction_exit();
	if (pooled)
		cal_pools_leave(true);
	pooled = false;
}

/* The server has admitted the connection. */
void
cal_session_start(void)
{
	cal_session_started = true;
	if (MyProcPort == NULL || am_walsender || !OidIsValid(MyDatabaseId))
		return;
	key.userid = GetSessionUserId();
	key.dbid = MyDatabaseId;
	key.encoding = GetDatabaseEncoding();
	take_address(&MyProcPort->raddr);
	(void) take_names();
	before_shmem_exit(close_connection, (Datum) 0);
	cal_pools_enter(&key, cal_clock_read(), true);
	pooled = true;
}

/* A name may have changed: if so, move to the pool it belongs to now. */
void
cal_session_look(void)
{
	if (!take_names() || !pooled)
		return;
	cal_pools_leave(false);
	cal_pools_enter(&key, cal_clock_began(), false);
}
