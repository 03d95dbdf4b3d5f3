/*
 * read_blocking.c
 *		Who waits for whom now, and who kept others waiting.
 *
 * Owns nothing beyond a call.  Called by SQL.  The present is read from the
 * lock manager (platform/lock_graph.c), which costs next to nothing while
 * nobody waits; the past, from the store that the worker fills.  That one
 * session waits for another is no secret, as with pg_blocking_pids(); whose
 * they are, and on what, is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "platform/lock_graph.h"
#include "platform/privilege.h"
#include "read/result.h"
#include "store/blocking.h"
#include "store/pools_party.h"

#define COLUMNS			18
#define MOST_ROOTS		16		/* of one waiter that have a row */
#define HISTORY_COLUMNS	12

CAL_FUNCTION(caliper_blocking_0_1);
CAL_FUNCTION(caliper_blocking_history_0_1);

/* All chains, and a row under construction. */
typedef struct Reader
{
	CalRow		row;
	TimestampTz now;
	CalLockGraph *graph;
	CalChains  *up;
	CalChains  *down;
	int		   *depth;			/* of each node below the root at hand */
	int		   *queue;
	int		   *roots;			/* of each waiter: how many he leads to */
	int		   *shown;			/* and how many of these have a row */
	MemoryContext work;
} Reader;

/* Put an integer that is smaller than a bigint. */
static void
put_int32(CalRow *row, int value)
{
	cal_row_datum(row, Int32GetDatum(value));
}

/* Put the id of a statement; without one, null. */
static void
put_queryid(CalRow *row, uint64 queryid)
{
	if (queryid == 0)
		cal_row_null(row);
	else
		cal_row_int(row, (int64) queryid);
}

/* Put a transaction's opener, and whose it is. */
static void
put_opener(CalRow *row, uint64 opener, const CalParty *party)
{
	put_queryid(row, opener);
	if (OidIsValid(party->opener_user))
		cal_row_oid(row, party->opener_user);
	else
		cal_row_null(row);
}

/* Put an application and, if it gave no name, where it is. */
static void
put_application(CalRow *row, const CalParty *party)
{
	cal_row_foreign_text(row, party->application, strlen(party->application),
						 party->encoding);
	cal_row_address(row, party->family, party->address);
}

/* What is waited for, and since when. */
static void
put_lock(Reader *r, const CalLockNode *node)
{
	Oid			relation;
	char	   *object = cal_lock_graph_object(&node->tag, &relation);

	cal_row_ms(&r->row, node->since == 0 ? 0 : Max(0, r->now - node->since));
	cal_row_text(&r->row, GetLockmodeName(node->tag.locktag_lockmethodid,
										  node->mode));
	cal_row_text(&r->row, object);
	cal_row_oid(&r->row, relation);
}

