/*
 * rowsample.c
 *		Some rows of a table, to measure what statistics do not say.
 *
 * Owns nothing beyond the table it is asked about.  Called by the advisor's
 * files, in the sandbox: as the user who ran a statement, who must have the
 * right to read the whole table.  Reads whole blocks, spread evenly, so that
 * neighbours in the table are seen as such, and always the same ones.  Holds a
 * lock that hinders nobody who does not want the table for himself, while it
 * reads; never waits for it.  Values stored out of line stay there until
 * somebody asks for them.
 */
#include "postgres.h"

#include <math.h>
#include <time.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/tableam.h"
#include "access/tsmapi.h"
#include "access/tupconvert.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "advise/rowsample.h"
#include "version_compat.h"

#define ROWS_WANTED		30000	/* as many as ANALYZE reads by default */
#define BLOCKS_LEAST	300
#define BLOCKS_MOST		600		/* bounds memory: 4.8 MB of rows */
#define ROWS_PER_BLOCK	60		/* if nothing is known */
#define PARTS_MOST		100		/* partitions that are read */
#define ROWS_PROBED		100		/* to see how long an expression takes */
#define AHEAD			32		/* blocks that are asked for in advance */

/* Where a scan is; what the table calls back with is the first member. */
typedef struct Position
{
	SampleScanState node;
	Relation	rel;
	BlockNumber pages;
	BlockNumber wanted;
	BlockNumber next;			/* of those wanted, the one to read next */
	BlockNumber ahead;			/* and to ask for next */
	OffsetNumber offset;
} Position;

/*
 * The i-th block to read: somewhere in the i-th of equal stretches, so that
 * nothing periodic in the table goes unseen.
 */
static BlockNumber
block_number(const Position *at, BlockNumber i)
{
	double		stretch = (double) at->pages / at->wanted;
	uint32		random = (i + 1) * 2654435761u;
	double		within = at->wanted < at->pages ? (random >> 8) / 16777216.0 : 0;
	BlockNumber block = (BlockNumber) ((i + within) * stretch);

	return Min(block, at->pages - 1);
}

/* For the table: the next block, or none. */
static BlockNumber
next_block(SampleScanState *node, BlockNumber nblocks)
{
	Position   *at = (Position *) node;

	CHECK_FOR_INTERRUPTS();
	while (at->ahead < at->wanted && at->ahead < at->next + AHEAD)
		(void) PrefetchBuffer(at->rel, MAIN_FORKNUM,
							  block_number(at, at->ahead++));
	at->offset = InvalidOffsetNumber;
	if (at->next >= at->wanted)
		return InvalidBlockNumber;
	return block_number(at, at->next++);
}

/* For the table: the next row in the block, or none. */
static OffsetNumber
next_offset(SampleScanState *node, BlockNumber block, OffsetNumber max)
{
	Position   *at = (Position *) node;

	return at->offset < max ? ++at->offset : InvalidOffsetNumber;
}

/* Add a row. */
static void
keep(CalRowSample *sample, HeapTuple row, const TupleTableSlot *slot)
{
	row->t_self = slot->tts_tid;
	row->t_tableOid = slot->tts_tableOid;
	if ((sample->n & (sample->n - 1)) == 0)
		sample->row = sample->row == NULL
			? palloc(sizeof(HeapTuple))
			: repalloc(sample->row, 2 * sample->n * sizeof(HeapTuple));
	sample->row[sample->n++] = row;
}

