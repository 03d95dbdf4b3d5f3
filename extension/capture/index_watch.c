/*
 * index_watch.c
 *		Notes which indexes come and go.
 *
 * Owns: what this process knew of a table's indexes before the statement that
 * may change them.  Called by utility.c around CREATE INDEX, DROP INDEX,
 * REINDEX, and ALTER TABLE for constraints that are indexes and for columns
 * that go; what is there afterwards, valid, and was not there before, came.  It
 * goes by names, so that an index that was built anew is the same.
 *
 * With each is kept what the statements that touch its table have cost until
 * then (store/trials.c).  Whether the transaction commits is not known here;
 * a reader sees it by the catalogs.  All work is behind cal_shield, and nothing
 * waits for a lock: of a table that somebody has locked, the definitions of
 * indexes are left out.  Nothing is written.  Only one statement at a time is
 * watched: one inside it (in an event trigger) takes its place.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/text_clean.h"
#include "capture/index_advised.h"
#include "capture/index_watch.h"
#include "platform/shield.h"
#include "store/predicates.h"
#include "store/slab_merge_sums.h"
#include "store/statements.h"
#include "store/trials.h"

#define KNOWN_MAX		64		/* indexes of a table, or of a DROP INDEX */
#define WRITES_MIN		4		/* places kept for statements that write */
#define SLACK			16		/* what may come in while we allocate */

/* An index as it was before. */
typedef struct Known
{
	Oid			oid;
	Oid			relid;
	Oid			namespace;
	bool		valid;
	char		name[NAMEDATALEN];
	char		definition[CAL_TRIAL_DEFINITION];
} Known;

typedef struct Watch
{
	uint32		number;
	Oid			relid;			/* whose indexes may come; or none */
	int			n;
	Known		known[KNOWN_MAX];
} Watch;

static Watch *watch = NULL;

/* The definition of an index, if nobody has locked its table. */
static void
define(Oid index, Oid relid, char *out)
{
	const char *definition;
	size_t		len;

	out[0] = '\0';
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return;
	definition = pg_get_indexdef_string(index);
	UnlockRelationOid(relid, AccessShareLock);
	len = cal_text_clip(definition, strlen(definition), CAL_TRIAL_DEFINITION - 1,
						GetDatabaseEncoding());
	memcpy(out, definition, len);
	out[len] = '\0';
}

/* Remember an index; its definition if it may go. */
static void
remember(Oid index, Oid relid, bool valid, bool may_go)
{
	char	   *name = get_rel_name(index);
	Known	   *known = &watch->known[watch->n];

	if (watch->n == KNOWN_MAX || name == NULL)
		return;
	known->oid = index;
	known->relid = relid;
	known->namespace = get_rel_namespace(index);
	known->valid = valid;
	strlcpy(known->name, name, NAMEDATALEN);
	known->definition[0] = '\0';
	if (may_go)
		define(index, relid, known->definition);
	watch->n++;
}

/* What to do with each index of a table. */
typedef void (*ForIndex) (Form_pg_index form, void *arg);

/*
 * Visit the indexes of a table, as this very command has left them: CREATE INDEX
 * CONCURRENTLY ends with a change that no other snapshot would see.
 */
