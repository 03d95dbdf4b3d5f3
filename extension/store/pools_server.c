/*
 * pools_server.c
 *		All pools together, looked at without a lock.
 *
 * Owns: its slice of shared memory: how many connections the server has had at
 * most, and how many of them were busy.  Called by capture/ when a connection
 * is admitted, closed or refused, by the worker, and by readers.
 *
 * The number of connections is counted, so its peak is exact.  The number of
 * busy ones is a sum over pools, which nobody forms for each transaction; its
 * peak is the highest that somebody saw who looked.
 *
 * Takes no lock: a client that is refused has no process slot, and so cannot
 * wait for one.  What is read of the pools and of core's process slots is read
 * as it is, so a connection that comes or goes meanwhile may be counted or
 * not.  Never allocates, never raises.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "platform/local.h"
#include "platform/process.h"
#include "store/pools_layout.h"
#include "store/pools_server.h"
#include "version_compat.h"

#define CANDIDATES	64			/* applications among which the top is found */

typedef struct Server
{
	CalBusy		connections;
	CalBusy		busy;			/* the peak only */
} Server;

typedef struct Candidate
{
	const CalPoolKey *key;
	uint32		connections;
	bool		shared;			/* by several users */
} Candidate;

static Server *server;

/* Memory for what is above. */
static Size
server_size(void)
{
	return sizeof(Server);
}

/* The slice is there, and zero. */
static void
server_init(void *base, LWLockPadded *locks)
{
	server = base;
	cal_busy_init(&server->connections, 0);
	cal_busy_init(&server->busy, 0);
}

const CalArea cal_server_area = {"server", server_size, server_init, 0};

/* A client is admitted. */
CAL_OFTEN void
cal_server_open(TimestampTz at)
{
	uint64		word = cal_busy_shift(&server->connections, 1, uptime(at));

	cal_busy_raise_peak(&server->connections, word);
}

/* It has gone. */
CAL_OFTEN void
cal_server_close(TimestampTz at)
{
	(void) cal_busy_shift(&server->connections, -1, uptime(at));
}

/* The pool behind the n-th place, (other) last; NULL if there are no more. */
static Pool *
nth_pool(int n)
{
	if (n < cal_pools->used)
		return pool_at(n);
	return n == cal_pools->used ? pool_at(OTHER) : NULL;
}

/* How many connections are busy. */
static uint32
count_busy(void)
{
	Pool	   *pool;
	uint32		busy = 0;

	for (int i = 0; (pool = nth_pool(i)) != NULL; i++)
		busy += CAL_BUSY_COUNT(pg_atomic_read_u64(&pool->busy.word));
	return Min(busy, PG_UINT16_MAX);
}

/* See how many connections are busy, and whether there were ever as many. */
void
cal_server_look(TimestampTz at)
{
	cal_busy_raise_peak(&server->busy, (uptime(at) << 16) | count_busy());
}

/* Whether two pools are of one application; without a name, of one client. */
static bool
same_application(const CalPoolKey *a, const CalPoolKey *b)
{
	if (strncmp(a->application, b->application, NAMEDATALEN) != 0)
		return false;
	return a->application[0] != '\0' ||
		(a->userid == b->userid && a->family == b->family &&
		 memcmp(a->address, b->address, sizeof(a->address)) == 0);
}

/* A place for one more; if all are taken, that of the one with the fewest. */
static Candidate *
new_candidate(Candidate *candidates, int *n)
{
	Candidate  *least = candidates;

	if (*n < CANDIDATES)
		return &candidates[(*n)++];
	for (int i = 1; i < CANDIDATES; i++)
		if (candidates[i].connections < least->connections)
			least = &candidates[i];
	return least;
}

/* Add the connections of a pool to those of its application. */
static void
tally(Candidate *candidates, int *n, const CalPoolFacts *facts)
{
	Candidate  *new;

	for (int i = 0; i < *n; i++)
		if (same_application(candidates[i].key, &facts->key))
		{
			candidates[i].connections += facts->connections;
			candidates[i].shared |= candidates[i].key->userid != facts->key.userid;
			return;
		}
	new = new_candidate(candidates, n);
	new->key = &facts->key;
	new->connections = facts->connections;
	new->shared = false;
}

