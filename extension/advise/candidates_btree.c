/*
 * candidates_btree.c
 *		The keys of btrees that might help.
 *
 * Owns: in which order keys follow each other.  Called where candidates are
 * made.  What is compared for equality comes first, then one range or an order;
 * a comparison with several values breaks the order and so comes after it; a
 * join's key stands before and behind the rest.  Then fewer keys, for they make
 * smaller indexes that serve more statements.  Touches nothing else.
 */
#include "postgres.h"

#include "catalog/pg_am_d.h"

#include "advise/candidates_btree.h"

#define KEYS_WIDTH_MAX	1000	/* bytes of all keys; a btree takes 2,700 */
#define WEAK			0.7		/* share of rows above which keys do not help */
#define STRONG			0.5		/* and at most which they help much */
#define LARGE_SORT		10000	/* rows; it is worth while to save it */
#define ALL				CAL_INDEX_KEYS
#define PARTS			3		/* that keys are put together of */

/* Keys that go together. */
typedef struct Part
{
	const CalRoleKey *key;
	int			n;
	bool		sorts;			/* they are an order */
} Part;

/* What is being made, and of what. */
typedef struct Maker
{
	const CalTable *table;
	const CalWant *want;
	const CalRoles *roles;
	int			max;
	List	   *out;
	CalRoleKeys single;			/* equal to one value, or null: keep an order */
	CalRoleKeys filter;			/* several values and ranges: behind an order */
	Part		all;			/* all that is equal */
} Maker;

static const Part none = {NULL, 0, false};

/* The first n keys of a list. */
static Part
some(const CalRoleKeys *keys, int n)
{
	Part		part = {keys->key, Min(n, keys->n), false};

	return part;
}

/* One key. */
static Part
one(const CalRoleKey *key)
{
	Part		part = {key, 1, false};

	return part;
}

/* An order, or the beginning of it. */
static Part
sorted(const CalRoleKeys *keys, int n)
{
	Part		part = {keys->key, Min(n, keys->n), true};

	return part;
}

/* Append keys that are not there yet; false if they do not all fit. */
static bool
append(CalIndex *index, const Part *part)
{
	for (int i = 0; i < part->n; i++)
	{
		bool		there = false;

		for (int j = 0; j < index->nkeys; j++)
			there |= cal_roles_same_key(&index->key[j], &part->key[i].key);
		if (there)
			continue;
		if (index->nkeys == CAL_INDEX_KEYS)
			return false;
		index->key[index->nkeys++] = part->key[i].key;
	}
	return true;
}

/* The share of rows that is left when the scan has gone by the keys. */
static double
selectivity_of(const Part part[PARTS], int nequal)
{
	double		s = 1;

	for (int i = 0; i < PARTS && i <= nequal; i++)
		for (int j = 0; j < part[i].n && (i < nequal || j == 0); j++)
			s *= part[i].key[j].selectivity;
	return s;
}

/* Bytes of all keys. */
static int
width_of(const CalTable *table, const CalIndex *index)
{
	int			width = 0;

	for (int i = 0; i < index->nkeys; i++)
		width += cal_roles_width(table, &index->key[i]);
	return width;
}

/* Whether a set of keys was proposed before. */
static bool
is_known(const Maker *m, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, m->out)
	{
		if (cal_index_same(&((CalKeySet *) lfirst(lc))->index, index))
			return true;
	}
	return false;
}

/* Propose the keys of these parts, of which the first nequal are equalities. */
static void
propose(Maker *m, int nequal, Part a, Part b, Part c)
{
	CalKeySet  *set = palloc0(sizeof(CalKeySet));
	CalIndex   *index = &set->index;
	Part		part[PARTS] = {a, b, c};
	bool		sorts = false;

	index->relid = m->table->relid;
	index->am = BTREE_AM_OID;
	index->share = 1;
	for (int i = 0; i < PARTS; i++)
	{
		bool		whole = append(index, &part[i]);

		if (i < nequal)
			index->nequal = index->nkeys;
		sorts |= part[i].sorts && part[i].n > 0 && whole;
	}
	if (index->nkeys == 0 || list_length(m->out) >= m->max ||
		width_of(m->table, index) > KEYS_WIDTH_MAX || is_known(m, index))
		return;
	set->weak = selectivity_of(part, nequal) > WEAK &&
		!(sorts && (m->want->limited || m->want->rows >= LARGE_SORT));
	m->out = lappend(m->out, set);
}

/* How many of the leading equalities select much. */
static int
count_strong(const CalRoleKeys *keys)
{
	int			n = 0;

	while (n < keys->n && keys->key[n].selectivity <= STRONG)
		n++;
	return n;
}

