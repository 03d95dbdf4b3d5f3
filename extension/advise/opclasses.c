/*
 * opclasses.c
 *		Which operator classes serve an operator.
 *
 * Owns nothing.  Called by the files that make candidates.  Asks the catalogs,
 * so that the classes of extensions are found like those of the server; knows
 * no class by name.  Runs nobody's code; takes no lock.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_opclass.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "advise/opclasses.h"

#define CLASSES_MAX 4			/* for one expression and operator */

/* A class that would do. */
typedef struct Found
{
	Oid			opclass;
	int			operators;		/* in its family */
} Found;

/* How many operators a family serves. */
static int
count_operators(Oid opfamily)
{
	CatCList   *list = SearchSysCacheList1(AMOPSTRATEGY,
										   ObjectIdGetDatum(opfamily));
	int			n = list->n_members;

	ReleaseSysCacheList(list);
	return n;
}

/* Families of the access method in which rows can be searched by the operator. */
static List *
families_of(Oid op, Oid am)
{
	CatCList   *list = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(op));
	List	   *families = NIL;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amop amop = (Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);

		if (amop->amopmethod == am && amop->amoppurpose == AMOP_SEARCH)
			families = list_append_unique_oid(families, amop->amopfamily);
	}
	ReleaseSysCacheList(list);
	return families;
}

/*
 * Whether values of the type can be entries: GIN takes an array of anything
 * until the first row comes, whose elements must have an order.
 */
static bool
takes_type(Form_pg_opclass class, Oid typid)
{
	Oid			element;

	if (!IsBinaryCoercible(typid, class->opcintype))
		return false;
	if (class->opcintype != ANYARRAYOID)
		return true;
	element = get_base_element_type(typid);
	return OidIsValid(element) &&
		OidIsValid(lookup_type_cache(element, TYPECACHE_CMP_PROC)->cmp_proc);
}

/* Put it in, by the number of operators. */
static void
insert(Found *found, int *n, Oid opclass, int operators)
{
	int			i;

	if (*n == CLASSES_MAX)
		return;
	for (i = *n; i > 0 && found[i - 1].operators > operators; i--)
		found[i] = found[i - 1];
	found[i].opclass = opclass;
	found[i].operators = operators;
	(*n)++;
}

/* Find the classes of these families that take the type; returns how many. */
static int
find_classes(Oid am, List *families, Oid typid, Found *found)
{
	CatCList   *list = SearchSysCacheList1(CLAAMNAMENSP, ObjectIdGetDatum(am));
	int			n = 0;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_opclass class = (Form_pg_opclass)
		GETSTRUCT(&list->members[i]->tuple);

		if (list_member_oid(families, class->opcfamily) &&
			takes_type(class, typid))
			insert(found, &n, class->oid, count_operators(class->opcfamily));
	}
	ReleaseSysCacheList(list);
	return n;
}

/* The same as key, but of this class. */
void
cal_opclasses_set(CalIndexKey *key, Oid opclass)
{
	key->opclass = opclass;
	key->opfamily = get_opclass_family(opclass);
	key->opcintype = get_opclass_input_type(opclass);
}

/* A key of the expression in this class. */
static CalIndexKey *
make_key(Node *expr, Oid opclass)
{
	CalIndexKey *key = palloc0(sizeof(CalIndexKey));

	key->attno = IsA(expr, Var) ? ((Var *) expr)->varattno : 0;
	key->expr = expr;
	key->typid = exprType(expr);
	key->collation = exprCollation(expr);
	cal_opclasses_set(key, opclass);
	return key;
}

/* Keys in the classes that serve the operator. */
List *
cal_opclasses_keys(Node *expr, Oid op, Oid am)
{
	List	   *families = families_of(op, am);
	List	   *keys = NIL;
	Found		found[CLASSES_MAX];
	int			n = 0;

	if (families != NIL)
		n = find_classes(am, families, exprType(expr), found);
	for (int i = 0; i < n; i++)
		keys = lappend(keys, make_key(expr, found[i].opclass));
	return keys;
}

/* A key in the default class, if that serves the operator. */
bool
cal_opclasses_default(CalIndexKey *key, Node *expr, Oid op, Oid am)
{
	return OidIsValid(op) && cal_index_key(key, expr, am) &&
		get_op_opfamily_strategy(op, key->opfamily) != 0;
}
