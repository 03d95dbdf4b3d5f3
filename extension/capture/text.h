/*
 * text.h
 *		Keeps the normalised text of each statement once.
 */
#ifndef CAL_CAPTURE_TEXT_H
#define CAL_CAPTURE_TEXT_H

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "platform/local.h"
#include "version_compat.h"

/* The latest query id asked for, and its group. */
CAL_LOCAL uint64 cal_text_latest;
CAL_LOCAL uint64 cal_text_latest_group;
extern uint64 cal_text_find_group(uint64 queryid);

/* The id that we use for a query id of core's. */
static inline uint64
cal_text_group(uint64 queryid)
{
	if (CAL_CORE_SQUASHES_LISTS)
		return queryid;
	if (likely(queryid == cal_text_latest))
		return cal_text_latest_group;
	return cal_text_find_group(queryid);
}

extern void cal_text_place(const char *source, int *location, int *len);
extern void cal_text_note(const char *source, Query *query,
						  JumbleState *jstate);
extern bool cal_text_has_secret(Node *utility, const char *text, int len);

#endif							/* CAL_CAPTURE_TEXT_H */
