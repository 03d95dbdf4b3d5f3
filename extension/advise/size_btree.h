/*
 * size_btree.h
 *		How large a btree would be.
 */
#ifndef CAL_SIZE_BTREE_H
#define CAL_SIZE_BTREE_H

#include "advise/size.h"

extern void cal_size_btree(const CalSizeJob *job, CalSize *size);

#endif							/* CAL_SIZE_BTREE_H */
