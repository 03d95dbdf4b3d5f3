/*
 * covering.h
 *		Indexes that have all that a scan reads.
 */
#ifndef CAL_COVERING_H
#define CAL_COVERING_H

#include "advise/table.h"
#include "advise/wants.h"

/* The index with what the want reads beside the keys; false if not worth it. */
extern bool cal_covering_includes(const CalTable *table, const CalWant *want,
								  const CalIndex *index, CalIndex *covering);

/* The same with keys; false unless it is smaller so. */
extern bool cal_covering_keys(const CalTable *table, const CalWant *want,
							  const CalIndex *index, CalIndex *covering);

/* What is read instead of the whole table; false if it is not much smaller. */
extern bool cal_covering_narrow(const CalTable *table, const CalWant *want,
								CalIndex *covering);

/* Append a column beside the keys, if it is not there; false if it must not. */
extern bool cal_covering_add(const CalTable *table, CalIndex *index,
							 AttrNumber attno);

#endif							/* CAL_COVERING_H */
