/*
 * candidates.c
 *		Which indexes might help a statement.
 *
 * Owns: how keys, predicates and columns beside the keys go together, and what
 * is left out: what the table has already, what no index could be, and what a
 * unique index answers.  Called by the selection.  The files beside this one
 * know more: roles.c what a clause is good for, candidates_btree.c the keys,
 * partials.c the predicates, candidates_other.c the other access methods.
 * Looks into catalogs; runs nobody's code; takes no lock.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_am_d.h"
#include "optimizer/optimizer.h"

#include "advise/candidates.h"
#include "advise/candidates_btree.h"
#include "advise/candidates_other.h"
#include "advise/covering.h"
#include "advise/partials.h"

#define FULL_MAX		16		/* sets of keys without a predicate */
#define PARTIAL_MAX		6		/* and with each one */
#define OPTIONS_MAX		4		/* no predicate, and some */
#define FEW_ROWS		3		/* that are found; no need to spare the table */

/* The candidates under construction. */
typedef struct Maker
{
	const CalTable *table;
	const CalWant *want;
	const CalRoles *roles;
	List	   *out;
} Maker;

/* A predicate, or none, and the keys under it. */
typedef struct Option
{
	const CalPartial *partial;
	List	   *sets;			/* CalKeySet */
} Option;

/* Whether all keys of a unique index are among n others. */
static bool
has_all_keys(const CalIndex *unique, const CalIndexKey *const *key, int n)
{
	for (int i = 0; i < unique->nkeys; i++)
	{
		bool		there = false;

		for (int j = 0; j < n; j++)
			there |= cal_roles_same_key(&unique->key[i], key[j]);
		if (!there)
			return false;
	}
	return unique->unique && unique->predicate == NIL;
}

/* Whether a unique index finds the row by these keys. */
static bool
finds_row(const CalTable *table, const CalIndexKey *const *key, int n)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		if (has_all_keys(lfirst(lc), key, n))
			return true;
	}
	return false;
}

/* Whether the statement looks up single rows that are found by now. */
static bool
is_answered(const Maker *m)
{
	const CalRoleKeys *equal = &m->roles->equal;
	const CalIndexKey *key[CAL_ROLE_KEYS];
	int			n = 0;

	while (n < equal->n && equal->key[n].place < 2)
	{
		key[n] = &equal->key[n].key;
		n++;
	}
	return finds_row(m->table, key, n);
}

/* Whether a candidate finds what a unique index finds. */
static bool
is_superfluous(const Maker *m, const CalIndex *index)
{
	const CalIndexKey *key[CAL_INDEX_KEYS];

	for (int i = 0; i < index->nequal; i++)
		key[i] = &index->key[i];
	return finds_row(m->table, key, index->nequal);
}

/* Add a candidate, unless it is there or the table has it. */
static void
add(Maker *m, const CalIndex *index)
{
	ListCell   *lc;
	CalIndex   *copy;

	if (list_length(m->out) >= CAL_CANDIDATES_MAX ||
		cal_index_covered(m->table, index))
		return;
	foreach(lc, m->out)
	{
		if (cal_index_same(lfirst(lc), index))
			return;
	}
	copy = palloc(sizeof(CalIndex));
	*copy = *index;
	m->out = lappend(m->out, copy);
}

/*
 * Whether it finds so few rows that they can as well be read from the table.
 * So does an expression unless it is compared with several values, as it is
 * taken here: the planner does not know better before it has statistics.
 */
static bool
finds_few(const Maker *m, const CalIndex *index)
{
	const CalRoleKeys *equal = &m->roles->equal;

	if (m->roles->join.n > 0)
		return false;
	if (m->want->rows <= FEW_ROWS)
		return true;
	for (int i = 0; i < equal->n; i++)
		if (equal->key[i].place == 1 &&
			cal_roles_same_key(&equal->key[i].key, &index->key[0]))
			return false;
	return index->key[0].attno == 0;
}

