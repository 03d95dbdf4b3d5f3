/*
 * size_other.h
 *		How large a hash index would be, or one on ranges of blocks.
 */
#ifndef CAL_SIZE_OTHER_H
#define CAL_SIZE_OTHER_H

#include "advise/size.h"

extern void cal_size_hash(const CalSizeJob *job, CalSize *size);
extern void cal_size_brin(const CalSizeJob *job, CalSize *size);

/* Of an access method that we know nothing of. */
extern void cal_size_any(const CalSizeJob *job, CalSize *size);

#endif							/* CAL_SIZE_OTHER_H */
