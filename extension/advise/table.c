/*
 * table.c
 *		What the advisor needs to know about a table.
 *
 * Owns: the reading of catalogs and statistics of one table.  Called through
 * the workload, which keeps what was read.  Locks the table and its indexes
 * for reading until the end of the transaction, as planning does, but does not
 * wait: a table that somebody changes right now is left out.  Expressions of
 * indexes are taken as they are stored and not simplified, since that would
 * run their functions.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/relation.h"
#include "catalog/catalog.h"
#include "catalog/partition.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "advise/table.h"

/* The correlation out of a row of statistics. */
static double
correlation_of(HeapTuple tuple)
{
	AttStatsSlot slot;
	double		correlation = 0;

	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		if (slot.nnumbers == 1)
			correlation = slot.numbers[0];
		free_attstatsslot(&slot);
	}
	return correlation;
}

/* What ANALYZE knows of a column. */
static void
read_statistics(const CalTable *table, AttrNumber attno,
				CalTableColumn *column)
{
	bool		all = table->relkind == RELKIND_PARTITIONED_TABLE;
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(table->relid),
										Int16GetDatum(attno),
										BoolGetDatum(all));
	Form_pg_statistic stats;

	column->width = get_typavgwidth(column->typid, column->typmod);
	if (!HeapTupleIsValid(tuple))
		return;
	stats = (Form_pg_statistic) GETSTRUCT(tuple);
	if (stats->stawidth > 0)
		column->width = stats->stawidth;
	column->distinct = stats->stadistinct >= 0 ? stats->stadistinct
		: -stats->stadistinct * table->tuples;
	column->nulls = stats->stanullfrac;
	column->correlation = correlation_of(tuple);
	ReleaseSysCache(tuple);
}

/* A column, and how it would be a key of a btree. */
static void
read_column(const CalTable *table, Form_pg_attribute att,
			CalTableColumn *column)
{
	Oid			opclass;

	if (att->attisdropped)
		return;
	column->typid = att->atttypid;
	column->typmod = att->atttypmod;
	column->collation = att->attcollation;
	column->align = att->attalign;
	column->fixed = att->attlen > 0;
	read_statistics(table, att->attnum, column);
	opclass = GetDefaultOpClass(att->atttypid, BTREE_AM_OID);
	if (!OidIsValid(opclass))
		return;
	column->opfamily = get_opclass_family(opclass);
	column->opcintype = get_opclass_input_type(opclass);
	column->deduplicates = OidIsValid(get_opfamily_proc(column->opfamily,
														column->opcintype,
														column->opcintype,
														BTEQUALIMAGE_PROC));
}

/* A list of expressions out of a row of pg_index, as it is stored. */
static List *
stored_expressions(Relation rel, AttrNumber attno)
{
	bool		isnull;
	Datum		datum = SysCacheGetAttr(INDEXRELID, rel->rd_indextuple, attno,
										&isnull);
	Node	   *node;

	if (isnull)
		return NIL;
	node = stringToNode(text_to_cstring(DatumGetTextPP(datum)));
	fix_opfuncids(node);
	return IsA(node, List) ? (List *) node : make_ands_implicit((Expr *) node);
}

/* One key of an existing index; expressions come off their list. */
static void
read_key(const CalTable *table, Relation rel, const oidvector *opclasses,
		 int i, CalIndexKey *key, ListCell **next)
{
	int16		option = rel->rd_indoption[i];

	key->attno = rel->rd_index->indkey.values[i];
	if (key->attno > 0)
	{
		const CalTableColumn *c = &table->column[key->attno];

		key->expr = (Node *) makeVar(1, key->attno, c->typid, c->typmod,
									 c->collation, 0);
	}
	else
	{
		key->attno = 0;
		key->expr = lfirst(*next);
	}
	key->typid = exprType(key->expr);
	key->opclass = opclasses->values[i];
	key->opfamily = rel->rd_opfamily[i];
	key->opcintype = rel->rd_opcintype[i];
	key->collation = rel->rd_indcollation[i];
	key->desc = (option & INDOPTION_DESC) != 0;
	key->nulls_first = (option & INDOPTION_NULLS_FIRST) != 0;
}

/* Its keys and other columns; whether there was room for all of them. */
static bool
read_keys(const CalTable *table, Relation rel, CalIndex *index)
{
	Form_pg_index form = rel->rd_index;
	List	   *exprs = stored_expressions(rel, Anum_pg_index_indexprs);
	ListCell   *next = list_head(exprs);
	bool		isnull;
	Datum		datum = SysCacheGetAttr(INDEXRELID, rel->rd_indextuple,
										Anum_pg_index_indclass, &isnull);

	for (int i = 0; i < form->indnkeyatts; i++)
	{
		if (index->nkeys == CAL_INDEX_KEYS || form->indkey.values[i] < 0)
			return false;
		read_key(table, rel, (oidvector *) DatumGetPointer(datum), i,
				 &index->key[index->nkeys++], &next);
		if (form->indkey.values[i] == 0)
			next = lnext(exprs, next);
	}
	for (int i = form->indnkeyatts; i < form->indnatts; i++)
	{
		if (index->nincludes == CAL_INDEX_INCLUDES)
			return false;
		index->include[index->nincludes++] = form->indkey.values[i];
	}
	return true;
}

