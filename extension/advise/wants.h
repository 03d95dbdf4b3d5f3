/*
 * wants.h
 *		What a statement wants of each relation that it reads.
 */
#ifndef CAL_WANTS_H
#define CAL_WANTS_H

#include "nodes/pathnodes.h"

typedef enum CalClauseKind
{
	CAL_CLAUSE_OP,				/* expression op value */
	CAL_CLAUSE_ANY,				/* expression op any of several values */
	CAL_CLAUSE_NULL,			/* expression is null */
	CAL_CLAUSE_NOT_NULL,
	CAL_CLAUSE_TRUE,			/* a boolean expression */
	CAL_CLAUSE_FALSE,
	CAL_CLAUSE_JOIN,			/* expression op what another relation has */
	CAL_CLAUSE_OTHER			/* nothing that a key could serve */
} CalClauseKind;

/* Expressions are copies, over relation number 1. */
typedef struct CalClause
{
	CalClauseKind kind;
	Node	   *expr;			/* a Var, or an expression; NULL of OTHER */
	Oid			op;				/* with the expression on its left, or 0 */
	Oid			collation;		/* that the operator goes by */
	Node	   *value;			/* the other side if it is a constant */
	Node	   *clause;			/* the whole; NULL of a join's */
	double		selectivity;	/* share of rows that pass */
	bool		fixed;			/* the statement's own text says so */
	int			seen;			/* in how many samples it was the same */
} CalClause;

typedef struct CalOrderKey
{
	Node	   *expr;
	Oid			opfamily;		/* of btrees */
	Oid			collation;		/* it is sorted by */
	bool		desc;
	bool		nulls_first;
} CalOrderKey;

/* One scan of one relation; or one arm of an OR in it. */
typedef struct CalWant
{
	Oid			relid;			/* of a partitioned table, that itself */
	double		tuples;
	double		rows;			/* that pass its own clauses */
	List	   *clauses;		/* CalClause */
	List	   *orders;			/* lists of CalOrderKey; the final one first */
	Bitmapset  *columns;		/* plain columns that are read at all */
	Bitmapset  *output;			/* those read for more than its own clauses */
	bool		whole;			/* so are others: no index can be enough */
	bool		limited;		/* a LIMIT is above */
} CalWant;

/*
 * Collect into this list, in this memory, while the planner is at the query,
 * which it has not changed yet; or stop.
 */
extern void cal_wants_collect(List **wants, MemoryContext context,
							  const char *source, Query *query);

/* The planner has made the paths of a relation. */
extern void cal_wants_rel(PlannerInfo *root, RelOptInfo *rel, Index rti,
						  RangeTblEntry *rte);

#endif							/* CAL_WANTS_H */
