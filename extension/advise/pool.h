/*
 * pool.h
 *		All candidates, each once, however many statements it could serve.
 */
#ifndef CAL_POOL_H
#define CAL_POOL_H

#include "datatype/timestamp.h"

#include "advise/hypothetical.h"

struct CalSubject;

/* A statement that a candidate could serve, and its bit there. */
typedef struct CalUse
{
	struct CalSubject *subject;
	uint64		bit;
} CalUse;

/* A candidate, and its part in the choice. */
typedef struct CalMember
{
	CalHypothetical candidate;
	CalTable   *table;
	uint32		hash;
	int			next;			/* in its bucket; -1: none */
	bool		sized;
	double		bytes;
	double		writes;			/* microseconds, in the observed time */
	int			nuses;
	int			room;
	CalUse	   *use;
	bool		chosen;
	int			place;			/* among the chosen */
	int			slot;			/* among those that could be */
	bool		banned;			/* not to be chosen for now */
	double		gain;			/* by which the choice would be better with it */
	double		share;			/* of a statement's cost, at best */
	bool		exact;			/* and not just that much at most */
	uint64		rated_at;		/* when that was found */
} CalMember;

#define CAL_POOL_BUCKETS 1024

typedef struct CalPool
{
	CalMember **member;
	int			n;
	int			room;
	int			bucket[CAL_POOL_BUCKETS];
} CalPool;

extern CalPool *cal_pool_make(void);

/* The member that is this index; put there if it is new. */
extern CalMember *cal_pool_put(CalPool *pool, CalTable *table,
							   const CalIndex *index);
extern void cal_member_use(CalMember *member, struct CalSubject *subject,
						   uint64 bit);

/* Take the members' sizes, as this user; false if time is up. */
extern bool cal_pool_size(CalMember *const *member, int n, Oid owner,
						  const char *search_path, TimestampTz deadline);

#endif							/* CAL_POOL_H */
