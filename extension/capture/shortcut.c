/*
 * shortcut.c
 *		From core's query id straight to this backend's counters.
 *
 * Owns: a small table of statements that this backend has run at top level.
 * Called where a statement begins; a miss costs the look-up that the table
 * saves.  It need not be cleared: entries that have moved, another user or
 * application make a shortcut void.
 */
#include "postgres.h"

#include "capture/shortcut.h"

CAL_LARGE CalShortcut cal_shortcuts[CAL_SHORTCUTS];
