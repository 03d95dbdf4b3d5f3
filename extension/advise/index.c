/*
 * index.c
 *		An index that exists, or that might help.
 *
 * Owns: when two indexes are the same, when one makes another superfluous, and
 * how to ask for one in SQL.  Called by the advisor's files.  Looks into
 * catalogs; runs nobody's code, takes no lock.
 */
#include "postgres.h"

#include "catalog/pg_am_d.h"
#include "catalog/pg_class_d.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "advise/index.h"
#include "advise/table.h"

/* Whether two keys are of the same values in the same class of operators. */
static bool
same_key(const CalIndexKey *a, const CalIndexKey *b)
{
	return a->attno == b->attno && a->opclass == b->opclass &&
		a->collation == b->collation &&
		(a->attno != 0 || equal(a->expr, b->expr));
}

/* Whether a column can be had from an index, as a key or beside the keys. */
bool
cal_index_gives(const CalIndex *index, AttrNumber attno)
{
	for (int i = 0; i < index->nkeys; i++)
		if (index->key[i].attno == attno)
			return true;
	for (int i = 0; i < index->nincludes; i++)
		if (index->include[i] == attno)
			return true;
	return false;
}

/* Whether b has no column beside its keys that a has not. */
static bool
includes_all(const CalIndex *a, const CalIndex *b)
{
	for (int i = 0; i < b->nincludes; i++)
		if (!cal_index_gives(a, b->include[i]))
			return false;
	return true;
}

/* Whether two predicates are the same set of conditions. */
static bool
same_predicate(List *a, List *b)
{
	ListCell   *lc;

	if (list_length(a) != list_length(b))
		return false;
	foreach(lc, a)
	{
		if (!list_member(b, lfirst(lc)))
			return false;
	}
	return true;
}

/* The same in every respect that SQL can name. */
bool
cal_index_same(const CalIndex *a, const CalIndex *b)
{
	if (a->relid != b->relid || a->am != b->am || a->nkeys != b->nkeys ||
		a->nincludes != b->nincludes)
		return false;
	for (int i = 0; i < a->nkeys; i++)
		if (!same_key(&a->key[i], &b->key[i]) ||
			a->key[i].desc != b->key[i].desc ||
			a->key[i].nulls_first != b->key[i].nulls_first)
			return false;
	return includes_all(a, b) && includes_all(b, a) &&
		same_predicate(a->predicate, b->predicate);
}

/* Whether a key is among the first n of an index. */
static bool
among(const CalIndex *index, int n, const CalIndexKey *key)
{
	for (int i = 0; i < n; i++)
		if (same_key(&index->key[i], key))
			return true;
	return false;
}

/*
 * Whether b is a prefix of a.  Where b compares keys with values for equality,
 * their order and directions do not matter; a btree can be read backwards, so
 * the directions of the others matter only among themselves.
 */
static bool
is_prefix(const CalIndex *a, const CalIndex *b)
{
	bool		same = true;
	bool		reverse = true;

	for (int i = 0; i < b->nequal; i++)
		if (!among(a, b->nequal, &b->key[i]))
			return false;
	for (int i = b->nequal; i < b->nkeys; i++)
	{
		const CalIndexKey *x = &a->key[i];
		const CalIndexKey *y = &b->key[i];

		if (!same_key(x, y))
			return false;
		same &= x->desc == y->desc && x->nulls_first == y->nulls_first;
		reverse &= x->desc != y->desc && x->nulls_first != y->nulls_first;
	}
	return same || reverse;
}

/* Whether a does whatever b does, so that b adds nothing. */
bool
cal_index_covers(const CalIndex *a, const CalIndex *b)
{
	if (a->relid != b->relid || a->am != b->am || a->nkeys < b->nkeys ||
		!same_predicate(a->predicate, b->predicate) || !includes_all(a, b))
		return false;
	if (a->am == BTREE_AM_OID)
		return is_prefix(a, b);
	for (int i = 0; i < b->nkeys; i++)
		if (!among(a, a->nkeys, &b->key[i]))
			return false;
	return true;
}

/*
 * Whether all keys of a btree are the first keys of another one, on the same
 * rows: what it has beside them does not justify a second one.
 */
bool
cal_index_repeats(const CalIndex *a, const CalIndex *b)
{
	bool		same = true;
	bool		reverse = true;

	if (a->relid != b->relid || a->am != BTREE_AM_OID || b->am != a->am ||
		a->nkeys > b->nkeys || !same_predicate(a->predicate, b->predicate))
		return false;
	for (int i = 0; i < a->nkeys; i++)
	{
		const CalIndexKey *x = &a->key[i];
		const CalIndexKey *y = &b->key[i];

		if (!same_key(x, y))
			return false;
		same &= x->desc == y->desc && x->nulls_first == y->nulls_first;
		reverse &= x->desc != y->desc && x->nulls_first != y->nulls_first;
	}
	return same || reverse;
}