/* Add an index, and what spares the table from being read. */
static void
add_set(Maker *m, const CalKeySet *set, const CalPartial *partial)
{
	CalIndex	index = set->index;
	CalIndex	covering;

	if (partial)
	{
		index.predicate = partial->predicate;
		index.share = partial->share;
	}
	if ((partial || !set->weak) && !is_superfluous(m, &index))
		add(m, &index);
	if (finds_few(m, &index))
		return;
	if (cal_covering_keys(m->table, m->want, &index, &covering))
		add(m, &covering);
	if (cal_covering_includes(m->table, m->want, &index, &covering))
		add(m, &covering);
}

/* An index of one key, for the rows that the predicate leaves. */
static void
add_own_key(Maker *m, const CalPartial *partial)
{
	Bitmapset  *columns = NULL;
	int			i = -1;

	pull_varattnos((Node *) partial->predicate, 1, &columns);
	while ((i = bms_next_member(columns, i)) >= 0)
	{
		CalKeySet	set = {0};

		set.index.relid = m->table->relid;
		set.index.am = BTREE_AM_OID;
		set.index.nkeys = 1;
		if (!cal_roles_column_key(m->table,
								  i + FirstLowInvalidHeapAttributeNumber,
								  &set.index.key[0]))
			continue;
		add_set(m, &set, partial);
		return;
	}
}

/* Add what is no btree: as it is, and the best with the best predicate. */
static void
add_other(Maker *m, List *partials)
{
	List	   *other = cal_other_make(m->table, m->want);
	ListCell   *lc;

	foreach(lc, other)
	{
		CalIndex	index = *(CalIndex *) lfirst(lc);

		add(m, &index);
		if (partials == NIL || index.am == BRIN_AM_OID ||
			index.am == HASH_AM_OID || foreach_current_index(lc) > 1)
			continue;
		index.predicate = ((CalPartial *) linitial(partials))->predicate;
		index.share = ((CalPartial *) linitial(partials))->share;
		add(m, &index);
	}
}

/* The keys under each predicate, and under none; returns how many. */
static int
make_options(const Maker *m, List *partials, Option *option)
{
	ListCell   *lc;
	int			n = 1;

	option[0].partial = NULL;
	option[0].sets = cal_btree_keysets(m->table, m->want, m->roles, FULL_MAX);
	foreach(lc, partials)
	{
		const CalPartial *partial = lfirst(lc);
		CalRoles   *roles = cal_roles_collect(m->table, m->want,
											  partial->clauses);

		if (n == OPTIONS_MAX)
			break;
		option[n].partial = partial;
		option[n].sets = cal_btree_keysets(m->table, m->want, roles,
										   PARTIAL_MAX);
		n++;
	}
	return n;
}

/* Add the sets that come in this place under each option. */
static void
add_place(Maker *m, const Option *option, int n, int place)
{
	for (int i = 0; i < n; i++)
	{
		if (place < list_length(option[i].sets))
			add_set(m, list_nth(option[i].sets, place), option[i].partial);
		else if (place == 0 && i > 0)
			add_own_key(m, option[i].partial);
	}
}

/* Which indexes might help: the best of each kind first, then the second. */
List *
cal_candidates_make(CalTable *table, const CalWant *want)
{
	Maker		m = {.table = table,.want = want};
	Option		option[OPTIONS_MAX];
	List	   *partials;
	CalIndex	narrow;
	int			n;

	if (table->unusable)
		return NIL;
	m.roles = cal_roles_collect(table, want, NIL);
	if (is_answered(&m))
		return NIL;
	partials = cal_partials_make(table, want, m.roles);
	n = make_options(&m, partials, option);
	add_place(&m, option, n, 0);
	add_other(&m, partials);
	for (int place = 1; place < FULL_MAX; place++)
		add_place(&m, option, n, place);
	if (cal_covering_narrow(table, want, &narrow))
		add(&m, &narrow);
	return m.out;
}
