/*
 * plan_writes.c
 *		Reads out of an executed plan what it wrote, and what that cost.
 *
 * Owns nothing.  Called by plan_reader.c, for an execution whose triggers have
 * fired.  Rows are counted where core counts them; those written to several
 * partitions count as written to the partitioned table.  Of the triggers, only
 * those of foreign keys are of interest: an index can make them cheap.  Those
 * that are deferred have not fired yet, and are not seen.  Looks nothing up,
 * allocates nothing, takes no lock.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "utils/rel.h"

#include "capture/plan_writes.h"

/* Note that columns are set, given by number in a table of the range table. */
static void
note_columns(CalPlanNotes *notes, CalPredicate *p, Index rti,
			 const List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		AttrNumber	attno = (AttrNumber) lfirst_int(lc);

		cal_plan_notes_root(notes, rti, &attno);
		if (attno <= 0 || attno >= 128)
			attno = 0;
		p->updated[attno / 64] |= UINT64CONST(1) << (attno % 64);
	}
}

/* Note the columns that a MERGE sets. */
static void
note_merge(CalPlanNotes *notes, CalPredicate *p, Index rti,
		   const List *actions)
{
	ListCell   *lc;

	foreach(lc, actions)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		if (action->commandType == CMD_UPDATE)
			note_columns(notes, p, rti, action->updateColnos);
	}
}

/* Rows that a node below the top got to write, or all that were written. */
static double
processed(const ModifyTableState *state)
{
	const ModifyTable *mt = (const ModifyTable *) state->ps.plan;

	if (mt->canSetTag)
		return (double) state->ps.state->es_processed;
	return cal_plan_rows(outerPlanState(state)->instrument);
}

/* An INSERT, which may update rows that are there. */
static void
note_insert(CalPlanNotes *notes, CalPredicate *p, Index rti,
			const ModifyTableState *state)
{
	const ModifyTable *mt = (const ModifyTable *) state->ps.plan;
	double		given = cal_plan_rows(outerPlanState(state)->instrument);
	double		there = 0;

	if (mt->onConflictAction == ONCONFLICT_NONE)
	{
		p->rows_inserted += processed(state);
		return;
	}
	if (state->ps.instrument)
		there = state->ps.instrument->ntuples2;
	p->rows_inserted += Max(given - there, 0);
	if (mt->onConflictAction == ONCONFLICT_UPDATE)
	{
		p->rows_updated += there;
		note_columns(notes, p, rti, mt->onConflictCols);
	}
}

/* The indexes by which an INSERT finds rows that are there are in use. */
static void
note_arbiters(CalPlanNotes *notes, const ModifyTable *mt)
{
	ListCell   *lc;

	foreach(lc, mt->arbiterIndexes)
		cal_plan_notes_sighting(notes, CAL_SIGHTING_INDEX, lfirst_oid(lc));
}

/* What a node wrote to its table, or to the partitions of one. */
void
cal_plan_writes_note(CalPlanNotes *notes, ModifyTableState *state)
{
	ModifyTable *mt = (ModifyTable *) state->ps.plan;
	Index		first = linitial_int(mt->resultRelations);
	CalPredicate *p;

	p = cal_plan_notes_table(notes, list_length(mt->resultRelations) == 1 ?
							 first : mt->nominalRelation);
	if (p == NULL)
		return;
	note_arbiters(notes, mt);
	switch (mt->operation)
	{
		case CMD_INSERT:
			note_insert(notes, p, first, state);
			break;
		case CMD_UPDATE:
			p->rows_updated += processed(state);
			note_columns(notes, p, first, linitial(mt->updateColnosLists));
			break;
		case CMD_DELETE:
			p->rows_deleted += processed(state);
			break;
		case CMD_MERGE:
			p->rows_inserted += state->mt_merge_inserted;
			p->rows_updated += state->mt_merge_updated;
			p->rows_deleted += state->mt_merge_deleted;
			note_merge(notes, p, first, linitial(mt->mergeActionLists));
			break;
		default:
			break;
	}
}

/* The side of a foreign key that a trigger is on; false if it is of none. */
static bool
side_of(const Trigger *trigger, CalSightingKind *kind)
{
	switch (RI_FKey_trigger_type(trigger->tgfoid))
	{
		case RI_TRIGGER_PK:
			*kind = CAL_SIGHTING_REFERENCED;
			return OidIsValid(trigger->tgconstraint);
		case RI_TRIGGER_FK:
			*kind = CAL_SIGHTING_REFERENCING;
			return OidIsValid(trigger->tgconstraint);
		default:
			return false;
	}
}

/* The triggers of foreign keys of some tables. */
static void
note_triggers(CalPlanNotes *notes, const List *tables)
{
	ListCell   *lc;

	foreach(lc, tables)
	{
		const ResultRelInfo *rel = lfirst(lc);
		const TriggerDesc *desc = rel->ri_TrigDesc;

		for (int i = 0; desc && rel->ri_TrigInstrument && i < desc->numtriggers; i++)
		{
			const Instrumentation *instr = &rel->ri_TrigInstrument[i];
			CalSightingKind kind;
			CalSighting *e;

			if (cal_plan_rows(instr) == 0 ||
				!side_of(&desc->triggers[i], &kind))
				continue;
			e = cal_plan_notes_sighting(notes, kind,
										desc->triggers[i].tgconstraint);
			if (e == NULL)
				return;
			e->key.relid = RelationGetRelid(rel->ri_RelationDesc);
			e->calls = (uint64) cal_plan_rows(instr);
			e->usec = (uint64) (instr->total * 1000000.0) +
				INSTR_TIME_GET_MICROSEC(instr->counter);
		}
	}
}

/* What the foreign keys cost that were checked behind the execution. */
void
cal_plan_writes_triggers(CalPlanNotes *notes, EState *estate)
{
	note_triggers(notes, estate->es_opened_result_relations);
	note_triggers(notes, estate->es_tuple_routing_result_relations);
	note_triggers(notes, estate->es_trig_target_relations);
}