/* Read blocks of a table; a partition's columns may be in another order. */
static void
read_rows(CalRowSample *sample, Position *at, TsmRoutine *routine)
{
	TableScanDesc scan = table_beginscan_sampling(at->rel, GetActiveSnapshot(),
												  0, NULL, true, false, true);
	TupleTableSlot *slot = table_slot_create(at->rel, NULL);
	TupleConversionMap *map = convert_tuples_by_name(RelationGetDescr(at->rel),
													 sample->desc);

	routine->NextSampleBlock = next_block;
	routine->NextSampleTuple = next_offset;
	at->node.tsmroutine = routine;
	while (table_scan_sample_next_block(scan, &at->node))
	{
		while (table_scan_sample_next_tuple(scan, &at->node, slot))
		{
			HeapTuple	row = ExecCopySlotHeapTuple(slot);

			if (map)
			{
				HeapTuple	converted = execute_attr_map_tuple(row, map);

				heap_freetuple(row);
				row = converted;
			}
			keep(sample, row, slot);
		}
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
}

/* Read so many blocks of a table or partition, if it is not locked. */
static void
read_part(CalRowSample *sample, Oid relid, BlockNumber wanted)
{
	CalRowPart *part = &sample->part[sample->nparts];
	Position	at = {0};
	TsmRoutine	routine = {0};

	if (!ConditionalLockRelationOid(relid, AccessShareLock))
		return;
	at.rel = try_relation_open(relid, NoLock);
	if (at.rel && RELKIND_HAS_TABLE_AM(at.rel->rd_rel->relkind) &&
		!RELATION_IS_OTHER_TEMP(at.rel))
	{
		at.pages = RelationGetNumberOfBlocks(at.rel);
		at.wanted = Min(wanted, at.pages);
		part->first = sample->n;
		if (at.wanted > 0)
			read_rows(sample, &at, &routine);
		part->n = sample->n - part->first;
		part->pages = at.pages;
		part->read = at.wanted;
		if (at.wanted > 0)
			part->total = (double) part->n * at.pages / at.wanted;
		sample->total += part->total;
		sample->nparts++;
	}
	if (at.rel)
		relation_close(at.rel, NoLock);
	UnlockRelationOid(relid, AccessShareLock);
}

/* Blocks to read of all. */
static BlockNumber
blocks_wanted(const CalTable *table)
{
	double		per_block = ROWS_PER_BLOCK;
	double		blocks;

	if (table->pages > 0 && table->tuples > 0)
		per_block = table->tuples / table->pages;
	blocks = ROWS_WANTED / Max(per_block, 1);
	return (BlockNumber) Min(Max(blocks, BLOCKS_LEAST), BLOCKS_MOST);
}

/* Pages of a table as far as the catalog knows, without opening it. */
static BlockNumber
pages_known(Oid relid, char *relkind)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int32		pages = 0;

	*relkind = '\0';
	if (!HeapTupleIsValid(tuple))
		return 0;
	*relkind = ((Form_pg_class) GETSTRUCT(tuple))->relkind;
	pages = ((Form_pg_class) GETSTRUCT(tuple))->relpages;
	ReleaseSysCache(tuple);
	return pages > 0 ? pages : 0;
}

/*
 * Read the leaves of a partitioned table in proportion to their size, or if
 * they are very many, every so manieth of them.
 */
static void
read_partitions(CalRowSample *sample, const CalTable *table)
{
	List	   *leaves = NIL;
	BlockNumber wanted = blocks_wanted(table);
	double		all = 0;
	double		read = 0;
	int			every;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(table->relid, NoLock, NULL))
	{
		char		relkind;
		BlockNumber pages = pages_known(lfirst_oid(lc), &relkind);

		if (!RELKIND_HAS_TABLE_AM(relkind))
			continue;
		leaves = lappend_oid(leaves, lfirst_oid(lc));
		all += pages + 1;
	}
	every = list_length(leaves) / PARTS_MOST + 1;
	sample->part = palloc0((list_length(leaves) / every + 1) *
						   sizeof(CalRowPart));
	for (int i = 0; i < list_length(leaves); i += every)
	{
		char		relkind;
		Oid			leaf = list_nth_oid(leaves, i);
		double		pages = pages_known(leaf, &relkind) + 1;

		read += pages;
		read_part(sample, leaf, ceil(wanted * every * pages / all));
	}
	sample->scale = read > 0 ? all / read : 1;
	sample->total *= sample->scale;
}

static const char no_right[] = "the statement's user may not read all of it";
static const char row_secured[] = "row security is on for the statement's user";

/* Why the current user is not shown rows, whoever else was; or NULL. */
static const char *
refusal(Oid relid)
{
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return no_right;
	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		return row_secured;
	return NULL;
}