/* The sessions that stand directly in the way. */
static void
put_blockers(Reader *r, int waiter)
{
	int			first = r->up->first[waiter];
	int			n = r->up->first[waiter + 1] - first;
	Datum	   *pids = palloc((n + 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		pids[i] = Int32GetDatum(r->graph->node[r->up->next[first + i]].pid);
	cal_row_datum(&r->row,
				  PointerGetDatum(construct_array(pids, n, INT4OID,
												  sizeof(int32), true,
												  TYPALIGN_INT)));
}

/* The session at the root; -1 if there is none. */
static void
put_root(Reader *r, int root)
{
	const CalLockNode *node;
	CalParty	party;
	uint64		opener;

	if (root < 0)
	{
		cal_row_nulls_to(&r->row, COLUMNS);
		return;
	}
	node = &r->graph->node[root];
	put_int32(&r->row, node->pid);
	opener = cal_pools_party_of_process(node->procno, node->pid, &party);
	if (!cal_privilege_sees(party.userid))
	{
		cal_row_nulls_to(&r->row, COLUMNS);
		return;
	}
	cal_row_oid(&r->row, party.userid);
	put_application(&r->row, &party);
	put_opener(&r->row, opener, &party);
}

/* One waiter, and one root of his. */
static void
put_waiter(Reader *r, int waiter, int root)
{
	const CalLockNode *node = &r->graph->node[waiter];
	MemoryContext before = MemoryContextSwitchTo(r->work);
	CalParty	party;

	(void) cal_pools_party_of_process(node->procno, node->pid, &party);
	put_int32(&r->row, node->pid);
	cal_row_oid(&r->row, party.userid);
	cal_row_oid(&r->row, party.dbid);
	if (cal_privilege_sees(party.userid))
	{
		put_application(&r->row, &party);
		put_lock(r, node);
		put_blockers(r, waiter);
		if (root < 0)
			cal_row_null(&r->row);
		else
			put_int32(&r->row, r->depth[waiter]);
		put_int32(&r->row, r->roots[waiter]);
		put_root(r, root);
	}
	else
		cal_row_nulls_to(&r->row, COLUMNS);
	cal_row_end(&r->row);
	MemoryContextSwitchTo(before);
	MemoryContextReset(r->work);
}

/* Everybody who waits, in the end, for one root: they follow it in the queue. */
static int
walk_tree(Reader *r, int root)
{
	CHECK_FOR_INTERRUPTS();
	for (int i = 0; i < r->graph->nodes; i++)
		r->depth[i] = i == root ? 0 : -1;
	return cal_chains_walk(r->down, r->depth, r->queue);
}

/* Count the roots that each waiter leads to. */
static void
count_roots(Reader *r)
{
	for (int root = 0; root < r->graph->nodes; root++)
	{
		int			n = r->graph->node[root].waits ? 0 : walk_tree(r, root);

		for (int i = 1; i < n; i++)
			r->roots[r->queue[i]]++;
	}
}

/*
 * The rows of a root, but for waiters who have enough of them: with hundreds at
 * the root and hundreds who wait there would be no end of it.
 */
static void
put_tree(Reader *r, int root)
{
	int			n = walk_tree(r, root);

	for (int i = 1; i < n; i++)
		if (r->shown[r->queue[i]]++ < MOST_ROOTS)
			put_waiter(r, r->queue[i], root);
}

/* caliper.blocking_raw(): a row per waiting session and root. */
Datum
caliper_blocking_0_1(PG_FUNCTION_ARGS)
{
	Reader	   *r = palloc0(sizeof(Reader));
	int			n;

	cal_result_begin(fcinfo, &r->row, COLUMNS);
	if (!cal_lock_graph_anybody())
		return (Datum) 0;
	r->graph = cal_lock_graph_read();
	r->now = GetCurrentTimestamp();
	n = r->graph->nodes;
	r->up = cal_lock_graph_chains(r->graph, CAL_CHAIN_UP);
	r->down = cal_lock_graph_chains(r->graph, CAL_CHAIN_DOWN);
	r->depth = palloc((n + 1) * sizeof(int));
	r->queue = palloc((n + 1) * sizeof(int));
	r->roots = palloc0((n + 1) * sizeof(int));
	r->shown = palloc0((n + 1) * sizeof(int));
	r->work = AllocSetContextCreate(CurrentMemoryContext, "pg_caliper blocking",
									ALLOCSET_DEFAULT_SIZES);
	count_roots(r);
	for (int i = 0; i < n; i++)
		if (!r->graph->node[i].waits)
			put_tree(r, i);
	for (int i = 0; i < n; i++)
		if (r->graph->node[i].waits && r->roots[i] == 0)
			put_waiter(r, i, -1);
	return (Datum) 0;
}

/* One entry of the past; (other) belongs to nobody. */
static void
put_entry(CalRow *row, const CalBlockingEntry *entry)
{
	const CalParty *party = &entry->root.party;
	bool		visible = cal_privilege_sees(party->userid);

	if (entry->blocked.last_at == 0 ||
		(!OidIsValid(party->userid) && !visible))
		return;
	cal_row_oid(row, party->userid);
	cal_row_oid(row, party->dbid);
	if (visible)
	{
		put_application(row, party);
		put_opener(row, entry->root.opener, party);
		cal_row_int(row, entry->blocked.episodes);
		cal_row_ms(row, entry->blocked.usec);
		cal_row_ms(row, entry->blocked.longest_usec);
		put_int32(row, entry->blocked.waiters);
		cal_row_time(row, entry->blocked.last_at);
		cal_row_time(row, entry->since);
	}
	else
		cal_row_nulls_to(row, HISTORY_COLUMNS);
	cal_row_end(row);
}

/* caliper.blocking_history_raw(): a row per opener that others waited for. */
Datum
caliper_blocking_history_0_1(PG_FUNCTION_ARGS)
{
	CalRow		row;
	CalBlockingEntry *entries;
	int			n;

	cal_result_begin(fcinfo, &row, HISTORY_COLUMNS);
	entries = palloc(CAL_BLOCKING_ENTRIES * sizeof(CalBlockingEntry));
	n = cal_blocking_read(entries);
	for (int i = 0; i < n; i++)
		put_entry(&row, &entries[i]);
	pfree(entries);
	return (Datum) 0;
}
