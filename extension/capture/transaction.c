/*
 * transaction.c
 *		How long this connection is held, and what for.
 *
 * Owns: this backend's view of its present transaction.  Called by the hooks
 * when a statement begins, by core when a transaction ends, and by session.c
 * when the backend exits.
 *
 * Held begins with the transaction as core dates it, which is the arrival of
 * its first message, and ends when core says so; a transaction that failed
 * inside BEGIN is held until its ROLLBACK, since it keeps the connection.
 * Gap, the time that the server waited for the client meanwhile, is what core
 * itself counts as idle in transaction: a wait for a lock in parse analysis or
 * planning comes before any hook of ours and must not become gap.  Only
 * without track_activities we estimate it from the arrival of statements.
 *
 * Nothing here may fail or allocate.  It takes no lock but those of the
 * stores, and those only when a name changes or a counter is full.  The clock
 * is read for transactions that wrote, and where nobody else has read it.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "pgstat.h"
#include "utils/backend_status.h"

#include "capture/clock.h"
#include "capture/session.h"
#include "capture/transaction.h"
#include "store/names.h"
#include "store/pools.h"

bool		cal_transaction_noticed = false;
bool		cal_transaction_busy = false;
bool		cal_transaction_settled = false;
PgStat_Counter cal_transaction_idle = 0;
uint16		cal_transaction_application = CAL_NAME_NONE;

static TimestampTz held_from;
static PgStat_Counter idle_before;	/* as core counted it at the start */
static bool in_block = false;	/* between BEGIN and COMMIT or ROLLBACK */
static bool aborted = false;	/* failed, and waits for ROLLBACK */
static bool chained = false;	/* the next one follows without BEGIN */

/* The end of the transaction before: no two of them overlap. */
static TimestampTz previous_end = 0;

/* Gap by our own estimate, and the statement that was the last to add to it. */
static bool estimated = false;
static uint64 estimated_usec = 0;
static TimestampTz estimated_at = 0;

/* Gaps of this transaction that have ended. */
static inline uint64
gap_so_far(void)
{
	PgStat_Counter core = pgStatTransactionIdleTime - idle_before;

	return (core > 0 ? core : 0) + estimated_usec;
}

/* Core does not count: what lies between our last reading and now was gap. */
static void
estimate_gap(void)
{
	TimestampTz arrived = GetCurrentStatementStartTimestamp();
	TimestampTz since = Max(cal_clock_last, held_from);

	estimated = true;
	if (arrived > since && arrived != estimated_at)
		estimated_usec += arrived - since;
	estimated_at = arrived;
}

/* The first statement of a transaction. */
static void
notice_first(void)
{
	cal_session_follow();
	held_from = Max(GetCurrentTransactionStartTimestamp(), previous_end);
	if (unlikely(chained))
		in_block = true;
	else
		idle_before = pgStatTransactionIdleTime;
	chained = false;
	cal_transaction_noticed = true;
	if (unlikely(!pgstat_track_activities))
		estimate_gap();
}

/* A further statement, which may have let us wait. */
static void
notice_further(void)
{
	if (unlikely(!pgstat_track_activities))
		estimate_gap();
	cal_pools_gap(gap_so_far());
}

/*
 * When the transaction ended: by the clock if it wrote, since its commit took
 * time, or if nobody has read the clock since it, or its last statement, began.
 * Else at the last reading, which was at the end of a statement.
 */
static inline TimestampTz
read_end(uint64 *commit_usec)
{
	TimestampTz began = Max(GetCurrentStatementStartTimestamp(), held_from);
	TimestampTz worked = Max(cal_clock_last, began);

	*commit_usec = 0;
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
	{
		TimestampTz end = Max(cal_clock_read(), worked);

		*commit_usec = end - worked;
		return end;
	}
	if (cal_clock_last < began)
		return Max(cal_clock_read(), began);
	return cal_clock_last;
}

/* Sum up a transaction that held the connection. */
static inline void
sum_up(CalPoolTotals *total, bool committed)
{
	TimestampTz end = read_end(&total->commit_usec);

	total->held_usec = end - held_from;
	total->gap_usec = Min(gap_so_far(), total->held_usec);
	total->xacts = 1;
	total->setups = 0;
	total->estimated = estimated;
	if (!committed)
		total->commit_usec = 0;
	cal_pools_idle(end);
	cal_pools_add(total);
	previous_end = end;
}

