/*
 * alerts.c
 *		Reports sessions that are idle, hold or wait for too long.
 *
 * Owns: nothing that lasts; what was reported is kept in store/alerts.c, so
 * that a worker that is started again does not report it again.  Called by
 * worker.c about twice a second.  Looks at every connection whose own
 * thresholds ask for it, as its backend has published them, so that ALTER ROLE
 * counts; a session tells what it is doing by core's entry for it, which is
 * read without a lock and again if it changed meanwhile.
 *
 * What lasts is reported once: a transaction that is idle again and again once
 * for all, a wait for a lock once.  The limit on connections is reported again
 * only after their number has been clearly lower.  Every alert is kept in the
 * ring; those above pg_caliper.log_rate_limit are not logged, but counted.
 * A clock that is set back makes times short: what is below its threshold by
 * that is reported later, and what was reported before goes on until it ends.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/backend_status.h"
#include "utils/guc.h"

#include "platform/lock_graph.h"
#include "platform/process.h"
#include "store/alerts.h"
#include "store/events.h"
#include "store/groups.h"
#include "store/pools_party.h"
#include "store/pools_server.h"
#include "version_compat.h"
#include "worker/alert_log.h"
#include "worker/alerts.h"

#define READ_TRIES	100
#define HYSTERESIS	5.0			/* points of per cent */

/* One look at all of them; the graph is read when it is needed. */
typedef struct Look
{
	TimestampTz now;
	CalLockGraph *graph;
	CalChains  *chains[CAL_CHAIN_DOWN + 1]; /* by their way */
} Look;

/* What core says of a session. */
typedef struct Status
{
	BackendState state;
	TimestampTz state_start;
	TimestampTz xact_start;		/* 0: no transaction is open */
	uint64		queryid;
} Status;

/* A session as it is found. */
typedef struct Subject
{
	CalPoolMember member;
	CalPoolSession session;
	Status		status;
	TimestampTz since[CAL_ALERT_KINDS]; /* 0: that is not so */
	TimestampTz episode[CAL_ALERT_KINDS];	/* which is reported once */
} Subject;

/* Copy core's entry; false if it is another's, or always changing. */
static bool
read_status(const CalPoolSession *session, int backend, Status *to)
{
	volatile PgBackendStatus *from = session->status;

	for (int i = 0; i < READ_TRIES; i++)
	{
		int			before;
		int			after;
		int			pid;

		pgstat_begin_read_activity(from, before);
		pid = from->st_procpid;
		to->state = from->st_state;
		to->state_start = from->st_state_start_timestamp;
		to->xact_start = from->st_xact_start_timestamp;
		to->queryid = (uint64) from->st_query_id;
		pgstat_end_read_activity(from, after);
		if (pgstat_read_activity_complete(before, after))
			return pid == backend;
	}
	return false;
}

/* Whether a session waits for its client while its transaction is open. */
static bool
is_idle(const Status *status)
{
	return status->xact_start != 0 &&
		(status->state == STATE_IDLEINTRANSACTION ||
		 status->state == STATE_IDLEINTRANSACTION_ABORTED);
}

/*
 * With track_activities off, core does not say when a transaction began: then
 * it is as old as the worker knows it.
 */
static TimestampTz
transaction_start(const Status *status, CalAlertWatch *watch, int procno,
				  TimestampTz now)
{
	uint32		lxid = CAL_PROC_LXID(GetPGProcByNumber(procno));

	if (status->xact_start != 0 || status->state != STATE_DISABLED || lxid == 0)
		return status->xact_start;
	if (watch->lxid != lxid)
	{
		watch->lxid = lxid;
		watch->lxid_since = now;
	}
	return watch->lxid_since;
}

/* See what a session does; false if it is going away. */
static bool
observe(Subject *subject, CalAlertWatch *watch, int procno, TimestampTz now)
{
	Status	   *status = &subject->status;
	TimestampTz held;
	TimestampTz wait;

	if (!cal_pools_session(procno, subject->member.pid, &subject->session) ||
		!read_status(&subject->session, subject->member.pid, status))
		return false;
	held = transaction_start(status, watch, procno, now);
	wait = 0;
	if (!cal_lock_graph_waits(procno, &wait))
		wait = 0;
	subject->since[CAL_ALERT_HELD] = subject->episode[CAL_ALERT_HELD] = held;
	subject->since[CAL_ALERT_LOCK] = subject->episode[CAL_ALERT_LOCK] = wait;
	subject->since[CAL_ALERT_IDLE] = is_idle(status) ? status->state_start : 0;
	subject->episode[CAL_ALERT_IDLE] = status->xact_start;
	return true;
}

