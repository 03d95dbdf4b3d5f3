/*
 * exprstats.h
 *		Statistics of an expression, as ANALYZE would make them.
 */
#ifndef CAL_EXPRSTATS_H
#define CAL_EXPRSTATS_H

#include "advise/table.h"

/*
 * The expression in table->expressions, where it is added the first time; it
 * lives as long as the table.  Without stats if nothing is known; NULL if the
 * expression is not immutable.  In the sandbox only.
 */
extern CalExpression *cal_exprstats_get(CalTable *table, Node *expr);

#endif							/* CAL_EXPRSTATS_H */
