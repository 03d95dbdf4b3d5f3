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
#include "pgstat.h"
#include "replication/walsender.h"
#include "storage/ipc.h"
#include "utils/backend_status.h"
#include "utils/guc.h"

#include "base/text_clean.h"
#include "capture/address.h"
#include "capture/clock.h"
#include "capture/session.h"
#include "capture/transaction.h"
#include "platform/settings.h"
#include "store/names.h"
#include "store/pools_mine.h"
#include "store/pools_server.h"

CAL_HOT bool cal_session_started = false;

CAL_HOT char cal_session_application[NAMEDATALEN];
static CAL_HOT char label_seen[NAMEDATALEN];

static CAL_HOT CalPoolKey key;	/* of the pool */
static CAL_HOT bool pooled = false;

/* Whether a name can be shown as it is; most can, and need no more code. */
static inline bool
is_plain(const char *name)
{
	while (*name >= ' ' && *name <= '~')
		name++;
	return *name == '\0';
}

/* Take a name over, and put it as it may be shown; false if it is the same. */
static CAL_OFTEN bool
take_name(char *seen, char *shown, const char *name)
{
	if (strncmp(seen, name ? name : "", NAMEDATALEN - 1) == 0)
		return false;
	strlcpy(seen, name ? name : "", NAMEDATALEN);
	memset(shown, 0, NAMEDATALEN);
	if (is_plain(seen))
		strlcpy(shown, seen, NAMEDATALEN);
	else
		cal_text_clean(shown, NAMEDATALEN, seen, strlen(seen),
					   GetDatabaseEncoding(), true);
	return true;
}

/* Take both names over; false if they are the same. */
static CAL_OFTEN bool
take_names(void)
{
	bool		named = take_name(cal_session_application, key.application,
								  application_name);
	bool		labelled = take_name(label_seen, key.label, cal_pool_label);

	cal_name_seen = application_name;
	return named || labelled;
}

/*
 * Know the application by the number of its name.  Its pool knows it, if it is
 * not new; so a connection needs not look it up among all names.
 */
static CAL_OFTEN void
number_application(void)
{
	uint16	   *known = cal_pools_name();
	uint16		number = known ? *known : CAL_NAME_NONE;

	if (number == CAL_NAME_NONE)
		number = cal_names_intern(key.application);
	if (known)
		*known = number;
	cal_transaction_application = number;
}

/* The backend exits, for whatever reason: its connection is closed. */
static CAL_OFTEN void
close_connection(int code, Datum arg)
{
	cal_transaction_exit();
	if (pooled)
	{
		cal_pools_leave(cal_clock_read(), true,
						pgStatSessionEndCause == DISCONNECT_CLIENT_EOF);
		cal_server_close(cal_clock_last);
	}
	pooled = false;
}

/* The server has admitted the connection. */
CAL_OFTEN void
cal_session_start(void)
{
	CalPoolSession who;

	cal_session_started = true;
	if (MyProcPort == NULL || am_walsender || !OidIsValid(MyDatabaseId))
		return;
	key.userid = GetSessionUserId();
	key.dbid = MyDatabaseId;
	key.encoding = GetDatabaseEncoding();
	key.family = cal_address_take(&MyProcPort->raddr, key.address);
	(void) take_names();
	who.status = MyBEEntry;
	strlcpy(who.usename, MyProcPort->user_name, NAMEDATALEN);
	strlcpy(who.datname, MyProcPort->database_name, NAMEDATALEN);
	before_shmem_exit(close_connection, (Datum) 0);
	cal_pools_enter(&key, cal_clock_read(), &who);
	number_application();
	cal_server_open(cal_clock_last);
	pooled = true;
}

/* A name may have changed: if so, move to the pool it belongs to now. */
CAL_OFTEN void
cal_session_look(void)
{
	if (!take_names())
		return;
	if (pooled)
	{
		cal_pools_leave(cal_clock_began(), false, false);
		cal_pools_enter(&key, cal_clock_began(), NULL);
	}
	number_application();
}
