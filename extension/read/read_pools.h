/*
 * read_pools.h
 *		What caliper.pools and caliper.active show alike.
 */
#ifndef CAL_READ_POOLS_H
#define CAL_READ_POOLS_H

#include "datatype/timestamp.h"
#include "read/result.h"
#include "store/pools.h"

extern void cal_read_pool(CalRow *row, const CalPoolKey *key);

#endif							/* CAL_READ_POOLS_H */
