/*
 * lists.c
 *		Finds the lists of constants in a statement, and its group.
 *
 * Owns: the rule which lists count: the elements of IN (...) and ARRAY[...],
 * two or more, all of them constants or parameters of the client, with or
 * without a cast.  Called by text.c once per statement text that is new to
 * us, never again for it.  Works on the analysed query, which it does not
 * change; may allocate, so its caller catches.
 *
 * The group's id is core's own jumble of a copy in which each list is cut to
 * its first element and the parameters are numbered anew, so that a list of
 * parameters does not shift the numbers of those behind it.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "capture/lists.h"

typedef struct CutContext
{
	int		   *numbers;		/* new number of each parameter, or 0 */
	int			highest;
	int			next;
} CutContext;

/* The constant or parameter under any casts, or NULL. */
static Node *
plain_element(Node *node)
{
	for (;;)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CoerceViaIO))
			node = (Node *) ((CoerceViaIO *) node)->arg;
		else if (IsA(node, FuncExpr) &&
				 ((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL &&
				 list_length(((FuncExpr *) node)->args) >= 1)
			node = linitial(((FuncExpr *) node)->args);
		else
			break;
	}
	if (IsA(node, Const))
		return node;
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
		return node;
	return NULL;
}

/* Whether an array counts as a list. */
static bool
is_list(const ArrayExpr *array)
{
	ListCell   *lc;

	if (list_length(array->elements) < 2)
		return false;
	foreach(lc, array->elements)
		if (plain_element(lfirst(lc)) == NULL)
		return false;
	return true;
}

/* Where a constant or parameter begins in the text. */
static int
element_location(Node *node)
{
	node = plain_element(node);
	return IsA(node, Const) ? ((Const *) node)->location
		: ((Param *) node)->location;
}

/* Collect the lists of a tree. */
static bool
find_walker(Node *node, CalLists *lists)
{
	if (node == NULL)
		return false;
	if (IsA(node, ArrayExpr) && is_list((ArrayExpr *) node))
	{
		List	   *elements = ((ArrayExpr *) node)->elements;

		if (lists->n < CAL_MAX_LISTS)
		{
			CalListRange *range = &lists->range[lists->n++];

			range->first = element_location(linitial(elements));
			range->last = element_location(llast(elements));
		}
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_walker, lists, 0);
	return expression_tree_walker(node, find_walker, lists);
}

/* Find the lists of a statement, as many as there is room for. */
void
cal_lists_find(Query *query, CalLists *lists)
{
	lists->n = 0;
	find_walker((Node *) query, lists);
}

/* Cut the lists of a copy in place and number its parameters anew. */
static bool
cut_walker(Node *node, CutContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ArrayExpr) && is_list((ArrayExpr *) node))
	{
		ArrayExpr  *array = (ArrayExpr *) node;

		array->elements = list_make1(linitial(array->elements));
	}
	else if (IsA(node, Param))
	{
		Param	   *param = (Param *) node;

		if (param->paramkind == PARAM_EXTERN && param->paramid > 0 &&
			param->paramid <= context->highest)
		{
			int		   *number = &context->numbers[param->paramid];

			if (*number == 0)
				*number = ++context->next;
			param->paramid = *number;
		}
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, cut_walker, context, 0);
	return expression_tree_walker(node, cut_walker, context);
}

/* The id of the group of a statement that has lists. */
uint64
cal_lists_group(Query *query, const char *source)
{
	Query	   *copy = copyObject(query);
	CutContext	context = {0};

	context.highest = UINT16_MAX;	/* what the protocol allows */
	context.numbers = palloc0((context.highest + 1) * sizeof(int));
	cut_walker((Node *) copy, &context);
	copy->queryId = 0;
	CAL_JUMBLE(copy, source);
	return CAL_QUERY_ID(copy);
}
