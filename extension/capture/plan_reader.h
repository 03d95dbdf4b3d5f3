/*
 * plan_reader.h
 *		Reads the predicates, joins and orders out of an executed plan.
 */
#ifndef CAL_PLAN_READER_H
#define CAL_PLAN_READER_H

#include "capture/execution.h"

/*
 * At the end of a successful execution whose plan nodes counted rows
 * (ex->sampled).  Writes to store/predicates.  Raises nothing.
 */
extern void cal_plan_reader_observe(const CalExecution *ex);

#endif							/* CAL_PLAN_READER_H */
