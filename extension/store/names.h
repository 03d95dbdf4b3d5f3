/*
 * names.h
 *		Application names, each stored once and known by a small number.
 */
#ifndef CAL_NAMES_H
#define CAL_NAMES_H

#include "platform/info.h"
#include "platform/memory.h"

#define CAL_NAME_NONE	0		/* the client gave no name */
#define CAL_NAME_OTHER	UINT16_MAX	/* more names than there is room for */

extern const CalArea cal_names_area;

extern uint16 cal_names_intern(const char *name);
extern const char *cal_names_get(uint16 id);
extern void cal_names_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_NAMES_H */
