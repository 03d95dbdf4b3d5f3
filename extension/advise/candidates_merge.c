/*
 * candidates_merge.c
 *		Indexes that do the work of two.
 *
 * Owns: how two btrees of a table become one that serves what both serve.
 * Called by the selection.  Where keys are compared for equality, their order
 * is free, so one index can begin with the keys of the other; what is left of
 * the other comes behind, as keys or beside them; and a predicate that only one
 * of them has is dropped.  Touches nothing else.
 */
#include "postgres.h"

#include "catalog/pg_am_d.h"

#include "advise/candidates_merge.h"
#include "advise/covering.h"
#include "advise/roles.h"

#define KEYS_WIDTH_MAX	1000	/* bytes of all keys; a btree takes 2,700 */

/* What is being made. */
typedef struct Maker
{
	const CalTable *table;
	List	   *indexes;		/* that are there */
	List	   *out;
} Maker;

/* Whether a list has the index, or one that does as much. */
static bool
has_index(const List *indexes, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, indexes)
	{
		if (cal_index_same(lfirst(lc), index))
			return true;
	}
	return false;
}

/* Add an index unless it is there or the table has it. */
static void
add(Maker *m, const CalIndex *index)
{
	CalIndex   *copy;
	int			width = 0;

	for (int i = 0; i < index->nkeys; i++)
		width += cal_roles_width(m->table, &index->key[i]);
	if (width > KEYS_WIDTH_MAX || list_length(m->out) >= CAL_MERGES_MAX ||
		has_index(m->indexes, index) || has_index(m->out, index) ||
		cal_index_covered(m->table, index))
		return;
	copy = palloc(sizeof(CalIndex));
	*copy = *index;
	copy->oid = InvalidOid;
	copy->tuples = copy->pages = copy->height = 0;
	m->out = lappend(m->out, copy);
}

/* The place of a key among the first n of an index, or -1. */
static int
place_of(const CalIndex *index, int n, const CalIndexKey *key)
{
	for (int i = 0; i < n; i++)
		if (cal_roles_same_key(&index->key[i], key) &&
			index->key[i].opclass == key->opclass &&
			index->key[i].collation == key->collation)
			return i;
	return -1;
}

/* Append a key unless it is there; false if there is no room. */
static bool
append_key(CalIndex *index, const CalIndexKey *key)
{
	if (place_of(index, index->nkeys, key) >= 0)
		return true;
	if (index->nkeys == CAL_INDEX_KEYS)
		return false;
	index->key[index->nkeys++] = *key;
	return true;
}

/* Append a column beside the keys for what another index includes. */
static bool
append_includes(const Maker *m, CalIndex *index, const CalIndex *from)
{
	for (int i = 0; i < from->nincludes; i++)
		if (!cal_covering_add(m->table, index, from->include[i]))
			return false;
	return true;
}

/* Take over the columns that are no keys by now. */
static void
keep_includes(CalIndex *index, const CalIndex *from)
{
	index->nincludes = 0;
	for (int i = 0; i < from->nincludes; i++)
	{
		bool		key = false;

		for (int j = 0; j < index->nkeys; j++)
			key |= index->key[j].attno == from->include[i];
		if (!key)
			index->include[index->nincludes++] = from->include[i];
	}
}

/* An index with the table and method of a, the predicate if both have it. */
static CalIndex
begin_merge(const CalIndex *a, const CalIndex *b)
{
	CalIndex	merged = *a;

	merged.nkeys = merged.nequal = merged.nincludes = 0;
	merged.unique = merged.bound = false;
	if (!equal(a->predicate, b->predicate))
	{
		merged.predicate = NIL;
		merged.share = 1;
	}
	return merged;
}

/*
 * Whether a can begin with what b begins with: each of b's equalities is one of
 * a's.  Then merged becomes those, and after them the rest of a's equalities.
 */
static bool
begin_alike(const CalIndex *a, const CalIndex *b, CalIndex *merged)
{
	if (b->nequal > a->nequal)
		return false;
	for (int i = 0; i < b->nequal; i++)
	{
		if (place_of(a, a->nequal, &b->key[i]) < 0)
			return false;
		append_key(merged, &b->key[i]);
	}
	return true;
}

/*
 * Whether what b has after its equalities is in the same order the next of a:
 * among a's other equalities, which can come in any order, or behind them.
 */
static bool
goes_on_alike(const CalIndex *a, const CalIndex *b, CalIndex *merged)
{
	for (int i = b->nequal; i < b->nkeys; i++)
	{
		int			place = place_of(a, a->nkeys, &b->key[i]);

		if (place < 0 ||
			(place >= a->nequal &&
			 (merged->nkeys < a->nequal || place != merged->nkeys ||
			  a->key[place].desc != b->key[i].desc ||
			  a->key[place].nulls_first != b->key[i].nulls_first)))
			return false;
		append_key(merged, &b->key[i]);
	}
	return true;
}

