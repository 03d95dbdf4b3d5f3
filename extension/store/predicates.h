/*
 * predicates.h
 *		What executed plans did with the columns of tables.
 */
#ifndef CAL_PREDICATES_H
#define CAL_PREDICATES_H

#include "platform/info.h"
#include "platform/memory.h"
#include "store/predicate.h"

#define CAL_PATHS		64		/* search_paths; the first is none */
#define CAL_PATH_MAX	200		/* bytes of one, with its end */

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

/* The table has other indexes now: what its scans read is counted anew. */
extern void cal_predicates_renew(Oid dbid, Oid relid);
extern void cal_predicates_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_PREDICATES_H */
