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
 * Most transactions are plain: one statement, and they are kept cheap.
 *
 * The opener is the transaction's first statement that is not control or
 * setup.  It is credited with the time that the connection was held, where the
 * statement itself is counted; and the longest gap with the statement before
 * it, since that is where the client's code sleeps.
 *
 * Nothing here may fail or allocate.  It takes no lock but those of the
 * stores, and those only when a name changes or a counter is full.  The clock
 * is read for transactions that wrote, and where nobody else has read it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pgstat.h"
#include "utils/backend_status.h"

#include "capture/beside.h"
#include "capture/clock.h"
#include "capture/event.h"
#include "capture/execution_state.h"
#include "capture/session.h"
#include "capture/transaction.h"
#include "store/names.h"
#include "store/pools_mine.h"

/* What we know of the transaction; nothing before its first statement. */
#define NOTICED		0x01
#define BUSY		0x02		/* it did more than setup */
#define PLAIN		0x04		/* it is one statement, as far as we know */
#define IN_BLOCK	0x08		/* between BEGIN and COMMIT or ROLLBACK */
#define ABORTED		0x10		/* it failed, and waits for ROLLBACK */
#define CHAINED		0x20		/* the next one follows without BEGIN */
#define ESTIMATED	0x40		/* its gap is our estimate */
#define GOES_ON		0x80		/* its statement has committed, and runs on */

CAL_HOT bool cal_transaction_settled = false;
CAL_HOT PgStat_Counter cal_transaction_idle = 0;
CAL_HOT uint16 cal_transaction_application = CAL_NAME_NONE;
CAL_HOT uint64 cal_transaction_last = 0;

static CAL_HOT uint32 state = 0;
static CAL_HOT TimestampTz held_from;

/* The end of the transaction before: no two of them overlap. */
static CAL_HOT TimestampTz previous_end = 0;

/* Core's count of idle time when the transaction began, if it is not plain. */
static CAL_HOT PgStat_Counter idle_before;

/* Gap by our own estimate, and the statement that was the last to add to it. */
static uint64 estimated_usec = 0;
static TimestampTz estimated_at = 0;

/* The longest gap, and the statement before it. */
static uint64 longest_usec = 0;
static uint64 longest_after = 0;

/* Gaps of this transaction that have ended. */
static uint64
gap_so_far(void)
{
	PgStat_Counter core = pgStatTransactionIdleTime - idle_before;

	if (state & PLAIN)
		return 0;
	return (core > 0 ? core : 0) + estimated_usec;
}

/* A gap is over. */
static void
note_gap(int64 usec)
{
	if (usec <= (int64) longest_usec)
		return;
	longest_usec = usec;
	longest_after = cal_transaction_last;
}

/* A gap that core counts may be over. */
static void
follow_gap(void)
{
	note_gap(pgStatTransactionIdleTime - cal_transaction_idle);
	cal_transaction_idle = pgStatTransactionIdleTime;
	cal_pools_gap(gap_so_far());
}

/* Core does not count: what lies between our last reading and now was gap. */
static void
estimate_gap(void)
{
	TimestampTz arrived = GetCurrentStatementStartTimestamp();
	TimestampTz since = Max(cal_clock_last, held_from);

	state |= ESTIMATED;
	if (arrived > since && arrived != estimated_at)
	{
		estimated_usec += arrived - since;
		note_gap(arrived - since);
	}
	estimated_at = arrived;
}

/* The first statement of a transaction. */
static inline void
notice_first(void)
{
	TimestampTz start;

	cal_session_follow();
	start = GetCurrentTransactionStartTimestamp();
	held_from = Max(start, previous_end);
}

/* The same, for a transaction that may be more than one statement. */
static CAL_OFTEN void
notice_other(void)
{
	notice_first();
	if ((state & CHAINED) && IsTransactionBlock())
		state = NOTICED | IN_BLOCK;
	else
	{
		state = NOTICED;
		idle_before = cal_transaction_idle = pgStatTransactionIdleTime;
	}
}

/*
 * When a transaction that is not plain ended: by the clock if it wrote, since
 * its commit took time, or if nobody has read the clock since its last
 * statement arrived.  Else at the last reading.
 */