/* The transaction is over. */
static void
finish(bool committed)
{
	CalPoolTotals total;

	if (likely(cal_transaction_busy))
		sum_up(&total, committed);
	else
	{
		memset(&total, 0, sizeof(total));
		total.setups = 1;
		cal_pools_add(&total);
		if (committed)
			cal_session_follow();
	}
	if (cal_transaction_idle != idle_before || estimated)
		cal_pools_gap(0);
	cal_transaction_noticed = false;
	cal_transaction_busy = false;
	cal_transaction_settled = false;
	in_block = aborted = false;
	idle_before = pgStatTransactionIdleTime;
	estimated = false;
	estimated_usec = 0;
}

/* Keep track of where the transaction will end. */
static void
follow_control(CalStatementClass class)
{
	if (class == CAL_CLASS_OPEN)
		in_block = true;
	else if (class == CAL_CLASS_CLOSE || class == CAL_CLASS_CHAIN)
	{
		in_block = false;
		chained = class == CAL_CLASS_CHAIN;
	}
}

/*
 * A failed transaction is over with the statement that may leave it, or, if
 * that passed us by, with the next.  True if there is nothing else to notice.
 */
static bool
leave_aborted(CalStatementClass class)
{
	bool		still = IsAbortedTransactionBlockState();

	if (aborted)
		finish(false);
	if (still)
		follow_control(class);
	return still;
}

/*
 * A statement begins that may matter to the transaction: the first one, the
 * first that is not setup, one after a gap, or one that controls it.
 */
void
cal_transaction_begin(CalStatementClass class)
{
	if (unlikely((aborted || class >= CAL_CLASS_CONTROL) &&
				 leave_aborted(class)))
		return;
	if (class == CAL_CLASS_CLOSE && !IsTransactionBlock())
		class = CAL_CLASS_SETUP;	/* there is nothing to close */

	if (!cal_transaction_noticed)
		notice_first();
	else
		notice_further();
	if (class != CAL_CLASS_SETUP && !cal_transaction_busy)
	{
		cal_transaction_busy = true;
		cal_pools_busy(held_from);
	}
	follow_control(class);
	cal_transaction_idle = pgStatTransactionIdleTime;
	cal_transaction_settled = cal_transaction_busy && pgstat_track_activities;
}

/* The class of a statement that controls transactions. */
CalStatementClass
cal_transaction_control(const TransactionStmt *stmt)
{
	switch (stmt->kind)
	{
		case TRANS_STMT_BEGIN:
		case TRANS_STMT_START:
			return CAL_CLASS_OPEN;
		case TRANS_STMT_COMMIT:
		case TRANS_STMT_ROLLBACK:
		case TRANS_STMT_PREPARE:
			return stmt->chain ? CAL_CLASS_CHAIN : CAL_CLASS_CLOSE;
		case TRANS_STMT_COMMIT_PREPARED:
		case TRANS_STMT_ROLLBACK_PREPARED:
			return CAL_CLASS_WORK;
		default:
			return CAL_CLASS_CONTROL;
	}
}

/*
 * The backend exits.  The gap it is in, if any, has not been counted by core,
 * since no statement has ended it.
 */
void
cal_transaction_exit(void)
{
	if (!cal_transaction_noticed)
		return;
	if (MyBEEntry &&
		(MyBEEntry->st_state == STATE_IDLEINTRANSACTION ||
		 MyBEEntry->st_state == STATE_IDLEINTRANSACTION_ABORTED))
	{
		TimestampTz since = MyBEEntry->st_state_start_timestamp;
		TimestampTz now = cal_clock_read();

		if (now > since)
			estimated_usec += now - since;
	}
	finish(false);
}

/* Core tells of the end of a transaction, ours or another's. */
static void
on_transaction_event(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;
	if (unlikely(!cal_session_started) && event == XACT_EVENT_COMMIT)
		cal_session_start();
	if (!cal_transaction_noticed)
		return;
	if (unlikely(event == XACT_EVENT_ABORT && in_block))
	{
		aborted = true;
		cal_transaction_settled = false;
		return;
	}
	finish(event != XACT_EVENT_ABORT);
}

/* Ask to be told. */
void
cal_transaction_init(void)
{
	RegisterXactCallback(on_transaction_event, NULL);
}
