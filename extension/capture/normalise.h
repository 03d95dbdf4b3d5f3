/*
 * normalise.h
 *		A statement's text with its constants replaced by parameters.
 */
#ifndef CAL_NORMALISE_H
#define CAL_NORMALISE_H

#include "nodes/parsenodes.h"
#include "version_compat.h"

/* A list of constants or parameters in the text; both are byte offsets. */
typedef struct CalListRange
{
	int			first;			/* where its first element begins */
	int			last;			/* where its last element begins */
} CalListRange;

#define CAL_MAX_LISTS 64

typedef struct CalLists
{
	int			n;
	CalListRange range[CAL_MAX_LISTS];
} CalLists;

extern char *cal_normalise(const char *text, int len, int offset,
						   JumbleState *jstate, CalLists *lists,
						   int *result_len);

#endif							/* CAL_NORMALISE_H */
