/*
 * predicates.h
 *		What executed plans did with the columns of tables.
 */
#ifndef CAL_PREDICATES_H
#define CAL_PREDICATES_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"

#define CAL_PREDICATE_COLUMNS	12
#define CAL_PATHS		64		/* search_paths; the first is none */
#define CAL_PATH_MAX	200		/* bytes of one, with its end */

typedef enum CalRole
{
	CAL_ROLE_COMPARE,			/* column op value */
	CAL_ROLE_IN,				/* column = any of several values */
	CAL_ROLE_NULL,				/* column IS NULL */
	CAL_ROLE_JOIN,				/* column op another table's column */
	CAL_ROLE_ORDER,				/* the result is sorted by it */
	CAL_ROLE_GROUP				/* and grouped */
} CalRole;

#define CAL_COLUMN_COMMUTED		1	/* it stands right of the operator */
#define CAL_COLUMN_NULLS_FIRST	2	/* of an order */
#define CAL_COLUMN_LIMIT		4	/* of an order: a LIMIT is above it */

/* One column in one role; operators are classified by who reads this. */
typedef struct CalPredicateColumn
{
	int16		attno;
	uint16		scan;			/* tells scans of one table apart */
	uint8		role;
	uint8		flags;
	uint16		position;		/* in an order or group, from 1 */
	Oid			op;
} CalPredicateColumn;

typedef struct CalPredicateKey
{
	uint64		queryid;
	Oid			userid,
				dbid,
				relid;
	uint32		zero;			/* it is compared as bytes */
} CalPredicateKey;

/* Sums are over the samples, executions whose plan was read. */
typedef struct CalPredicate
{
	CalPredicateKey key;
	uint64		samples;
	double		rows_filtered;	/* rows that scans read in vain */
	double		rows_returned;	/* rows that scans returned */
	uint64		usec;			/* of the whole executions */
	TimestampTz last;			/* latest sample */
	uint16		path;			/* search_path in force; 0 unknown */
	bool		clipped;		/* there was no room for all columns */
	uint8		ncolumns;
	CalPredicateColumn column[CAL_PREDICATE_COLUMNS];
} CalPredicate;

typedef struct CalPaths
{
	uint32		n;				/* copied together with the predicates */
	char		path[CAL_PATHS][CAL_PATH_MAX];
} CalPaths;

extern const CalArea cal_predicates_area;
extern void cal_predicate_add(CalPredicate *to, const CalPredicateColumn *c);
extern void cal_predicates_note(const CalPredicate *p, int n, const char *path);
extern int	cal_predicates_count(void);
extern int	cal_predicates_copy(CalPredicate *out, int room, CalPaths *paths);
extern void cal_predicates_reset(void);
extern void cal_predicates_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_PREDICATES_H */