static CAL_OFTEN TimestampTz
read_end(uint64 *commit_usec)
{
	TimestampTz began = Max(held_from, GetCurrentStatementStartTimestamp());
	TimestampTz worked = Max(began, cal_clock_last);

	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
	{
		TimestampTz end = cal_clock_read();

		end = Max(end, worked);
		*commit_usec = end - worked;
		return end;
	}
	if (cal_clock_last < began)
		cal_clock_read();
	return Max(cal_clock_last, began);
}

/* Credit the opener with its transaction. */
static CAL_OFTEN void
credit_opener(uint64 held, uint64 gap)
{
	CalSlabEntry *entry = cal_slab_opener;
	CalCounters *c;

	if (entry->epoch != cal_statements_epoch())
		entry = cal_slab_lookup(&entry->key);
	c = &entry->counters;
	cal_slab_begin(entry);
	c->opened++;
	c->held_usec += held;
	c->gap_usec += gap;
	if (Min(longest_usec, gap) > c->longest_gap_usec)
	{
		c->longest_gap_usec = Min(longest_usec, gap);
		c->gap_after = longest_after;
	}
	c->last = Max(c->last, cal_clock_last);
	cal_slab_end(entry);
}

/* The transaction held the connection, and is over. */
static CAL_OFTEN void
free_connection(bool committed)
{
	CalPoolTotals more = {0};
	TimestampTz end = read_end(&more.commit_usec);
	uint64		held = end - held_from;

	if (!committed)
		more.commit_usec = 0;
	note_gap(pgStatTransactionIdleTime - cal_transaction_idle);
	more.gap_usec = Min(gap_so_far(), held);
	more.estimated = (state & ESTIMATED) != 0;
	if (cal_slab_opener)
		credit_opener(held, more.gap_usec);
	cal_pools_free(end, held, &more);
	previous_end = end;
}

/* The transaction is over. */
static CAL_OFTEN void
finish(bool committed)
{
	bool		busy = (state & BUSY) != 0;

	if (busy)
		free_connection(committed);
	else
		cal_pools_setup();
	cal_transaction_settled = false;
	state &= CHAINED;
	idle_before = cal_transaction_idle = pgStatTransactionIdleTime;
	estimated_usec = longest_usec = longest_after = 0;
	cal_slab_opener = NULL;
	if (!busy && committed)
		cal_session_follow();
}

/*
 * A plain transaction that wrote nothing is over: it ended with its statement,
 * whose end somebody has read, unless it was not measured.
 */
static inline void
finish_plain(void)
{
	CalSlabEntry *entry = cal_slab_opener;
	TimestampTz end = cal_clock_last;

	if (unlikely(end < held_from))
	{
		end = cal_clock_read();
		end = Max(end, held_from);
	}
	if (likely(entry))
	{
		cal_slab_begin(entry);
		entry->counters.opened++;
		entry->counters.held_usec += end - held_from;
		entry->counters.last = Max(entry->counters.last, end);
		cal_slab_end(entry);
	}
	cal_slab_opener = NULL;
	cal_transaction_settled = false;
	state = 0;
	previous_end = end;
	cal_pools_free_plain(end, end - held_from);
}

/*
 * A statement that controls the transaction has succeeded: keep track of where
 * the transaction will end.
 */
void
cal_transaction_follow(CalStatementClass class)
{
	if (class == CAL_CLASS_OPEN)
		state |= IN_BLOCK;
	else if (class == CAL_CLASS_CLOSE || class == CAL_CLASS_CHAIN)
		state &= ~IN_BLOCK;
	if (class == CAL_CLASS_CHAIN)
		state |= CHAINED;
}

/*
 * A failed transaction is over with the statement that may leave it, or, if
 * that passed us by, with the next.  True if there is nothing else to notice.
 */
static bool
leave_aborted(void)
{
	bool		still = IsAbortedTransactionBlockState();

	if (state & ABORTED)
		finish(false);
	else if (state & NOTICED)
		follow_gap();
	return still;
}

/* A statement that has committed does more: that is another transaction. */
static void
count_another(void)
{
	state &= ~GOES_ON;
	cal_pools_another();
	if (cal_slab_opener == NULL)
		return;
	cal_slab_begin(cal_slab_opener);
	cal_slab_opener->counters.opened++;
	cal_slab_end(cal_slab_opener);
}

