/*
 * event_text.h
 *		The part of the source text that belongs to one statement.
 */
#ifndef CAL_EVENT_TEXT_H
#define CAL_EVENT_TEXT_H

#include "capture/execution.h"

extern const char *cal_event_text(const CalExecution *ex, size_t *len);

#endif							/* CAL_EVENT_TEXT_H */
