/*
 * ddl.c
 *		An index as somebody writes it down.
 *
 * Owns: the reading of CREATE INDEX and DROP INDEX, of which nothing is done.
 * Called by caliper.what_if() in the sandbox, as its caller.  Locks the table
 * for reading.  Refuses what CREATE INDEX would refuse, as far as it matters to
 * a plan.
 */
#include "postgres.h"

#include "access/amapi.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "advise/ddl.h"

/* Say that this cannot be tried. */
static void
refuse(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", what), errhint("%s", hint)));
}

/* A column as an expression. */
static Node *
column_expression(Oid relid, const char *name, AttrNumber *attno)
{
	Oid			typid;
	Oid			collation;
	int32		typmod;

	*attno = get_attnum(relid, name);
	if (*attno <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" does not exist", name)));
	get_atttypetypmodcoll(relid, *attno, &typid, &typmod, &collation);
	return (Node *) makeVar(1, *attno, typid, typmod, collation, 0);
}

/* One key. */
static void
read_key(CalIndex *index, const char *method, IndexElem *elem)
{
	CalIndexKey *key = &index->key[index->nkeys];

	if (index->nkeys++ == CAL_INDEX_KEYS)
		refuse("index has too many columns to be tried",
			   "At most five key columns can be tried.");
	if (elem->expr == NULL)
		key->expr = column_expression(index->relid, elem->name, &key->attno);
	else if (contain_mutable_functions(elem->expr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("functions in index expression must be marked IMMUTABLE")));
	else
		key->expr = elem->expr;
	key->typid = exprType(key->expr);
	key->opclass = ResolveOpClass(elem->opclass, key->typid, method,
								  index->am);
	key->opfamily = get_opclass_family(key->opclass);
	key->opcintype = get_opclass_input_type(key->opclass);
	key->collation = elem->collation
		? get_collation_oid(elem->collation, false)
		: exprCollation(key->expr);
	key->desc = elem->ordering == SORTBY_DESC;
	key->nulls_first = elem->nulls_ordering == SORTBY_NULLS_FIRST ||
		(elem->nulls_ordering == SORTBY_NULLS_DEFAULT && key->desc);
}

/* Refuse what the access method cannot do. */
static void
check_method(const IndexStmt *stmt, Oid am)
{
	IndexAmRoutine *method = GetIndexAmRoutineByAmId(am, false);
	bool		ordered = false;
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		IndexElem  *elem = lfirst(lc);

		ordered |= elem->ordering != SORTBY_DEFAULT ||
			elem->nulls_ordering != SORTBY_NULLS_DEFAULT;
	}
	if ((stmt->unique && !method->amcanunique) ||
		(list_length(stmt->indexParams) > 1 && !method->amcanmulticol) ||
		(stmt->indexIncludingParams != NIL && !method->amcaninclude) ||
		(ordered && !method->amcanorder))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"%s\" does not support such an index",
						stmt->accessMethod)));
}

/* The index that a statement would create. */
static void
read_create(IndexStmt *stmt, const char *source, CalIndex *index)
{
	ListCell   *lc;

	index->relid = RangeVarGetRelid(stmt->relation, AccessShareLock, false);
	if (pg_class_aclcheck(index->relid, GetUserId(), ACL_SELECT) !=
		ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE,
					   stmt->relation->relname);
	index->am = get_index_am_oid(stmt->accessMethod, false);
	check_method(stmt, index->am);
	stmt = transformIndexStmt(index->relid, stmt, source);
	foreach(lc, stmt->indexParams)
		read_key(index, stmt->accessMethod, lfirst(lc));
	foreach(lc, stmt->indexIncludingParams)
	{
		AttrNumber	attno;

		if (index->nincludes == CAL_INDEX_INCLUDES)
			refuse("index has too many included columns to be tried",
				   "At most six included columns can be tried.");
		(void) column_expression(index->relid,
								 lfirst_node(IndexElem, lc)->name, &attno);
		index->include[index->nincludes++] = attno;
	}
	if (stmt->whereClause)
		index->predicate =
			make_ands_implicit((Expr *) eval_const_expressions(NULL,
															   stmt->whereClause));
}

/* The index that a statement would drop. */
static Oid
read_drop(DropStmt *stmt)
{
	Oid			oid;

	if (stmt->removeType != OBJECT_INDEX || list_length(stmt->objects) != 1)
		refuse("only one index at a time can be dropped",
			   "Write one statement for each index.");
	oid = RangeVarGetRelid(makeRangeVarFromNameList(linitial(stmt->objects)),
						   NoLock, false);
	if (get_rel_relkind(oid) != RELKIND_INDEX &&
		get_rel_relkind(oid) != RELKIND_PARTITIONED_INDEX)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an index", get_rel_name(oid))));
	return oid;
}

/* Read CREATE INDEX or DROP INDEX; anything else is an error. */
void
cal_ddl_read(const char *source, CalDdl *out)
{
	List	   *list = pg_parse_query(source);
	Node	   *stmt;

	memset(out, 0, sizeof(*out));
	out->text = source;
	if (list_length(list) != 1)
		refuse("exactly one statement is expected in each element of ddl",
			   "Give several statements as several elements of the array.");
	stmt = linitial_node(RawStmt, list)->stmt;
	if (IsA(stmt, IndexStmt))
		read_create((IndexStmt *) stmt, source, &out->index);
	else if (IsA(stmt, DropStmt))
		out->dropped = read_drop((DropStmt *) stmt);
	else
		refuse("only CREATE INDEX and DROP INDEX can be tried",
			   "Nothing else changes a plan without being executed.");
}