/* One index that has b's keys in front and is all that a is. */
static bool
merge_front(Maker *m, const CalIndex *a, const CalIndex *b)
{
	CalIndex	merged = begin_merge(a, b);

	if (!begin_alike(a, b, &merged) || !goes_on_alike(a, b, &merged))
		return false;
	for (int i = 0; i < a->nkeys; i++)
		append_key(&merged, &a->key[i]);
	if (merged.nkeys != a->nkeys)
		return false;
	merged.nequal = b->nequal;
	keep_includes(&merged, a);
	if (append_includes(m, &merged, b))
		add(m, &merged);
	return true;
}

/* The keys that a has and, behind them, the rest of b's keys. */
static void
merge_behind(Maker *m, const CalIndex *a, const CalIndex *b, int shared)
{
	CalIndex	merged = begin_merge(a, b);

	for (int i = 0; i < a->nkeys; i++)
		append_key(&merged, &a->key[i]);
	for (int i = 0; i < b->nkeys; i++)
		if (!append_key(&merged, &b->key[i]))
			return;
	merged.nequal = Min(shared, a->nequal);
	keep_includes(&merged, a);
	if (append_includes(m, &merged, b))
		add(m, &merged);
}

/* The keys that a has, and all columns of b beside them. */
static void
merge_beside(Maker *m, const CalIndex *a, const CalIndex *b)
{
	CalIndex	merged = begin_merge(a, b);

	merged.nkeys = a->nkeys;
	merged.nequal = a->nequal;
	keep_includes(&merged, a);
	for (int i = 0; i < b->nkeys; i++)
		if (b->key[i].attno == 0 ||
			!cal_covering_add(m->table, &merged, b->key[i].attno))
			return;
	if (append_includes(m, &merged, b))
		add(m, &merged);
}

/* How many leading equalities two indexes share. */
static int
count_shared(const CalIndex *a, const CalIndex *b)
{
	int			n = 0;

	for (int i = 0; i < a->nequal; i++)
		n += place_of(b, b->nequal, &a->key[i]) >= 0;
	return n;
}

/* The shared keys in front, whatever their places were. */
static CalIndex
shared_first(const CalIndex *a, const CalIndex *b)
{
	CalIndex	turned = *a;

	turned.nkeys = 0;
	for (int i = 0; i < a->nequal; i++)
		if (place_of(b, b->nequal, &a->key[i]) >= 0)
			append_key(&turned, &a->key[i]);
	for (int i = 0; i < a->nkeys; i++)
		append_key(&turned, &a->key[i]);
	return turned;
}

/* All that can become of two indexes. */
static void
merge_pair(Maker *m, const CalIndex *a, const CalIndex *b)
{
	int			shared;
	bool		done;
	CalIndex	x;
	CalIndex	y;

	if (a->am != BTREE_AM_OID || b->am != BTREE_AM_OID ||
		(a->predicate && b->predicate && !equal(a->predicate, b->predicate)))
		return;
	done = merge_front(m, a, b);
	if (merge_front(m, b, a) || done)
		return;
	shared = count_shared(a, b);
	if (shared == 0)
		return;
	x = shared_first(a, b);
	y = shared_first(b, a);
	merge_behind(m, &x, &y, shared);
	merge_behind(m, &y, &x, shared);
	if (b->nincludes > 0)
		merge_beside(m, &x, &y);
	if (a->nincludes > 0)
		merge_beside(m, &y, &x);
}

/* What serves two may serve a third by a few more columns. */
static void
merge_again(Maker *m)
{
	List	   *merged = list_copy(m->out);
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, merged)
	{
		foreach(lc2, m->indexes)
		{
			const CalIndex *b = lfirst(lc2);

			if (b->am == BTREE_AM_OID && b->predicate == NIL)
				(void) merge_front(m, lfirst(lc), b);
		}
	}
}

/* Further indexes that serve what two of these serve. */
List *
cal_candidates_merge(CalTable *table, List *indexes)
{
	Maker		m = {.table = table,.indexes = indexes};
	int			n = Min(list_length(indexes), CAL_MERGED_MAX);

	for (int i = 1; i < n && list_length(m.out) < CAL_MERGES_MAX; i++)
		for (int j = 0; j < i; j++)
			merge_pair(&m, list_nth(indexes, j), list_nth(indexes, i));
	merge_again(&m);
	return m.out;
}