/* Whether a foreign key of the table is looked up by this index. */
static bool
serves_foreign_key(Relation table, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, RelationGetFKeyList(table))
	{
		ForeignKeyCacheInfo *fk = lfirst(lc);
		int			found = 0;

		for (int i = 0; i < Min(fk->nkeys, index->nkeys); i++)
			for (int j = 0; j < fk->nkeys; j++)
				found += index->key[i].attno == fk->conkey[j];
		if (found == fk->nkeys)
			return true;
	}
	return false;
}

/* An existing index; NULL if it is of no use now. */
static CalIndex *
read_index(const CalTable *table, Relation heap, Oid indexoid)
{
	Relation	rel = NULL;
	CalIndex   *index = NULL;
	Form_pg_index form;

	if (ConditionalLockRelationOid(indexoid, AccessShareLock))
		rel = try_relation_open(indexoid, NoLock);
	if (rel == NULL)
		return NULL;
	form = rel->rd_index;
	if (form && form->indisvalid)
	{
		index = palloc0(sizeof(CalIndex));
		index->relid = table->relid;
		index->oid = indexoid;
		index->am = rel->rd_rel->relam;
		index->unique = form->indisunique;
		index->share = 1;
		index->bound = !read_keys(table, rel, index) || form->indisunique ||
			form->indisexclusion || form->indisreplident ||
			form->indisclustered || rel->rd_rel->relispartition ||
			serves_foreign_key(heap, index);
		index->predicate = stored_expressions(rel, Anum_pg_index_indpred);
		index->tuples = Max(rel->rd_rel->reltuples, 0);
		if (RELKIND_HAS_STORAGE(rel->rd_rel->relkind))
			index->pages = RelationGetNumberOfBlocks(rel);
	}
	relation_close(rel, NoLock);
	return index && index->nkeys > 0 ? index : NULL;
}

/* Rows and pages of a table that may be partitioned; skips what is locked. */
static void
read_size(Relation rel, CalTable *table)
{
	ListCell   *lc;

	if (RELKIND_HAS_STORAGE(table->relkind))
	{
		double		allvisible;

		estimate_rel_size(rel, NULL, &table->pages, &table->tuples,
						  &allvisible);
		return;
	}
	foreach(lc, find_all_inheritors(table->relid, NoLock, NULL))
	{
		Oid			relid = lfirst_oid(lc);
		Relation	leaf = NULL;
		BlockNumber pages = 0;
		double		tuples = 0;
		double		allvisible;

		if (relid != table->relid &&
			ConditionalLockRelationOid(relid, AccessShareLock))
			leaf = try_relation_open(relid, NoLock);
		if (leaf == NULL)
			continue;
		if (RELKIND_HAS_STORAGE(leaf->rd_rel->relkind))
			estimate_rel_size(leaf, NULL, &pages, &tuples, &allvisible);
		table->pages += pages;
		table->tuples += tuples;
		relation_close(leaf, NoLock);
	}
}

/* Why nothing can be advised for a relation, or NULL. */
static const char *
why_unusable(Relation rel)
{
	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_MATVIEW:
		case RELKIND_PARTITIONED_TABLE:
			break;
		default:
			return "it is no table";
	}
	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		return "the table is temporary";
	if (IsSystemRelation(rel))
		return "it is a system table";
	return NULL;
}

/* The partitioned table that a table belongs to; one being detached has none. */
static Oid
root_of(Relation rel)
{
	List	   *ancestors = NIL;

	if (rel->rd_rel->relispartition)
		ancestors = get_partition_ancestors(RelationGetRelid(rel));
	return ancestors == NIL ? InvalidOid : llast_oid(ancestors);
}

/* Fill in what is to know of an open table. */
static void
read_relation(Relation rel, CalTable *table)
{
	TupleDesc	desc = RelationGetDescr(rel);
	ListCell   *lc;

	table->unusable = why_unusable(rel);
	table->relkind = rel->rd_rel->relkind;
	table->root = root_of(rel);
	read_size(rel, table);
	table->natts = desc->natts;
	table->column = palloc0((desc->natts + 1) * sizeof(CalTableColumn));
	table->set = palloc0((desc->natts + 1) * sizeof(double));
	for (int i = 0; i < desc->natts; i++)
		read_column(table, TupleDescAttr(desc, i), &table->column[i + 1]);
	foreach(lc, RelationGetIndexList(rel))
	{
		CalIndex   *index = read_index(table, rel, lfirst_oid(lc));

		if (index)
			table->indexes = lappend(table->indexes, index);
	}
}

/* What there is to know of a table; never NULL. */
CalTable *
cal_table_read(Oid relid)
{
	CalTable   *table = palloc0(sizeof(CalTable));
	Relation	rel;

	table->relid = relid;
	if (!ConditionalLockRelationOid(relid, AccessShareLock))
	{
		table->unusable = "the table is locked";
		return table;
	}
	rel = try_relation_open(relid, NoLock);
	if (rel == NULL)
	{
		table->unusable = "the table does not exist any more";
		UnlockRelationOid(relid, AccessShareLock);
		return table;
	}
	read_relation(rel, table);
	relation_close(rel, NoLock);
	return table;
}

/* The expression as far as it is known, or NULL. */
CalExpression *
cal_table_expression(const CalTable *table, const Node *expr)
{
	ListCell   *lc;

	foreach(lc, table->expressions)
	{
		CalExpression *e = lfirst(lc);

		if (equal(e->expr, expr))
			return e;
	}
	return NULL;
}
