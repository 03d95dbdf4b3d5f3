/*
 * pool.c
 *		All candidates, each once, however many statements it could serve.
 *
 * Owns: the identity of candidates and their sizes.  Called by the selection.
 * Sizes may depend on what a sample of rows says about expressions, so they
 * are taken in the sandbox.  Takes no lock, writes nothing.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "advise/exprstats.h"
#include "advise/pool.h"
#include "advise/sandbox.h"
#include "advise/size.h"
#include "advise/subject.h"

/* An empty pool. */
CalPool *
cal_pool_make(void)
{
	CalPool    *pool = palloc0(sizeof(CalPool));

	for (int i = 0; i < CAL_POOL_BUCKETS; i++)
		pool->bucket[i] = -1;
	return pool;
}

/* The same for indexes that are the same. */
static uint32
hash_of(const CalIndex *index)
{
	uint32		h = hash_combine(murmurhash32(index->relid),
								 murmurhash32(index->am));

	for (int i = 0; i < index->nkeys; i++)
		h = hash_combine(h, murmurhash32(index->key[i].attno * 2 +
										 index->key[i].desc));
	h = hash_combine(h, murmurhash32(index->nincludes));
	return hash_combine(h, murmurhash32(list_length(index->predicate)));
}

/* Put a new one at the head of its bucket. */
static CalMember *
insert(CalPool *pool, CalTable *table, const CalIndex *index, uint32 hash)
{
	CalMember  *m = palloc0(sizeof(CalMember));
	int		   *bucket = &pool->bucket[hash % CAL_POOL_BUCKETS];

	if (pool->n == pool->room)
	{
		pool->room = Max(64, 2 * pool->room);
		pool->member = pool->member ?
			repalloc_huge(pool->member, pool->room * sizeof(CalMember *)) :
			palloc(pool->room * sizeof(CalMember *));
	}
	m->candidate.table = m->table = table;
	m->candidate.index = *index;
	m->candidate.index.oid = cal_hypothetical_oid();
	m->hash = hash;
	m->next = *bucket;
	*bucket = pool->n;
	pool->member[pool->n++] = m;
	return m;
}

/* The member that is this index; put there if it is new. */
CalMember *
cal_pool_put(CalPool *pool, CalTable *table, const CalIndex *index)
{
	uint32		hash = hash_of(index);
	int			i = pool->bucket[hash % CAL_POOL_BUCKETS];

	for (; i >= 0; i = pool->member[i]->next)
		if (pool->member[i]->hash == hash &&
			cal_index_same(&pool->member[i]->candidate.index, index))
			return pool->member[i];
	return insert(pool, table, index, hash);
}

/* Note that a candidate could serve a statement. */
void
cal_member_use(CalMember *member, struct CalSubject *subject, uint64 bit)
{
	if (member->nuses == member->room)
	{
		member->room = Max(4, 2 * member->room);
		member->use = member->use ?
			repalloc(member->use, member->room * sizeof(CalUse)) :
			palloc(member->room * sizeof(CalUse));
	}
	member->use[member->nuses].subject = subject;
	member->use[member->nuses++].bit = bit;
}

/* What is to be sized, and how far that is done. */
typedef struct Sizing
{
	CalMember  *const *member;
	int			n;
	int			done;
	MemoryContext context;		/* where tables and samples live */
} Sizing;

/* Find out what the planner will know of its expressions. */
static void
learn_expressions(CalMember *m)
{
	const CalIndex *index = &m->candidate.index;

	for (int i = 0; i < index->nkeys; i++)
		if (index->key[i].attno == 0)
			(void) cal_exprstats_get(m->table, index->key[i].expr);
}

/* Take sizes, in the sandbox. */
static void
take_sizes(void *arg)
{
	Sizing	   *s = arg;
	MemoryContext before = MemoryContextSwitchTo(s->context);

	for (; s->done < s->n; s->done++)
	{
		CalMember  *m = s->member[s->done];

		CHECK_FOR_INTERRUPTS();
		if (m->sized)
			continue;
		learn_expressions(m);
		m->sized = cal_size_estimate(m->table, &m->candidate.index);
		m->bytes = Max(1, m->candidate.index.pages) * (double) BLCKSZ;
	}
	MemoryContextSwitchTo(before);
}

/*
 * Take the members' sizes, as this user.  One that makes trouble stays
 * without, and is of no use to anybody; the others still come.
 */
bool
cal_pool_size(CalMember *const *member, int n, Oid owner,
			  const char *search_path, TimestampTz deadline)
{
	Sizing		sizing = {.member = member,.n = n,
	.context = CurrentMemoryContext};

	while (sizing.done < n && member[sizing.done]->sized)
		sizing.done++;
	while (sizing.done < n)
	{
		int			ms = cal_subject_time(deadline);

		if (ms == 0)
			return false;
		if (cal_sandbox_call(owner, search_path, ms, take_sizes, &sizing))
			sizing.done++;
	}
	return true;
}