/* Its node in the graph of who waits for whom, or -1. */
static int
find_node(Look *look, int pid)
{
	if (look->graph == NULL)
		look->graph = cal_lock_graph_read();
	for (int i = 0; i < look->graph->nodes; i++)
		if (look->graph->node[i].pid == pid)
			return i;
	return -1;
}

/*
 * Walk from a node: how many others are reached; nearest is the first of them
 * that itself waits for nobody, or -1, and ends how many such there are.
 */
static int
walk(Look *look, int from, CalChainWay way, int *nearest, int *ends)
{
	const CalLockGraph *graph = look->graph;
	int		   *depth = palloc(graph->nodes * sizeof(int));
	int		   *queue = palloc(graph->nodes * sizeof(int));
	int			n;

	if (look->chains[way] == NULL)
		look->chains[way] = cal_lock_graph_chains(graph, way);
	for (int i = 0; i < graph->nodes; i++)
		depth[i] = i == from ? 0 : -1;
	n = cal_chains_walk(look->chains[way], depth, queue);
	*nearest = -1;
	*ends = 0;
	for (int i = 1; i < n; i++)
	{
		if (graph->node[queue[i]].waits)
			continue;
		if ((*ends)++ == 0)
			*nearest = queue[i];
	}
	pfree(depth);
	pfree(queue);
	return n - 1;
}

/* What a session does, in the words of pg_stat_activity. */
static const char *
state_name(const Status *status)
{
	switch (status->state)
	{
		case STATE_IDLE:
			return "idle";
		case STATE_RUNNING:
			return "active";
		case STATE_IDLEINTRANSACTION:
			return "idle in transaction";
		case STATE_IDLEINTRANSACTION_ABORTED:
			return "idle in transaction (aborted)";
		default:
			return NULL;
	}
}

/* Who is at the root of the chain that a session waits in. */
static void
find_root(Look *look, CalAlert *alert, CalAlertFacts *facts)
{
	int			here = find_node(look, alert->pid);
	const CalLockNode *node;
	CalParty   *party = palloc(sizeof(CalParty));
	CalPoolSession *session = palloc(sizeof(CalPoolSession));
	Status		status;
	Oid			relation;
	int			root;

	if (here < 0 || !look->graph->node[here].waits)
		return;
	node = &look->graph->node[here];
	facts->lock = psprintf("%s on %s",
						   GetLockmodeName(node->tag.locktag_lockmethodid,
										   node->mode),
						   cal_lock_graph_object(&node->tag, &relation));
	(void) walk(look, here, CAL_CHAIN_UP, &root, &facts->roots);
	if (root < 0)
		return;
	node = &look->graph->node[root];
	alert->root_pid = node->pid;
	alert->root_opener = cal_pools_party_of_process(node->procno, node->pid,
													party);
	alert->root_userid = party->userid;
	facts->root = party;
	if (!cal_pools_session(node->procno, node->pid, session))
		return;
	facts->root_session = session;
	if (read_status(session, node->pid, &status))
		facts->root_state = state_name(&status);
}

/* Keep an alert, and log it if the limit allows. */
static uint64
publish(CalAlert *alert, const CalAlertFacts *facts)
{
	uint64		suppressed = 0;

	cal_alert_describe(alert, facts);
	alert->logged = cal_events_admit_line(alert->at, cal_log_rate_limit,
										  &suppressed);
	alert->serial = cal_alerts_add(alert);
	if (alert->logged)
		cal_alert_log(alert, facts, suppressed);
	return alert->serial;
}

/* Report a session. */
static uint64
report(Look *look, const Subject *subject, int kind, double ms)
{
	CalAlert	alert = {0};
	CalAlertFacts facts = {0};
	uint64		group;
	int			node;
	int			ignored;

	alert.kind = kind;
	alert.pid = subject->member.pid;
	alert.at = look->now;
	cal_pools_party_of_member(&subject->member, &alert.party);
	alert.value = ms;
	alert.threshold = subject->member.thresholds_ms[kind];
	group = cal_groups_find(subject->status.queryid);
	alert.queryid = group ? group : subject->status.queryid;
	alert.opener = subject->member.opener;
	facts.session = &subject->session;
	node = find_node(look, alert.pid);
	if (node >= 0)
		alert.blocked = walk(look, node, CAL_CHAIN_DOWN, &ignored, &ignored);
	if (kind == CAL_ALERT_LOCK)
		find_root(look, &alert, &facts);
	return publish(&alert, &facts);
}

