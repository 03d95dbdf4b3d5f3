/*
 * shortcut.h
 *		From core's query id straight to this backend's counters.
 */
#ifndef CAL_SHORTCUT_H
#define CAL_SHORTCUT_H

#include "capture/transaction.h"
#include "miscadmin.h"
#include "platform/local.h"
#include "store/slab.h"

#define CAL_SHORTCUTS 128		/* a power of two */

/* Of a statement at top level; valid as long as no entry has moved. */
typedef struct CalShortcut
{
	uint64		queryid;		/* core's */
	CalSlabEntry *entry;
	uint32		moves;
} CalShortcut;

CAL_LOCAL CalShortcut cal_shortcuts[CAL_SHORTCUTS];

/* The entry of a statement that was counted lately, or NULL. */
static inline CalSlabEntry *
cal_shortcut(uint64 queryid)
{
	const CalShortcut *s = &cal_shortcuts[queryid & (CAL_SHORTCUTS - 1)];
	CalSlabEntry *entry = s->entry;

	if (likely(s->queryid == queryid && s->moves == cal_slab_moves &&
			   entry->key.application == cal_transaction_application &&
			   entry->key.userid == GetUserId()))
		return entry;
	return NULL;
}

/* Remember an entry. */
static inline void
cal_shortcut_keep(uint64 queryid, CalSlabEntry *entry)
{
	CalShortcut *s = &cal_shortcuts[queryid & (CAL_SHORTCUTS - 1)];

	s->queryid = queryid;
	s->entry = entry;
	s->moves = cal_slab_moves;
}

#endif							/* CAL_SHORTCUT_H */
