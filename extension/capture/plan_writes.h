/*
 * plan_writes.h
 *		Reads out of an executed plan what it wrote, and what that cost.
 */
#ifndef CAL_PLAN_WRITES_H
#define CAL_PLAN_WRITES_H

#include "capture/plan_notes.h"
#include "executor/instrument.h"
#include "nodes/execnodes.h"

/* Rows that a node returned, or calls of a trigger. */
static inline double
cal_plan_rows(const Instrumentation *instr)
{
	return instr ? instr->ntuples + instr->tuplecount : 0;
}

/* Whether anything was written to a table. */
static inline bool
cal_plan_writes_any(const CalPredicate *p)
{
	return p->rows_inserted + p->rows_updated + p->rows_deleted > 0;
}

extern void cal_plan_writes_note(CalPlanNotes *notes, ModifyTableState *state);
extern void cal_plan_writes_triggers(CalPlanNotes *notes, EState *estate);

#endif							/* CAL_PLAN_WRITES_H */
