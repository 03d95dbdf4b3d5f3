/*
 * table.c
 *		What the advisor needs to know about a table.
 *
 * Owns nothing beyond a call.  Called by the advisor's files.  Reads the
 * catalogs and statistics as they are, without running anybody's code; waits
 * for no lock: of a table that is locked exclusively nothing is known for now.
 * Its callers show what comes of it only to those who may see the statements
 * concerned.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass_d.h"
#include "catalog/pg_statistic.h"
#include "commands/defrem.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "advise/table.h"

/* Width and number of different values, from the statistics if there are. */
static void
read_statistics(Oid relid, AttrNumber attno, double tuples,
				CalTableColumn *column)
{
	HeapTuple	tuple = SearchSysCache3(STATRELATTINH,
										ObjectIdGetDatum(relid),
										Int16GetDatum(attno),
										BoolGetDatum(false));
	Form_pg_statistic stats;

	column->width = get_typavgwidth(column->typid, column->typmod);
	if (!HeapTupleIsValid(tuple))
		return;
	stats = (Form_pg_statistic) GETSTRUCT(tuple);
	if (stats->stawidth > 0)
		column->width = stats->stawidth;
	column->distinct = stats->stadistinct >= 0 ? stats->stadistinct
		: -stats->stadistinct * tuples;
	ReleaseSysCache(tuple);
}

/* How a column would be a key of a btree. */
static void
read_column(Oid relid, Form_pg_attribute att, double tuples,
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
	opclass = GetDefaultOpClass(att->atttypid, BTREE_AM_OID);
	if (!OidIsValid(opclass))
		return;
	column->opfamily = get_opclass_family(opclass);
	column->opcintype = get_opclass_input_type(opclass);
	column->deduplicates = OidIsValid(get_opfamily_proc(column->opfamily,
														column->opcintype,
														column->opcintype,
														BTEQUALIMAGE_PROC));
	read_statistics(relid, att->attnum, tuples, column);
}

/* Whether a key column of an index is as ours would be. */
static bool
is_plain_key(const CalTable *table, const oidvector *opclasses,
			 const Form_pg_index form, int i)
{
	AttrNumber	attno = form->indkey.values[i];

	return attno > 0 &&
		get_opclass_family(opclasses->values[i]) ==
		table->column[attno].opfamily;
}

/*
 * An existing index as far as its leading columns are plain; NULL if it is no
 * valid btree over all rows.
 */
static CalIndex *
read_index(const CalTable *table, Oid indexoid)
{
	Relation	rel = NULL;
	CalIndex   *index = NULL;
	Form_pg_index form;
	oidvector  *opclasses;
	Datum		datum;
	bool		isnull;

	if (ConditionalLockRelationOid(indexoid, AccessShareLock))
		rel = try_relation_open(indexoid, NoLock);
	if (rel == NULL)
		return NULL;
	form = rel->rd_index;
	if (form && form->indisvalid && rel->rd_rel->relam == BTREE_AM_OID &&
		heap_attisnull(rel->rd_indextuple, Anum_pg_index_indpred, NULL))
	{
		datum = SysCacheGetAttr(INDEXRELID, rel->rd_indextuple,
								Anum_pg_index_indclass, &isnull);
		opclasses = (oidvector *) DatumGetPointer(datum);
		index = palloc0(sizeof(CalIndex));
		index->relid = table->relid;
		index->oid = indexoid;
		while (index->ncolumns < Min(form->indnkeyatts, CAL_INDEX_COLUMNS) &&
			   is_plain_key(table, opclasses, form, index->ncolumns))
		{
			CalIndexColumn *c = &index->column[index->ncolumns];
			int16		option = rel->rd_indoption[index->ncolumns];

			c->attno = form->indkey.values[index->ncolumns++];
			c->desc = (option & INDOPTION_DESC) != 0;
			c->nulls_first = (option & INDOPTION_NULLS_FIRST) != 0;
		}
	}
	relation_close(rel, AccessShareLock);
	return index && index->ncolumns > 0 ? index : NULL;
}

/* The plain indexes that a table has. */
static void
read_indexes(Relation rel, CalTable *table)
{
	ListCell   *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		CalIndex   *index = read_index(table, lfirst_oid(lc));

		if (index)
			table->indexes = lappend(table->indexes, index);
	}
}

/* Fill in what is to know of an open table. */
static void
read_relation(Relation rel, CalTable *table)
{
	TupleDesc	desc = RelationGetDescr(rel);
	BlockNumber pages;
	double		allvisible;

	if (rel->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		table->unusable = "the table is temporary";
	if (rel->rd_rel->relispartition)
		table->root = llast_oid(get_partition_ancestors(table->relid));
	if (RELKIND_HAS_STORAGE(rel->rd_rel->relkind))
		estimate_rel_size(rel, NULL, &pages, &table->tuples, &allvisible);
	table->natts = desc->natts;
	table->column = palloc0((desc->natts + 1) * sizeof(CalTableColumn));
	for (int i = 0; i < desc->natts; i++)
		read_column(table->relid, TupleDescAttr(desc, i), table->tuples,
					&table->column[i + 1]);
	read_indexes(rel, table);
}

/* What there is to know of a table; never NULL. */
CalTable *
cal_table_read(Oid relid)
{
	CalTable   *table = palloc0(sizeof(CalTable));
	Relation	rel = NULL;

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
	relation_close(rel, AccessShareLock);
	return table;
}

/* The same index on the partitioned table; NULL if columns are missing. */
CalIndex *
cal_table_to_root(const CalTable *table, const CalTable *root,
				  const CalIndex *index)
{
	CalIndex   *copy = palloc(sizeof(CalIndex));

	*copy = *index;
	copy->relid = root->relid;
	for (int i = 0; i < copy->ncolumns; i++)
	{
		char	   *name = get_attname(table->relid, copy->column[i].attno,
									   true);

		copy->column[i].attno = name ? get_attnum(root->relid, name)
			: InvalidAttrNumber;
		if (copy->column[i].attno <= 0 ||
			copy->column[i].attno > root->natts)
			return NULL;
	}
	return copy;
}
