/*
 * table.h
 *		What the advisor needs to know about a table.
 */
#ifndef CAL_TABLE_H
#define CAL_TABLE_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "storage/block.h"

#define CAL_INDEX_COLUMNS 5		/* columns of an advised index, at most */

typedef struct CalIndexColumn
{
	AttrNumber	attno;
	bool		desc;
	bool		nulls_first;
} CalIndexColumn;

typedef struct CalIndex
{
	Oid			relid;
	Oid			oid;			/* its own; made up for a candidate */
	int			nequal;			/* leading columns whose order is all one */
	int			ncolumns;
	CalIndexColumn column[CAL_INDEX_COLUMNS];
	BlockNumber pages;
	int			height;			/* levels above the leaves */
} CalIndex;

/* A column as a btree key with the type's default operator class. */
typedef struct CalTableColumn
{
	Oid			typid;
	int32		typmod;
	Oid			collation;
	Oid			opfamily;		/* invalid: it cannot be a key */
	Oid			opcintype;
	char		align;
	bool		fixed;			/* all values have the same width */
	bool		deduplicates;
	int			width;			/* on average, bytes */
	double		distinct;		/* different values; 0 unknown */
} CalTableColumn;

typedef struct CalTable
{
	Oid			relid;
	Oid			root;			/* partitioned table it belongs to, if any */
	const char *unusable;		/* why nothing can be advised, or NULL */
	double		tuples;
	int			natts;
	CalTableColumn *column;		/* from 1 on */
	List	   *indexes;		/* CalIndex: plain valid btrees it has */
} CalTable;

extern CalTable *cal_table_read(Oid relid);
extern CalIndex *cal_table_to_root(const CalTable *table, const CalTable *root,
								   const CalIndex *index);

#endif							/* CAL_TABLE_H */
