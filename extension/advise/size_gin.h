/*
 * size_gin.h
 *		How large an inverted index would be.
 */
#ifndef CAL_SIZE_GIN_H
#define CAL_SIZE_GIN_H

#include "advise/size.h"

extern void cal_size_gin(const CalSizeJob *job, CalSize *size);

#endif							/* CAL_SIZE_GIN_H */