static void
for_indexes(Oid relid, ForIndex visit, void *arg)
{
	Relation	pg_index = table_open(IndexRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(pg_index, IndexIndrelidIndexId, true, SnapshotSelf,
							  1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		visit((Form_pg_index) GETSTRUCT(tuple), arg);
	systable_endscan(scan);
	table_close(pg_index, AccessShareLock);
}

/* Remember an index of a table; arg tells whether it may go. */
static void
remember_of_table(Form_pg_index form, void *arg)
{
	remember(form->indexrelid, form->indrelid, form->indisvalid, *(bool *) arg);
}

/* Whether a table's indexes are worth a note. */
static bool
is_of_interest(Oid relid)
{
	return relid >= FirstNormalObjectId &&
		get_rel_persistence(relid) != RELPERSISTENCE_TEMP;
}

/* Remember all indexes of a table, and that more may come. */
static void
watch_table(Oid relid, bool may_go)
{
	if (!OidIsValid(relid) || !is_of_interest(relid))
		return;
	watch->relid = relid;
	for_indexes(relid, remember_of_table, &may_go);
}

/* Before DROP INDEX: remember those that it names. */
static void
watch_named(const DropStmt *stmt)
{
	ListCell   *lc;

	if (stmt->removeType != OBJECT_INDEX)
		return;
	foreach(lc, stmt->objects)
	{
		RangeVar   *name = makeRangeVarFromNameList(lfirst(lc));
		Oid			index = RangeVarGetRelid(name, NoLock, true);
		Oid			relid = InvalidOid;

		if (OidIsValid(index))
			relid = IndexGetRelation(index, true);
		if (OidIsValid(relid) && is_of_interest(relid))
			remember(index, relid, true, true);
	}
}

/* Whether a part of ALTER TABLE makes or drops indexes. */
static bool
concerns_indexes(const AlterTableCmd *cmd)
{
	switch (cmd->subtype)
	{
		case AT_DropConstraint:
		case AT_DropColumn:
			return true;
		case AT_AddConstraint:
			return castNode(Constraint, cmd->def)->contype == CONSTR_PRIMARY ||
				castNode(Constraint, cmd->def)->contype == CONSTR_UNIQUE ||
				castNode(Constraint, cmd->def)->contype == CONSTR_EXCLUSION;
		default:
			return false;
	}
}

/* Before ALTER TABLE. */
static void
watch_altered(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	if (stmt->objtype != OBJECT_TABLE)
		return;
	foreach(lc, stmt->cmds)
	{
		if (concerns_indexes(lfirst(lc)))
		{
			watch_table(RangeVarGetRelid(stmt->relation, NoLock, true), true);
			return;
		}
	}
}

/* Before REINDEX, which may make an index valid. */
static void
watch_rebuilt(const ReindexStmt *stmt)
{
	Oid			relid;

	if (stmt->relation == NULL)
		return;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (OidIsValid(relid) && stmt->kind == REINDEX_OBJECT_INDEX)
		relid = IndexGetRelation(relid, true);
	watch_table(relid, false);
}

/* Remember what there is. */
static void
look_before(void *arg)
{
	Node	   *utility = arg;

	switch (nodeTag(utility))
	{
		case T_IndexStmt:
			watch_table(RangeVarGetRelid(((IndexStmt *) utility)->relation,
										 NoLock, true), false);
			break;
		case T_DropStmt:
			watch_named((DropStmt *) utility);
			break;
		case T_AlterTableStmt:
			watch_altered((AlterTableStmt *) utility);
			break;
		case T_ReindexStmt:
			watch_rebuilt((ReindexStmt *) utility);
			break;
		default:
			break;
	}
}

/* Before the statement runs; see cal_index_watch. */
uint32
cal_index_watch_begin(Node *utility)
{
	static uint32 number = 0;

	if (watch == NULL)
		watch = MemoryContextAllocExtended(TopMemoryContext, sizeof(Watch),
										   MCXT_ALLOC_NO_OOM);
	if (watch == NULL)
		return 0;
	watch->number = ++number;
	watch->relid = InvalidOid;
	watch->n = 0;
	if (!cal_shield(look_before, utility) ||
		(watch->n == 0 && !OidIsValid(watch->relid)))
		return 0;
	return watch->number;
}

/* The table itself, or the partitioned one that it belongs to. */
static Oid
root_of(Oid relid)
{
	List	   *ancestors = NIL;

	if (get_rel_relispartition(relid))
		ancestors = get_partition_ancestors(relid);
	return ancestors == NIL ? relid : llast_oid(ancestors);
}

/* The dearest comes first. */
static int
compare_times(const void *a, const void *b)
{
	uint64		x = ((const CalTrialStatement *) a)->usec;
	uint64		y = ((const CalTrialStatement *) b)->usec;

	return x != y ? (x < y ? 1 : -1) : 0;
}

/* The statements that touch a table, with what they have cost so far. */
static int
load_statements(Oid relid, TimestampTz at, CalTrialStatement **out)
{
	int			room = cal_predicates_count() + SLACK;
	CalPredicate *p = palloc_extended(room * sizeof(CalPredicate),
									  MCXT_ALLOC_HUGE);
	int			seen = cal_predicates_copy(p, room, NULL);
	Oid			root = root_of(relid);
	CalSums    *sums = cal_sums_load(MyDatabaseId);
	int			n = 0;

	*out = palloc0(room * sizeof(CalTrialStatement));
	for (int i = 0; i < seen; i++)
	{
		CalTrialStatement *to = &(*out)[n];
		CalSum		sum;

		if (p[i].key.dbid != MyDatabaseId ||
			(p[i].key.relid != relid && p[i].key.relid != root))
			continue;
		if (!cal_sums_of(sums, p[i].key.userid, p[i].key.queryid, at, &sum) ||
			sum.calls == 0)
			continue;
		to->queryid = p[i].key.queryid;
		to->userid = p[i].key.userid;
		to->writes = p[i].rows_inserted + p[i].rows_updated +
			p[i].rows_deleted > 0;
		to->searches = p[i].ncolumns > 0 || p[i].others;
		to->calls = sum.calls;
		to->usec = sum.usec;
		to->squares = sum.squares;
		to->origin = sum.origin;
		n++;
	}
	qsort(*out, n, sizeof(CalTrialStatement), compare_times);
	return n;
}

/* Take the dearest of them, some of those that write among them. */
static void
choose_statements(CalTrial *trial, const CalTrialStatement *s, int n)
{
	int			reads_left = CAL_TRIAL_STATEMENTS;
	int			writes = 0;

	for (int i = 0; i < n; i++)
		writes += s[i].writes;
	reads_left -= Min(writes, WRITES_MIN);
	for (int i = 0; i < n && trial->nstatements < CAL_TRIAL_STATEMENTS; i++)
	{
		if (!s[i].writes && reads_left-- <= 0)
			continue;
		trial->statement[trial->nstatements++] = s[i];
	}
}

/* Note that an index came or went. */
static void
note(const Known *index, CalTrialAction action)
{
	CalTrial   *trial = palloc0(sizeof(CalTrial));
	CalTrialStatement *statements;
	int			n;

	trial->dbid = MyDatabaseId;
	trial->relid = index->relid;
	trial->indexrelid = index->oid;
	trial->userid = GetUserId();
	trial->at = GetCurrentTimestamp();
	trial->epoch = cal_statements_epoch();
	trial->action = action;
	strlcpy(trial->name, index->name, NAMEDATALEN);
	strlcpy(trial->definition, index->definition, CAL_TRIAL_DEFINITION);
	trial->advised = cal_index_advised(trial);
	n = load_statements(index->relid, trial->at, &statements);
	choose_statements(trial, statements, n);
	cal_trials_note(trial);
	cal_predicates_renew(MyDatabaseId, index->relid);
}

/* Note an index of a table unless it was there, and valid, before. */
static void
note_if_new(Form_pg_index form, void *arg)
{
	Known		index = {form->indexrelid, form->indrelid};
	char	   *name = get_rel_name(form->indexrelid);

	if (!form->indisvalid || name == NULL)
		return;
	for (int i = 0; i < watch->n; i++)
		if (watch->known[i].valid && strcmp(watch->known[i].name, name) == 0)
			return;
	if (watch->n == KNOWN_MAX)
		return;					/* others may have been left out */
	strlcpy(index.name, name, NAMEDATALEN);
	define(index.oid, index.relid, index.definition);
	note(&index, CAL_TRIAL_CREATE);
}

/* Note what has changed. */
static void
look_after(void *arg)
{
	for (int i = 0; i < watch->n; i++)
	{
		Known	   *known = &watch->known[i];
		Oid			oid = get_relname_relid(known->name, known->namespace);

		if (OidIsValid(oid) && oid != known->oid)
			cal_trials_follow(MyDatabaseId, known->oid, oid);
		else if (!OidIsValid(oid) &&
				 SearchSysCacheExists1(RELOID, ObjectIdGetDatum(known->relid)))
			note(known, CAL_TRIAL_DROP);
	}
	if (OidIsValid(watch->relid))
		for_indexes(watch->relid, note_if_new, NULL);
}

/* After the statement has succeeded. */
void
cal_index_watch_end(uint32 number)
{
	if (number == watch->number)
		(void) cal_shield(look_after, NULL);
}
