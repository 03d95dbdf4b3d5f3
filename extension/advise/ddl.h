/*
 * ddl.h
 *		An index as somebody writes it down.
 */
#ifndef CAL_DDL_H
#define CAL_DDL_H

#include "advise/index.h"

/* What a statement would do to the indexes of a table. */
typedef struct CalDdl
{
	const char *text;
	Oid			dropped;		/* the index it drops, if that is what it does */
	CalIndex	index;			/* else the one it creates */
} CalDdl;

/* Read CREATE INDEX or DROP INDEX; anything else is an error. */
extern void cal_ddl_read(const char *text, CalDdl *out);

#endif							/* CAL_DDL_H */
