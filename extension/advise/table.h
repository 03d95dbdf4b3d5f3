/*
 * table.h
 *		What the advisor needs to know about a table.
 */
#ifndef CAL_TABLE_H
#define CAL_TABLE_H

#include "access/htup.h"

#include "advise/index.h"

struct CalRowSample;

/* A column; its statistics as ANALYZE left them, 0 where unknown. */
typedef struct CalTableColumn
{
	Oid			typid;
	int32		typmod;
	Oid			collation;
	Oid			opfamily;		/* of its btree class; invalid: none */
	Oid			opcintype;
	char		align;
	bool		fixed;			/* all values have the same width */
	bool		deduplicates;
	int			width;			/* on average, bytes */
	double		distinct;		/* different values */
	double		nulls;			/* share of rows */
	double		correlation;	/* with the order on disk, -1 to 1 */
} CalTableColumn;

/* What ANALYZE would know of an expression; from a sample of rows. */
typedef struct CalExpression
{
	Node	   *expr;			/* over relation number 1 */
	HeapTuple	stats;			/* as in pg_statistic; NULL if unknown */
	Oid			oid;			/* of an index that only carries these */
	int			width;
	double		distinct;
	double		nulls;
} CalExpression;

typedef struct CalTable
{
	Oid			relid;
	Oid			root;			/* partitioned table it belongs to, if any */
	char		relkind;
	const char *unusable;		/* why nothing can be advised, or NULL */
	double		tuples;			/* of all partitions */
	BlockNumber pages;
	int			natts;
	CalTableColumn *column;		/* from 1 on */
	List	   *indexes;		/* CalIndex: valid ones that it has */
	List	   *expressions;	/* CalExpression, as far as they were asked */
	struct CalRowSample *sample;	/* rows, if they were read */
	const char *unsampled;		/* why they were not, or NULL */
	double		inserted;		/* rows written in the observed time */
	double		updated;
	double		deleted;
	double	   *set;			/* from 1 on: updates that set the column */
} CalTable;

extern CalTable *cal_table_read(Oid relid);

/* The expression as far as it is known, or NULL. */
extern CalExpression *cal_table_expression(const CalTable *table,
										   const Node *expr);

#endif							/* CAL_TABLE_H */
