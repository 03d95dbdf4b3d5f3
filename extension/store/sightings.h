/*
 * sightings.h
 *		Which indexes plans used, and what foreign keys cost.
 */
#ifndef CAL_SIGHTINGS_H
#define CAL_SIGHTINGS_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"

typedef enum CalSightingKind
{
	CAL_SIGHTING_INDEX,			/* a plan used this index */
	CAL_SIGHTING_REFERENCED,	/* rows of the referenced table were changed */
	CAL_SIGHTING_REFERENCING	/* rows of the referencing table were */
} CalSightingKind;

/* The last two are of foreign keys only. */
typedef struct CalSightingKey
{
	Oid			dbid;
	Oid			object;			/* the index, or the constraint */
	Oid			relid;			/* the table whose trigger it is */
	Oid			userid;			/* whose statement fired it */
	uint32		kind;
	uint32		zero;			/* it is compared as bytes */
} CalSightingKey;

/* Sums are over the samples, executions whose plan was read. */
typedef struct CalSighting
{
	CalSightingKey key;
	uint64		samples;
	uint64		calls;			/* of the trigger */
	uint64		usec;			/* in it */
	uint64		all_usec;		/* the same, estimated for all executions */
	TimestampTz last;
} CalSighting;

#define CAL_SIGHTINGS_MAX	2048

extern const CalArea cal_sightings_area;
extern void cal_sightings_note(const CalSighting *seen, int n);
extern int	cal_sightings_copy(CalSighting *out);	/* CAL_SIGHTINGS_MAX */
extern void cal_sightings_reset(void);
extern void cal_sightings_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_SIGHTINGS_H */
