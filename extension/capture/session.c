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

static CalPoolKey key;			/* of the pool */
static bool pooled = false;

/* The names as they were when the key was made. */
static char seen_application[NAMEDATALEN];
static char seen_label[NAMEDATALEN];

/* Whether a name is still what we saw; mostly both are empty. */
static inline bool
same_name(const char *seen, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return seen[0] == '\0';
	return strncmp(seen, name, NAMEDATALEN - 1) == 0;
}

/* Take a name over: as it is, and as it may be shown. */
static void
take_name(char *seen, char *shown, const char *name)
{
	strlcpy(seen, name ? name : "", NAMEDATALEN);
	memset(shown, 0, NAMEDATALEN);
	cal_text_clean(shown, NAMEDATALEN, seen, strlen(seen),
				   GetDatabaseEncoding(), true);
}

/* Take both names over. */
static void
take_names(void)
{
	take_name(seen_application, key.application, application_name);
	take_name(seen_label, key.label, cal_pool_label);
	cal_transaction_application = cal_names_intern(key.application);
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
	take_names();
	before_shmem_exit(close_connection, (Datum) 0);
	cal_pools_enter(&key, cal_clock_read(), true);
	pooled = true;
}

/* If a name has changed, move to the pool it belongs to now. */
void
cal_session_follow(void)
{
	if (likely(same_name(seen_application, application_name) &&
			   same_name(seen_label, cal_pool_label)))
		return;
	take_names();
	if (!pooled)
		return;
	cal_pools_leave(false);
	cal_pools_enter(&key, cal_clock_began(), false);
}

/* Nothing to install: see above. */
void
cal_session_init(void)
{
}
