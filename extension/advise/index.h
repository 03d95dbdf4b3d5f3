/*
 * index.h
 *		An index that exists, or that might help.
 */
#ifndef CAL_INDEX_H
#define CAL_INDEX_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "storage/block.h"

#define CAL_INDEX_KEYS		5	/* of an advised index, at most */
#define CAL_INDEX_INCLUDES	6

/* Expressions are over relation number 1, as in pg_index. */
typedef struct CalIndexKey
{
	AttrNumber	attno;			/* 0: an expression */
	Node	   *expr;			/* of a column, its Var */
	Oid			typid;			/* of the expression */
	Oid			opclass;
	Oid			opfamily;
	Oid			opcintype;
	Oid			collation;
	bool		desc;
	bool		nulls_first;
} CalIndexKey;

typedef struct CalIndex
{
	Oid			relid;			/* a table, or a partitioned one */
	Oid			oid;			/* its own; made up for a candidate */
	Oid			am;
	int			nequal;			/* leading keys whose order is all one */
	int			nkeys;
	int			nincludes;
	CalIndexKey key[CAL_INDEX_KEYS];
	AttrNumber	include[CAL_INDEX_INCLUDES];
	List	   *predicate;		/* conditions, all of which hold; NIL: all
								 * rows */
	double		share;			/* of the table's rows that it holds, 0 to 1 */
	double		tuples;			/* entries; filled in with the size */
	BlockNumber pages;
	int			height;			/* levels of a btree above the leaves */
	bool		unique;			/* of an existing one */
	bool		bound;			/* it enforces or supports something: stays */
} CalIndex;

struct CalTable;

/* The same in every respect that SQL can name. */
extern bool cal_index_same(const CalIndex *a, const CalIndex *b);

/* Whether a column can be had from an index, as a key or beside the keys. */
extern bool cal_index_gives(const CalIndex *index, AttrNumber attno);

/* Whether a does whatever b does, so that b adds nothing. */
extern bool cal_index_covers(const CalIndex *a, const CalIndex *b);

/* Whether the keys of a are the first ones of b, on the same rows. */
extern bool cal_index_repeats(const CalIndex *a, const CalIndex *b);

/* Whether the table has what covers it, or what it repeats and what stays. */
extern bool cal_index_covered(const struct CalTable *table,
							  const CalIndex *index);

/* The key for an expression under the access method's default class; or not. */
extern bool cal_index_key(CalIndexKey *key, Node *expr, Oid am);

extern char *cal_index_ddl(const CalIndex *index);
extern List *cal_index_key_names(const CalIndex *index);

#endif							/* CAL_INDEX_H */
