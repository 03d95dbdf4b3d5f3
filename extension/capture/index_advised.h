/*
 * index_advised.h
 *		Whether an index that came or went is what the advisor had said.
 */
#ifndef CAL_INDEX_ADVISED_H
#define CAL_INDEX_ADVISED_H

#include "store/trials.h"

extern bool cal_index_advised(const CalTrial *trial);

#endif							/* CAL_INDEX_ADVISED_H */