/* Sorted rows of which only the first ones are wanted. */
static void
propose_limited(Maker *m)
{
	Part		single = some(&m->single, ALL);
	Part		strong = some(&m->single, count_strong(&m->single));
	Part		filter = some(&m->filter, 2);

	for (int i = 0; i < m->roles->norders; i++)
	{
		Part		order = sorted(&m->roles->order[i], ALL);

		propose(m, 1, single, order, none);
		propose(m, 1, strong, order, none);
		if (filter.n > 0)
			propose(m, 1, single, order, filter);
	}
}

/* Keys for one comparison with another relation. */
static void
propose_join(Maker *m, const CalRoleKey *key)
{
	Part		join = one(key);
	Part		range = some(&m->roles->range, 1);

	if (m->all.n > 0)
		propose(m, 2, join, m->all, none);
	propose(m, 1, join, none, none);
	if (m->all.n > 0)
		propose(m, 2, m->all, join, none);
	if (range.n > 0)
	{
		propose(m, 2, join, m->all, range);
		propose(m, 1, m->all, range, join);
	}
	if (m->roles->norders > 0)
		propose(m, 2, join, some(&m->single, ALL),
				sorted(&m->roles->order[0], ALL));
}

/* Keys for the comparisons with other relations. */
static void
propose_joins(Maker *m)
{
	const CalRoleKeys *joins = &m->roles->join;

	if (joins->n > 1)
		propose(m, 2, some(joins, ALL), m->all, none);
	for (int i = 0; i < joins->n; i++)
		propose_join(m, &joins->key[i]);
}

/* All that is equal, and a range behind it. */
static void
propose_equal(Maker *m)
{
	const CalRoleKeys *ranges = &m->roles->range;

	for (int i = 0; i < ranges->n && i < 3; i++)
		propose(m, 1, m->all, one(&ranges->key[i]), none);
	propose(m, 1, m->all, none, none);
	if (ranges->n > 1)
		propose(m, 1, m->all, some(ranges, 3), none);
}

/* Orders of which all rows are wanted. */
static void
propose_orders(Maker *m)
{
	for (int i = 0; i < m->roles->norders; i++)
	{
		Part		order = sorted(&m->roles->order[i], ALL);

		propose(m, 1, some(&m->single, ALL), order, none);
		propose(m, 1, m->all, order, none);
	}
}

/* Orders alone, or only the beginning of them. */
static void
propose_bare_orders(Maker *m)
{
	for (int i = 0; i < m->roles->norders; i++)
	{
		const CalRoleKeys *order = &m->roles->order[i];

		propose(m, 0, sorted(order, ALL), none, none);
		if (order->n > 1)
			propose(m, 1, some(&m->single, 3), some(order, 1), none);
	}
}

/* Less than all that is compared. */
static void
propose_fewer(Maker *m)
{
	const CalRoleKeys *equal = &m->roles->equal;
	const CalRoleKeys *range = &m->roles->range;

	for (int i = 1; i <= 3 && i < equal->n; i++)
		propose(m, 1, some(equal, i), none, none);
	if (equal->n > 1 && range->n > 0)
		propose(m, 1, some(equal, 1), some(range, 1), none);
	for (int i = 0; i < range->n && i < 3; i++)
		propose(m, 0, one(&range->key[i]), none, none);
	propose_bare_orders(m);
	for (int i = 1; i < equal->n && i < 3; i++)
		propose(m, 1, one(&equal->key[i]), none, none);
}

/* Part the comparisons into those that keep an order and those that do not. */
static void
part_comparisons(Maker *m)
{
	const CalRoleKeys *equal = &m->roles->equal;

	m->all = some(equal, ALL);
	for (int i = 0; i < equal->n; i++)
	{
		CalRoleKeys *list = equal->key[i].place == 1 ? &m->filter : &m->single;

		list->key[list->n++] = equal->key[i];
	}
	for (int i = 0; i < m->roles->range.n && m->filter.n < CAL_ROLE_KEYS; i++)
		m->filter.key[m->filter.n++] = m->roles->range.key[i];
}

/* The keys of btrees that might help with a want. */
List *
cal_btree_keysets(const CalTable *table, const CalWant *want,
				  const CalRoles *roles, int max)
{
	Maker	   *m = palloc0(sizeof(Maker));

	m->table = table;
	m->want = want;
	m->roles = roles;
	m->max = max;
	part_comparisons(m);
	if (want->limited)
		propose_limited(m);
	propose_equal(m);
	propose_joins(m);
	propose_orders(m);
	propose_fewer(m);
	return m->out;
}
