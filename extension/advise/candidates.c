/*
 * candidates.c
 *		Which indexes might help a statement.
 *
 * Owns: the rules by which columns become keys.  Called by the selection.
 * For each scan of a table: columns compared for equality, the most selective
 * first and IS NULL last, then one range or the columns of the order; each of
 * these alone; a join's column alone and with the others.  Operators are
 * classified here, by the operator family of each column's type.  What an
 * existing index does already is left out.  Runs nobody's code; takes no lock.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "utils/lsyscache.h"

#include "advise/candidates.h"
#include "version_compat.h"

#define KEY_WIDTH_MAX	1000	/* bytes; a btree takes no key beyond 2,700 */
#define LIST_MAX		CAL_PREDICATE_COLUMNS

/* The columns of one scan by what they are good for. */
typedef struct Roles
{
	int			nequal,
				nnull,
				njoin,
				nrange,
				norder,
				ngroup;
	CalIndexColumn equal[LIST_MAX];
	CalIndexColumn null[LIST_MAX];
	CalIndexColumn join[LIST_MAX];
	CalIndexColumn range[LIST_MAX];
	CalIndexColumn order[LIST_MAX];
	CalIndexColumn group[LIST_MAX];
} Roles;

/* The candidates under construction. */
typedef struct Maker
{
	const CalTable *table;
	CalIndex   *out;
	int			n;
} Maker;

/* Add a column to a list unless it is there. */
static void
add_column(CalIndexColumn *list, int *n, AttrNumber attno)
{
	for (int i = 0; i < *n; i++)
		if (list[i].attno == attno)
			return;
	list[*n].attno = attno;
	list[*n].desc = list[*n].nulls_first = false;
	(*n)++;
}

/* What an operator is to a btree on the column, or 0. */
static int
strategy_of(const CalTableColumn *column, const CalPredicateColumn *seen)
{
	Oid			op = seen->op;

	if (seen->flags & CAL_COLUMN_COMMUTED)
		op = get_commutator(op);
	return OidIsValid(op) ? get_op_opfamily_strategy(op, column->opfamily) : 0;
}

/* Add the next column of an order, if the btree has this order. */
static void
add_order(Roles *roles, const CalTableColumn *column,
		  const CalPredicateColumn *seen)
{
	int			strategy = strategy_of(column, seen);

	if (strategy == 0 || seen->position != roles->norder + 1)
		return;
	add_column(roles->order, &roles->norder, seen->attno);
	roles->order[roles->norder - 1].desc = strategy == BTGreaterStrategyNumber;
	roles->order[roles->norder - 1].nulls_first =
		(seen->flags & CAL_COLUMN_NULLS_FIRST) != 0;
}

/* Add one observed column to the lists. */
static void
add_role(Roles *roles, const CalTable *table, const CalPredicateColumn *seen)
{
	const CalTableColumn *column;
	int			strategy;

	if (seen->attno <= 0 || seen->attno > table->natts)
		return;
	column = &table->column[seen->attno];
	if (!OidIsValid(column->opfamily))
		return;
	if (seen->role == CAL_ROLE_ORDER)
	{
		add_order(roles, column, seen);
		return;
	}
	if (seen->role == CAL_ROLE_NULL)
	{
		add_column(roles->null, &roles->nnull, seen->attno);
		return;
	}
	strategy = strategy_of(column, seen);
	if (strategy == 0)
		return;
	if (seen->role == CAL_ROLE_GROUP)
		add_column(roles->group, &roles->ngroup, seen->attno);
	else if (strategy != BTEqualStrategyNumber)
		add_column(roles->range, &roles->nrange, seen->attno);
	else if (seen->role == CAL_ROLE_JOIN)
		add_column(roles->join, &roles->njoin, seen->attno);
	else
		add_column(roles->equal, &roles->nequal, seen->attno);
}

/* Put the columns with the most different values first. */
static void
sort_by_selectivity(const CalTable *table, CalIndexColumn *list, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0; j--)
		{
			CalIndexColumn swap = list[j];

			if (table->column[swap.attno].distinct <=
				table->column[list[j - 1].attno].distinct)
				break;
			list[j] = list[j - 1];
			list[j - 1] = swap;
		}
}

/* Write an order that goes down all the way as one that goes up. */
static void
turn_upwards(CalIndexColumn *order, int n)
{
	for (int i = 0; i < n; i++)
		if (!order[i].desc)
			return;
	for (int i = 0; i < n; i++)
	{
		order[i].desc = false;
		order[i].nulls_first = !order[i].nulls_first;
	}
}

