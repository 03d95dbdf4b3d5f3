/*
 * predicate.h
 *		What executed plans did with the columns of one table.
 */
#ifndef CAL_PREDICATE_H
#define CAL_PREDICATE_H

#include "datatype/timestamp.h"

#define CAL_PREDICATE_COLUMNS	12

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

/*
 * Sums are over the samples, executions whose plan was read.  Partitions count
 * as the partitioned table they belong to.
 */
typedef struct CalPredicate
{
	CalPredicateKey key;
	uint64		samples;
	uint64		executions;		/* estimate for how many they stand */
	double		rows_filtered;	/* rows that scans read in vain */
	double		rows_returned;	/* rows that scans returned */
	double		rows_inserted;	/* of it as a target */
	double		rows_updated;
	double		rows_deleted;
	uint64		updated[2];		/* columns that were set, by number; 0: others */
	uint64		usec;			/* of the whole executions */
	TimestampTz last;			/* latest sample */
	uint16		path;			/* search_path in force; 0 unknown */
	bool		clipped;		/* there was no room for all columns */
	bool		others;			/* conditions on more than a column; or OR */
	uint8		ncolumns;
	CalPredicateColumn column[CAL_PREDICATE_COLUMNS];
} CalPredicate;

#endif							/* CAL_PREDICATE_H */
