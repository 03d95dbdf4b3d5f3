/*
 * text.h
 *		Keeps the normalised text of each statement once.
 */
#ifndef CAL_CAPTURE_TEXT_H
#define CAL_CAPTURE_TEXT_H

#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "version_compat.h"

extern uint64 cal_text_group(uint64 queryid);
extern void cal_text_note(const char *source, Query *query,
						  JumbleState *jstate);
extern bool cal_text_has_secret(Node *utility, const char *text, int len);

#endif							/* CAL_CAPTURE_TEXT_H */
