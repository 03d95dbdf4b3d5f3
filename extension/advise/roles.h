/*
 * roles.h
 *		What each clause and order of a scan could be in a btree.
 */
#ifndef CAL_ROLES_H
#define CAL_ROLES_H

#include "advise/table.h"
#include "advise/wants.h"

#define CAL_ROLE_KEYS	12
#define CAL_ROLE_ORDERS 4

/* A key, and what it would find. */
typedef struct CalRoleKey
{
	CalIndexKey key;
	double		selectivity;	/* share of rows that pass */
	int			place;			/* 0 one value, 1 several, 2 null or boolean */
} CalRoleKey;

typedef struct CalRoleKeys
{
	int			n;
	CalRoleKey	key[CAL_ROLE_KEYS];
} CalRoleKeys;

typedef struct CalRoles
{
	CalRoleKeys equal;			/* by place, then the most selective first */
	CalRoleKeys range;			/* the most selective first */
	CalRoleKeys join;
	int			norders;
	CalRoleKeys order[CAL_ROLE_ORDERS];
} CalRoles;

/* All but the clauses in the list without, which a predicate takes care of. */
extern CalRoles *cal_roles_collect(const CalTable *table, const CalWant *want,
								   const List *without);

/* Whether an expression is of the row's columns alone, and the same for ever. */
extern bool cal_roles_lasting(Node *expr);

/* An expression as a key has it; NULL if it cannot be one. */
extern Node *cal_roles_expression(const CalTable *table, Node *expr);

/* The key of a btree for a column; false if there is none, or it is too wide. */
extern bool cal_roles_column_key(const CalTable *table, AttrNumber attno,
								 CalIndexKey *key);

extern bool cal_roles_same_key(const CalIndexKey *a, const CalIndexKey *b);

/* Different values of an expression that is a key; 0 if unknown. */
extern double cal_roles_known_distinct(const CalTable *table, Node *expr);

/* Different values of a key, and bytes on average; guesses if unknown. */
extern double cal_roles_distinct(const CalTable *table, const CalIndexKey *key);
extern int	cal_roles_width(const CalTable *table, const CalIndexKey *key);

#endif							/* CAL_ROLES_H */