/* An episode is over. */
static void
end(CalAlertWatch *watch, int kind, TimestampTz now)
{
	if (watch->open[kind])
		cal_alerts_update(watch->serial[kind], 0, now);
	watch->open[kind] = false;
}

/* Nobody is there any more, or somebody else. */
static void
forget(CalAlertWatch *watch, int pid, TimestampTz now)
{
	for (int kind = 0; kind < CAL_ALERT_KINDS; kind++)
		end(watch, kind, now);
	memset(watch, 0, sizeof(*watch));
	watch->pid = pid;
}

/* Whether a session is above its threshold of a kind, and what follows. */
static void
follow(Look *look, CalAlertWatch *watch, const Subject *subject, int kind)
{
	int			threshold = subject->member.thresholds_ms[kind];
	TimestampTz since = subject->since[kind];
	double		ms = Max(look->now - since, 0) / 1000.0;
	bool		known = watch->serial[kind] != 0 &&
	watch->episode[kind] == subject->episode[kind];
	bool		goes_on = known && watch->open[kind] &&
	watch->since[kind] == since;
	bool		over = threshold >= 0 && since != 0 &&
	(ms >= threshold || goes_on);

	if (!over || !known)
		end(watch, kind, look->now);
	if (!over)
		return;
	if (known)
		cal_alerts_update(watch->serial[kind], ms, 0);
	else
		watch->serial[kind] = report(look, subject, kind, ms);
	watch->episode[kind] = subject->episode[kind];
	watch->since[kind] = since;
	watch->open[kind] = true;
}

/* Whether anything is to be done for a session. */
static bool
is_wanted(const CalPoolMember *member, const CalAlertWatch *watch)
{
	for (int kind = 0; kind < CAL_ALERT_KINDS; kind++)
		if (member->thresholds_ms[kind] >= 0 || watch->open[kind])
			return true;
	return false;
}

/* Look at the session of one process slot. */
static void
look_at(Look *look, int procno)
{
	CalAlertWatch *watch = cal_alerts_watch(procno);
	Subject		subject;

	if (!cal_pools_member(procno, &subject.member))
	{
		if (watch->pid != 0)
			forget(watch, 0, look->now);
		return;
	}
	if (watch->pid != subject.member.pid)
		forget(watch, subject.member.pid, look->now);
	if (!is_wanted(&subject.member, watch) ||
		!observe(&subject, watch, procno, look->now))
		return;
	for (int kind = 0; kind < CAL_ALERT_KINDS; kind++)
		follow(look, watch, &subject, kind);
}

/* A setting of core's that is a number; 0 where there is no such setting. */
static int
setting(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value ? atoi(value) : 0;
}

/* Look at the number of connections. */
static void
look_at_usage(Look *look)
{
	CalAlertWatch *watch = cal_alerts_watch(MaxBackends);
	CalAlert	alert = {0};
	CalAlertFacts facts = {0};
	CalHolders	holders;
	int			threshold = cal_log_connection_usage;

	if (threshold < 0 && !watch->open[CAL_ALERT_USAGE])
		return;
	for (int i = 0; i < MaxConnections; i++)
		facts.used += cal_process_pid(i) != 0;
	facts.limit = Max(1, MaxConnections - setting("reserved_connections") -
					  setting("superuser_reserved_connections"));
	alert.value = 100.0 * facts.used / facts.limit;
	if (threshold < 0 ||
		alert.value < Max(threshold - HYSTERESIS, threshold / 2.0))
		end(watch, CAL_ALERT_USAGE, look->now);
	else if (watch->open[CAL_ALERT_USAGE])
		cal_alerts_update(watch->serial[CAL_ALERT_USAGE], alert.value, 0);
	else if (alert.value >= threshold)
	{
		cal_server_holders(&holders);
		facts.holders = &holders;
		alert.kind = CAL_ALERT_USAGE;
		alert.at = look->now;
		alert.threshold = threshold;
		watch->serial[CAL_ALERT_USAGE] = publish(&alert, &facts);
		watch->open[CAL_ALERT_USAGE] = true;
	}
}

/* One look. */
void
cal_alerts_look(TimestampTz now)
{
	Look		look = {now};

	for (int i = 0; i < MaxBackends; i++)
		look_at(&look, i);
	look_at_usage(&look);
}
