/*
 * transaction.h
 *		How long this connection is held, and what for.
 */
#ifndef CAL_TRANSACTION_H
#define CAL_TRANSACTION_H

#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "platform/local.h"
#include "store/pools_mine.h"
#include "store/slab.h"

/* What kind of statement a hook was called for. */
typedef enum CalStatementClass
{
	CAL_CLASS_WORK,				/* everything else */
	CAL_CLASS_SETUP,			/* SET, SHOW, RESET, DISCARD */
	CAL_CLASS_CONTROL,			/* SAVEPOINT, RELEASE, ROLLBACK TO */
	CAL_CLASS_OPEN,				/* BEGIN, START TRANSACTION */
	CAL_CLASS_CLOSE,			/* COMMIT, ROLLBACK, PREPARE TRANSACTION */
	CAL_CLASS_CHAIN				/* COMMIT AND CHAIN, ROLLBACK AND CHAIN */
} CalStatementClass;

/* The application that the present transaction is booked on. */
CAL_LOCAL uint16 cal_transaction_application;

/* Further statements tell us nothing, unless there was a gap. */
CAL_LOCAL bool cal_transaction_settled;

/* Core's count of idle time in transactions, as it was when we last looked. */
CAL_LOCAL PgStat_Counter cal_transaction_idle;

/* The latest statement at top level. */
CAL_LOCAL uint64 cal_transaction_last;

extern void cal_transaction_init(void);
extern CalStatementClass cal_transaction_control(const TransactionStmt *stmt);
extern void cal_transaction_begin(CalStatementClass class);
extern void cal_transaction_follow(CalStatementClass class);
extern void cal_transaction_exit(void);

/* At each hook: almost always three comparisons. */
static inline void
cal_transaction_notice(CalStatementClass class)
{
	if (unlikely(!cal_transaction_settled || class != CAL_CLASS_WORK ||
				 cal_transaction_idle != pgStatTransactionIdleTime))
		cal_transaction_begin(class);
}

/* A statement runs that opens the transaction, unless it is open. */
static inline void
cal_transaction_open(CalSlabEntry *entry)
{
	if (cal_slab_opener == NULL)
	{
		cal_slab_opener = entry;
		cal_pools_opener(entry->key.queryid, entry->key.userid);
	}
}

#endif							/* CAL_TRANSACTION_H */
