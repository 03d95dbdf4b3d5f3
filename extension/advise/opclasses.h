/*
 * opclasses.h
 *		Which operator classes serve an operator.
 */
#ifndef CAL_OPCLASSES_H
#define CAL_OPCLASSES_H

#include "advise/index.h"

/*
 * Keys of this expression, one for each class of the access method that serves
 * the operator with the expression on its left: CalIndexKey, those with the
 * fewest other operators first, for they make the smaller indexes.
 */
extern List *cal_opclasses_keys(Node *expr, Oid op, Oid am);

/* Such a key of the method's default class for the expression; or not. */
extern bool cal_opclasses_default(CalIndexKey *key, Node *expr, Oid op, Oid am);

/* The same as key, but of this class. */
extern void cal_opclasses_set(CalIndexKey *key, Oid opclass);

#endif							/* CAL_OPCLASSES_H */