/* Count the connections of one application. */
static void
recount(Candidate *one)
{
	const CalPoolKey *key = one->key;
	Pool	   *pool;

	one->connections = 0;
	one->shared = false;
	for (int i = 0; (pool = nth_pool(i)) != NULL; i++)
	{
		const CalPoolFacts *facts = &pool->facts;

		if (facts->connections == 0 || !same_application(key, &facts->key))
			continue;
		one->connections += facts->connections;
		one->shared |= key->userid != facts->key.userid;
	}
}

/*
 * The application with the most connections; false if there is none.  Among
 * more than there are candidates, one with a small share may be missed.
 */
static bool
find_top(Candidate *top)
{
	Candidate	candidates[CANDIDATES];
	Pool	   *pool;
	int			n = 0;

	for (int i = 0; (pool = nth_pool(i)) != NULL; i++)
		if (pool->facts.connections > 0)
			tally(candidates, &n, &pool->facts);
	top->connections = 0;
	for (int i = 0; i < n; i++)
		if (candidates[i].connections > top->connections)
			*top = candidates[i];
	if (n == CANDIDATES && top->connections > 0)
		recount(top);
	return top->connections > 0;
}

/* Whether the server waits for the client there, within a transaction. */
static bool
is_idle_in_xact(const PGPROC *proc)
{
	return CAL_PROC_LXID(proc) != InvalidLocalTransactionId &&
		proc->wait_event_info == WAIT_EVENT_CLIENT_READ;
}

/* How many of an application's connections are idle in transaction. */
static uint32
count_idle(const CalPoolKey *key)
{
	uint32		idle = 0;

	for (int i = 0; i < cal_pools->nshares; i++)
	{
		int			place = share_at(i)->pool;

		if (place >= 0 && place < cal_pools->limit &&
			is_idle_in_xact(GetPGProcByNumber(i)) &&
			same_application(&pool_at(place)->facts.key, key))
			idle++;
	}
	return idle;
}

/* Of the slots that max_connections grants, how many are not this process's. */
static uint32
count_slots(void)
{
	uint32		used = 0;

	for (int i = 0; i < MaxConnections; i++)
		if (cal_process_pid(i) != 0 && GetPGProcByNumber(i) != MyProc)
			used++;
	return used;
}

/* Who holds the slots now. */
void
cal_server_holders(CalHolders *out)
{
	Candidate	top;

	memset(out, 0, sizeof(*out));
	out->slots_used = count_slots();
	if (!find_top(&top))
		return;
	out->connections = top.connections;
	out->idle_in_xact = Min(count_idle(top.key), top.connections);
	out->userid = top.shared ? InvalidOid : top.key->userid;
	out->encoding = top.key->encoding;
	out->family = top.key->family;
	memcpy(out->address, top.key->address, sizeof(out->address));
	strlcpy(out->application, top.key->application, NAMEDATALEN);
}

/* When a peak was reached; 0 if it never was. */
static TimestampTz
peak_at(uint64 peak)
{
	return CAL_BUSY_COUNT(peak) == 0 ? 0 :
		cal_pools->head.started + (TimestampTz) CAL_BUSY_TIME(peak);
}

/* For readers. */
void
cal_server_read(CalServerState *out)
{
	uint64		connections = pg_atomic_read_u64(&server->connections.peak);
	uint64		busy = pg_atomic_read_u64(&server->busy.peak);

	out->connections =
		CAL_BUSY_COUNT(pg_atomic_read_u64(&server->connections.word));
	out->connections_peak = CAL_BUSY_COUNT(connections);
	out->connections_peak_at = peak_at(connections);
	out->busy = count_busy();
	out->busy_peak = CAL_BUSY_COUNT(busy);
	out->busy_peak_at = peak_at(busy);
}

/* The peaks begin anew with what there is. */
void
cal_server_reset(void)
{
	TimestampTz at = GetCurrentTimestamp();

	cal_busy_start(&server->connections, uptime(at));
	pg_atomic_write_u64(&server->busy.peak, 0);
	cal_server_look(at);
}