/* As cal_transaction_begin, if the transaction may not be plain. */
static CAL_OFTEN pg_noinline void
begin_other(CalStatementClass class)
{
	if (((state & ABORTED) || class >= CAL_CLASS_CONTROL) &&
		leave_aborted())
		return;
	if (class == CAL_CLASS_CLOSE && !IsTransactionBlock())
		class = CAL_CLASS_SETUP;	/* there is nothing to close */

	if (state & GOES_ON)
		count_another();
	if (!(state & NOTICED))
		notice_other();
	else if (state & PLAIN)
	{
		state &= ~PLAIN;
		idle_before = cal_transaction_idle;
	}
	if (!pgstat_track_activities)
		estimate_gap();
	follow_gap();
	if (class != CAL_CLASS_SETUP && !(state & BUSY))
	{
		state |= BUSY;
		cal_pools_busy(held_from);
	}
	cal_transaction_settled = (state & BUSY) && pgstat_track_activities;
}

/*
 * A statement begins that may matter to the transaction: the first one, the
 * first that is not setup, one after a gap, or one that controls it.
 */
CAL_OFTEN void
cal_transaction_begin(CalStatementClass class)
{
	if (cal_transaction_settled && class == CAL_CLASS_WORK &&
		!(state & PLAIN))
	{
		follow_gap();
		return;
	}
	if (unlikely(state != 0 || class != CAL_CLASS_WORK ||
				 !pgstat_track_activities))
	{
		begin_other(class);
		return;
	}
	notice_first();
	state = NOTICED | BUSY | PLAIN;
	cal_transaction_idle = pgStatTransactionIdleTime;
	cal_transaction_settled = true;
	cal_pools_busy(held_from);
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

/* Since when the server has waited for the client in this transaction, or 0. */
static TimestampTz
waiting_since(void)
{
	if (!pgstat_track_activities)
	{
		if (cal_nesting > 0)
			return 0;
		state |= ESTIMATED;
		return Max(cal_clock_last, held_from);
	}
	if (MyBEEntry &&
		(MyBEEntry->st_state == STATE_IDLEINTRANSACTION ||
		 MyBEEntry->st_state == STATE_IDLEINTRANSACTION_ABORTED))
		return MyBEEntry->st_state_start_timestamp;
	return 0;
}

/*
 * The backend exits.  The gap it is in, if any, has not been counted by core,
 * since no statement has ended it.
 */
CAL_OFTEN void
cal_transaction_exit(void)
{
	TimestampTz since;
	TimestampTz now;

	if (!(state & NOTICED))
		return;
	since = waiting_since();
	now = cal_clock_read();
	if (since != 0 && now > since)
	{
		state &= ~PLAIN;
		estimated_usec += now - since;
		note_gap(now - since);
	}
	finish(false);
}

/*
 * The transaction ends within a statement, such as CALL or VACUUM, which goes
 * on with another: the connection stays held, and for the same opener.
 */
static void
go_on(void)
{
	if (!(state & NOTICED))
		return;
	state |= GOES_ON;
	cal_transaction_settled = false;
}

/* As on_transaction_event, if the transaction is not plain or fails. */
static CAL_OFTEN pg_noinline void
end_other(XactEvent event)
{
	cal_event_settle();
	if (cal_beside_owes)
		cal_beside_pay();
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;
	if (!cal_session_started && event == XACT_EVENT_COMMIT)
		cal_session_start();
	if (!(state & NOTICED))
		return;
	if (event == XACT_EVENT_ABORT && (state & IN_BLOCK))
	{
		follow_gap();
		state |= ABORTED;
		cal_transaction_settled = false;
		return;
	}
	finish(event != XACT_EVENT_ABORT);
}

/* Core tells of the end of a transaction, ours or another's. */
static CAL_OFTEN void
on_transaction_event(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT)
		return;
	if (unlikely(event == XACT_EVENT_COMMIT && cal_nesting > 0))
	{
		go_on();
		return;
	}
	if (unlikely(event != XACT_EVENT_COMMIT || !(state & PLAIN)))
		end_other(event);
	else if (unlikely(TransactionIdIsValid(GetTopTransactionIdIfAny())))
		end_other(XACT_EVENT_COMMIT);
	else
		finish_plain();
}

/* Ask to be told. */
void
cal_transaction_init(void)
{
	RegisterXactCallback(on_transaction_event, NULL);
}
