/*
 * groups.h
 *		Statements that differ only in the length of a list are one group.
 */
#ifndef CAL_GROUPS_H
#define CAL_GROUPS_H

#include "platform/info.h"
#include "platform/memory.h"

extern const CalArea cal_groups_area;

extern uint64 cal_groups_find(uint64 queryid);	/* 0: not known yet */
extern void cal_groups_put(uint64 queryid, uint64 group);
extern void cal_groups_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_GROUPS_H */
