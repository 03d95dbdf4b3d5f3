/*
 * constancy.c
 *		Which conditions are the same from execution to execution.
 *
 * Owns: that comparison.  Called by the sandbox when it has planned several
 * samples of a statement.  A condition that one sample has and another has not
 * holds a value that varies, so no partial index can rest on it.  Takes no
 * lock.
 */
#include "postgres.h"

#include "advise/constancy.h"
#include "advise/wants.h"

/* Whether one of these wants has this very condition on this table. */
static bool
has_clause(List *wants, Oid relid, const Node *clause)
{
	ListCell   *lw;
	ListCell   *lc;

	foreach(lw, wants)
	{
		const CalWant *want = lfirst(lw);

		if (want->relid != relid)
			continue;
		foreach(lc, want->clauses)
		{
			if (equal(((CalClause *) lfirst(lc))->clause, clause))
				return true;
		}
	}
	return false;
}

/* What one more sample of the statement tells of the first one's wants. */
void
cal_constancy_compare(List *wants, List *other)
{
	ListCell   *lw;
	ListCell   *lc;

	foreach(lw, wants)
	{
		const CalWant *want = lfirst(lw);

		foreach(lc, want->clauses)
		{
			CalClause  *c = lfirst(lc);

			if (!c->fixed)
				continue;
			c->fixed = has_clause(other, want->relid, c->clause);
			c->seen++;
		}
	}
}