/*
 * Whether the table has an index that makes this one superfluous, or has its
 * keys and stays.
 */
bool
cal_index_covered(const CalTable *table, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, table->indexes)
	{
		const CalIndex *have = lfirst(lc);

		if (cal_index_covers(have, index) ||
			(cal_index_repeats(index, have) &&
			 (have->bound || have->nkeys > index->nkeys)))
			return true;
	}
	return false;
}

/* The key for an expression under the access method's default class; or not. */
bool
cal_index_key(CalIndexKey *key, Node *expr, Oid am)
{
	memset(key, 0, sizeof(*key));
	key->typid = exprType(expr);
	key->opclass = GetDefaultOpClass(key->typid, am);
	if (!OidIsValid(key->opclass))
		return false;
	key->attno = IsA(expr, Var) ? ((Var *) expr)->varattno : 0;
	key->expr = expr;
	key->opfamily = get_opclass_family(key->opclass);
	key->opcintype = get_opclass_input_type(key->opclass);
	key->collation = exprCollation(expr);
	return true;
}

/* An expression as SQL, in parentheses unless it is a plain call. */
static char *
expression_sql(Node *expr, List *context)
{
	char	   *sql = deparse_expression(expr, context, false, false);

	if (IsA(expr, FuncExpr) &&
		((FuncExpr *) expr)->funcformat == COERCE_EXPLICIT_CALL)
		return sql;
	return psprintf("(%s)", sql);
}

/* What names a table's columns in expressions. */
static List *
naming(Oid relid)
{
	return deparse_context_for(get_rel_name(relid), relid);
}

/* The names of its keys, as SQL; String nodes. */
List *
cal_index_key_names(const CalIndex *index)
{
	List	   *context = naming(index->relid);
	List	   *names = NIL;

	for (int i = 0; i < index->nkeys; i++)
	{
		const CalIndexKey *key = &index->key[i];
		char	   *name = key->attno != 0
		? get_attname(index->relid, key->attno, false)
		: deparse_expression(key->expr, context, false, false);

		names = lappend(names, makeString(name));
	}
	return names;
}

/* One key, with what is not as it would be without a word. */
static void
append_key(StringInfo ddl, const CalIndex *index, const CalIndexKey *key)
{
	if (key->attno != 0)
		appendStringInfoString(ddl, quote_identifier(get_attname(index->relid,
																 key->attno,
																 false)));
	else
		appendStringInfoString(ddl, expression_sql(key->expr,
												   naming(index->relid)));
	if (OidIsValid(key->collation) &&
		key->collation != exprCollation(key->expr))
		appendStringInfo(ddl, " COLLATE %s",
						 generate_collation_name(key->collation));
	if (key->opclass != GetDefaultOpClass(key->typid, index->am))
		appendStringInfo(ddl, " %s", generate_opclass_name(key->opclass));
	if (key->desc)
		appendStringInfoString(ddl, " DESC");
	if (key->nulls_first != key->desc)
		appendStringInfoString(ddl, key->nulls_first ? " NULLS FIRST"
							   : " NULLS LAST");
}

/* The statement that creates it, quoted as the server wants it. */
char *
cal_index_ddl(const CalIndex *index)
{
	StringInfoData ddl;
	char	   *schema = get_namespace_name(get_rel_namespace(index->relid));
	bool		all = get_rel_relkind(index->relid) ==
	RELKIND_PARTITIONED_TABLE;

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "CREATE INDEX %sON %s ", all ? "" : "CONCURRENTLY ",
					 quote_qualified_identifier(schema,
												get_rel_name(index->relid)));
	if (index->am != BTREE_AM_OID)
		appendStringInfo(&ddl, "USING %s ", get_am_name(index->am));
	for (int i = 0; i < index->nkeys; i++)
	{
		appendStringInfoString(&ddl, i > 0 ? ", " : "(");
		append_key(&ddl, index, &index->key[i]);
	}
	appendStringInfoChar(&ddl, ')');
	for (int i = 0; i < index->nincludes; i++)
		appendStringInfo(&ddl, "%s%s", i > 0 ? ", " : " INCLUDE (",
						 quote_identifier(get_attname(index->relid,
													  index->include[i],
													  false)));
	if (index->nincludes > 0)
		appendStringInfoChar(&ddl, ')');
	if (index->predicate != NIL)
		appendStringInfo(&ddl, " WHERE %s",
						 deparse_expression((Node *) make_ands_explicit(index->predicate),
											naming(index->relid), false,
											false));
	appendStringInfoChar(&ddl, ';');
	return ddl.data;
}
