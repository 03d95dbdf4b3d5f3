/*
 * patterns.h
 *		Searches for the beginning of a value.
 */
#ifndef CAL_PATTERNS_H
#define CAL_PATTERNS_H

#include "advise/wants.h"
#include "advise/index.h"

/* The key of a btree that such a clause can use as a range; or not. */
extern bool cal_patterns_key(const CalClause *clause, Node *expr,
							 CalIndexKey *key);

#endif							/* CAL_PATTERNS_H */