/* Collect the columns of one scan. */
static void
collect_roles(Roles *roles, const CalTable *table, const CalPredicate *seen,
			  uint16 scan)
{
	memset(roles, 0, sizeof(*roles));
	for (int i = 0; i < seen->ncolumns; i++)
		if (seen->column[i].scan == scan)
			add_role(roles, table, &seen->column[i]);
	sort_by_selectivity(table, roles->equal, roles->nequal);
	for (int i = 0; i < roles->nnull; i++)
		add_column(roles->equal, &roles->nequal, roles->null[i].attno);
	turn_upwards(roles->order, roles->norder);
}

/* Append columns to an index; those that are there already are passed over. */
static void
append(CalIndex *index, const CalIndexColumn *list, int n)
{
	for (int i = 0; i < n && index->ncolumns < CAL_INDEX_COLUMNS; i++)
	{
		bool		there = false;

		for (int j = 0; j < index->ncolumns; j++)
			there |= index->column[j].attno == list[i].attno;
		if (!there)
			index->column[index->ncolumns++] = list[i];
	}
}

/* Whether a btree could hold its keys. */
static bool
is_narrow(const CalTable *table, const CalIndex *index)
{
	int			width = 0;

	for (int i = 0; i < index->ncolumns; i++)
		width += table->column[index->column[i].attno].width;
	return width <= KEY_WIDTH_MAX;
}

/* Whether two indexes are the same. */
static bool
same_index(const CalIndex *a, const CalIndex *b)
{
	return a->ncolumns == b->ncolumns && cal_index_covers(a, b) &&
		cal_index_covers(b, a);
}

/* Make a candidate of columns compared for equality and others after them. */
static void
propose(Maker *m, const CalIndexColumn *equal, int nequal,
		const CalIndexColumn *then, int nthen)
{
	CalIndex   *index = &m->out[m->n];

	if (m->n == CAL_CANDIDATES_MAX)
		return;
	memset(index, 0, sizeof(*index));
	index->relid = m->table->relid;
	append(index, equal, nequal);
	index->nequal = index->ncolumns;
	append(index, then, nthen);
	if (index->ncolumns == 0 || !is_narrow(m->table, index) ||
		cal_index_covered(m->table, index))
		return;
	for (int i = 0; i < m->n; i++)
		if (same_index(&m->out[i], index))
			return;
	m->n++;
}

/* Candidates around the columns that are compared for equality. */
static void
propose_equal(Maker *m, const CalIndexColumn *equal, int nequal,
			  const Roles *r)
{
	for (int i = 0; i < r->nrange; i++)
		propose(m, equal, nequal, &r->range[i], 1);
	propose(m, equal, nequal, r->order, r->norder);
	propose(m, equal, nequal, NULL, 0);
	propose(m, equal, nequal, r->group, r->ngroup);
	if (nequal > 2)
		propose(m, equal, 2, NULL, 0);
	if (nequal > 1)
		propose(m, equal, 1, NULL, 0);
}

/* Candidates around the columns of joins. */
static void
propose_join(Maker *m, const Roles *r)
{
	for (int i = 0; i < r->njoin; i++)
	{
		CalIndexColumn both[LIST_MAX + 1];

		both[0] = r->join[i];
		memcpy(both + 1, r->equal, r->nequal * sizeof(CalIndexColumn));
		propose(m, both, r->nequal + 1, NULL, 0);
		propose(m, both, 1, r->order, r->norder);
		propose(m, both, 1, NULL, 0);
	}
}

/* Candidates for one scan. */
static void
propose_scan(Maker *m, const Roles *r)
{
	if (r->nequal > 0)
		propose_equal(m, r->equal, r->nequal, r);
	for (int i = 0; i < r->nrange; i++)
		propose(m, NULL, 0, &r->range[i], 1);
	propose_join(m, r);
	propose(m, NULL, 0, r->order, r->norder);
	propose(m, NULL, 0, r->group, r->ngroup);
}

/* Make the candidates for a statement and one of its tables. */
int
cal_candidates_make(const CalTable *table, const CalPredicate *seen,
					CalIndex out[CAL_CANDIDATES_MAX])
{
	Maker		maker = {.table = table,.out = out};

	if (table->unusable)
		return 0;
	for (int i = 0; i < seen->ncolumns; i++)
	{
		Roles		roles;
		bool		first = true;

		for (int j = 0; j < i; j++)
			first &= seen->column[j].scan != seen->column[i].scan;
		if (!first)
			continue;
		collect_roles(&roles, table, seen, seen->column[i].scan);
		propose_scan(&maker, &roles);
	}
	return maker.n;
}
