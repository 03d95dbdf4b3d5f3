/*
 * memory.h
 *		One block of shared memory, cut into the slices of the stores.
 */
#ifndef CAL_MEMORY_H
#define CAL_MEMORY_H

#include "storage/lwlock.h"

/* A function that SQL calls: among the few symbols that are exported. */
#define CAL_FUNCTION(name) \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/* What a store declares about its slice. */
typedef struct CalArea
{
	const char *name;			/* as caliper.info shows it */
	Size		(*size) (void); /* bytes, from the settings at server start */
	void		(*init) (void *base, LWLockPadded *locks);	/* zeroed memory */
	int			nlocks;			/* locks of its own in our tranche */
} CalArea;

extern void cal_memory_declare(const CalArea *const *areas, int nareas);
extern void cal_memory_request(void);
extern void cal_memory_startup(void);
extern bool cal_memory_ready(void);
extern void cal_memory_require(void);
extern void cal_memory_require_columns(int declared, int given);
extern int	cal_memory_areas(void);
extern const char *cal_memory_area(int i, Size *size);

#endif							/* CAL_MEMORY_H */
