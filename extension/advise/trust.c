/*
 * trust.c
 *		Whose functions may run in the sandbox.
 *
 * Owns: that rule, and the hook that enforces it.  Called by the sandbox, and
 * by those who show one user's candidates to another.  A function runs with
 * the rights of who calls it, so its author must have those rights already.
 * Names in the text of a statement may have come to mean his function only
 * after the statement ran, and so may those in bodies of functions, and in
 * constraints of domains; views and policies may have been made anew.  So it
 * is not enough to look at the statement: each function is looked at when it is
 * about to be called for the first time, or inlined.
 *
 * That a view or a policy calls a function of its owner is common, and often no
 * value of the row is involved.  Such a call is replaced by a parameter that
 * has no value: then the statement can be planned, and nothing of it runs.
 *
 * Looks into catalogs; takes no lock.  What the server comes with is trusted.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "advise/trust.h"

#define UNKNOWN_FIRST	100000	/* number of a parameter that nobody has */

static bool enforced = false;
static needs_fmgr_hook_type previous = NULL;

/* Whether a function belongs to somebody who could not act as the user. */
static bool
is_foreign(Oid function, void *user)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			author = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		author = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
	}
	return !OidIsValid(author) || !has_privs_of_role(author, *(Oid *) user);
}

/* Raise what ends up as the reason why a statement was not planned. */
static void
refuse(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg_internal("it calls a function whose owner could not act for its user")));
}

/* A function is about to be called by the current user. */
static bool
before_call(Oid function)
{
	Oid			user = GetUserId();

	if (is_foreign(function, &user))
		refuse();
	return previous && previous(function);
}

/* Refuse to run functions of others from now on. */
void
cal_trust_begin(void)
{
	previous = needs_fmgr_hook;
	needs_fmgr_hook = before_call;
	enforced = true;
}

/* No longer; does nothing the second time. */
void
cal_trust_end(void)
{
	if (enforced)
		needs_fmgr_hook = previous;
	enforced = false;
}

/* Walk over a query as it was written. */
static bool
check_calls(Node *node, void *user)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, check_calls, user, 0);
	if (check_functions_in_node(node, is_foreign, user))
		refuse();
	return expression_tree_walker(node, check_calls, user);
}

/* An error if a statement, as it is written, calls such a function. */
void
cal_trust_check(Query *query)
{
	Oid			user = GetUserId();

	(void) check_calls((Node *) query, &user);
}

/* Whether an expression means something in its place only. */
static bool
has_context(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Var:
		case T_Query:
		case T_Aggref:
		case T_GroupingFunc:
		case T_WindowFunc:
		case T_CaseTestExpr:
		case T_CoerceToDomainValue:
		case T_SetToDefault:
			return true;
		default:
			return expression_tree_walker(node, has_context, arg);
	}
}

/* Calls that are being hidden. */
typedef struct Hiding
{
	Oid			user;
	int			n;
} Hiding;

/* Whether a call is one to be hidden. */
static bool
is_hidden(FuncExpr *call, Hiding *hiding)
{
	return !call->funcretset &&
		func_volatile(call->funcid) != PROVOLATILE_VOLATILE &&
		is_foreign(call->funcid, &hiding->user) &&
		!has_context((Node *) call->args, NULL);
}

/* A value of which nothing is known but the type. */
static Node *
make_unknown(Node *call, Hiding *hiding)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = UNKNOWN_FIRST + hiding->n++;
	param->paramtype = exprType(call);
	param->paramtypmod = exprTypmod(call);
	param->paramcollid = exprCollation(call);
	param->location = -1;
	return (Node *) param;
}

/* Copy a query with calls hidden. */
static Node *
hide_calls(Node *node, void *arg)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
		return (Node *) query_tree_mutator((Query *) node, hide_calls, arg, 0);
	if (IsA(node, FuncExpr) && is_hidden((FuncExpr *) node, arg))
		return make_unknown(node, arg);
	return expression_tree_mutator(node, hide_calls, arg);
}

/* The rewritten statement with such calls of views and policies left unknown. */
Query *
cal_trust_hide(Query *query)
{
	Hiding		hiding = {.user = GetUserId()};

	return (Query *) hide_calls((Node *) query, &hiding);
}

/* Whether an expression calls a function of others. */
static bool
calls_foreign(Node *node, void *user)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_foreign, user) ||
		expression_tree_walker(node, calls_foreign, user);
}

/* Whether an index calls nothing that might not run for this user. */
bool
cal_trust_covers(const CalIndex *index, Oid user)
{
	for (int i = 0; i < index->nkeys; i++)
		if (calls_foreign(index->key[i].expr, &user))
			return false;
	return !calls_foreign((Node *) index->predicate, &user);
}