/* Why an open table has no rows to show; or NULL. */
static const char *
obstacle(Relation rel)
{
	char		relkind = rel->rd_rel->relkind;

	if (relkind != RELKIND_PARTITIONED_TABLE && !RELKIND_HAS_TABLE_AM(relkind))
		return "it has no rows of its own";
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		return "it is temporary";
	if (!RelationIsScannable(rel))
		return "it has not been filled";
	return NULL;
}

/* Read the sample, in a memory context of its own. */
static CalRowSample *
read_sample(Relation rel, const CalTable *table)
{
	MemoryContext parent = GetMemoryChunkContext((void *) table);
	MemoryContext own = AllocSetContextCreate(parent, "pg_caliper row sample",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(own);
	CalRowSample *sample = palloc0(sizeof(CalRowSample));

	sample->context = own;
	sample->desc = CreateTupleDescCopyConstr(RelationGetDescr(rel));
	sample->scale = 1;
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		read_partitions(sample, table);
	else
	{
		sample->part = palloc0(sizeof(CalRowPart));
		read_part(sample, table->relid, blocks_wanted(table));
	}
	MemoryContextSwitchTo(outer);
	return sample;
}

/* Open the table, if nobody locks it, and read. */
static void
take(CalTable *table)
{
	Relation	rel;

	table->unsampled = "it is locked";
	if (!ConditionalLockRelationOid(table->relid, AccessShareLock))
		return;
	table->unsampled = "reading it failed";
	rel = try_relation_open(table->relid, NoLock);
	if (rel)
	{
		const char *why = obstacle(rel);

		if (why == NULL)
			table->sample = read_sample(rel, table);
		table->unsampled = why;
		relation_close(rel, NoLock);
	}
	UnlockRelationOid(table->relid, AccessShareLock);
}

/*
 * The sample of a table, read the first time; NULL if there is none.  It is
 * also withheld from users who might not read it: expressions are evaluated
 * in its rows.
 */
CalRowSample *
cal_rowsample_take(CalTable *table)
{
	const char *why = refusal(table->relid);
	const char *before = table->unsampled;

	if (why && table->sample)
		return NULL;
	if (before == no_right || before == row_secured)
		before = NULL;
	if (table->sample || before)
		return table->sample;
	table->unsampled = why;
	if (why == NULL)
		take(table);
	return table->sample;
}

/* Evaluate it row by row, in memory that is gone after each. */
int
cal_rowsample_walk(const CalRowSample *sample, Node *expr,
				   const CalRowWalk *walk, CalRowVisit visit, void *arg)
{
	EState	   *estate = CreateExecutorState();
	ExprContext *econtext = GetPerTupleExprContext(estate);
	TupleTableSlot *slot = MakeSingleTupleTableSlot(sample->desc,
													&TTSOpsHeapTuple);
	ExprState  *state = ExecPrepareExpr((Expr *) expr, estate);
	int			done = 0;

	econtext->ecxt_scantuple = slot;
	for (int i = walk->first; i < walk->end; i += walk->step)
	{
		MemoryContext outer;
		Datum		value;
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		ResetPerTupleExprContext(estate);
		ExecStoreHeapTuple(sample->row[i], slot, false);
		value = ExecEvalExprSwitchContext(state, econtext, &isnull);
		outer = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		visit(arg, i, value, isnull);
		MemoryContextSwitchTo(outer);
		done++;
	}
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
	return done;
}

/*
 * How many rows to leave out, so that the others take about so long; by the
 * processor's time, so that who else is busy makes no difference.
 */
int
cal_rowsample_step(const CalRowSample *sample, Node *expr, CalRowVisit visit,
				   void *arg, int least, double msec)
{
	CalRowWalk	walk = {0, sample->n, sample->n / ROWS_PROBED + 1};
	clock_t		start = clock();
	double		all;
	int			step = 1;

	(void) cal_rowsample_walk(sample, expr, &walk, visit, arg);
	all = (double) (clock() - start) * 1000 / CLOCKS_PER_SEC * walk.step;
	while (all / step > msec && sample->n / step >= 2 * least)
		step *= 2;
	return step;
}
