/*
 * evident.c
 *		Advice for statements that could not be planned.
 *
 * Owns: the rule when what was seen is reason enough.  Called by advise.c.
 * Where a sampled plan read many rows of a table and threw most of them away,
 * the most promising candidate is advised on that evidence, with the reason
 * why no plan confirms it.  For partitions, the index is that of their
 * partitioned table.
 */
#include "postgres.h"

#include "advise/candidates.h"
#include "advise/select.h"

#define FILTERED_MIN	100		/* rows thrown away, per execution */
#define SHARE_MIN		0.5		/* of all rows read */

/* The share of rows read in vain; 0 if that is no reason to act. */
static double
share_in_vain(const CalPredicate *p)
{
	double		all = p->rows_filtered + p->rows_returned;

	if (p->samples == 0 || p->rows_filtered / p->samples < FILTERED_MIN ||
		p->rows_filtered < SHARE_MIN * all)
		return 0;
	return p->rows_filtered / all;
}

/* Advice that contains this index; NULL if there is none. */
static CalAdvice *
find_covering(List *advice, const CalIndex *index)
{
	ListCell   *lc;

	foreach(lc, advice)
	{
		CalAdvice  *a = lfirst(lc);

		if (cal_index_covers(&a->index, index))
			return a;
	}
	return NULL;
}

/* The most promising index for what was seen, if none is there already. */
static CalIndex *
promising(CalWorkload *workload, CalTable **table, const CalPredicate *seen)
{
	CalIndex   *made = palloc(CAL_CANDIDATES_MAX * sizeof(CalIndex));
	CalTable   *root;
	CalIndex   *index;

	if (cal_candidates_make(*table, seen, made) == 0)
		return NULL;
	cal_index_estimate(*table, &made[0]);
	if (!OidIsValid((*table)->root))
		return &made[0];
	root = cal_workload_table(workload, (*table)->root);
	index = root->unusable ? NULL : cal_table_to_root(*table, root, &made[0]);
	*table = root;
	return index && !cal_index_covered(root, index) ? index : NULL;
}

/* Consider one statement and one of its tables. */
static List *
consider(CalWorkload *workload, CalWorkStatement *s, const CalPredicate *p,
		 List *planned, List *evident)
{
	CalTable   *table = cal_workload_table(workload, p->key.relid);
	const char *why = s->trouble;
	double		share = share_in_vain(p);
	CalIndex   *index;
	CalAdvice  *a;

	if (OidIsValid(table->root))
		why = "the table is partitioned";
	if (why == NULL || share == 0)
		return evident;
	index = promising(workload, &table, p);
	if (index == NULL || find_covering(planned, index))
		return evident;
	a = find_covering(evident, index);
	if (a == NULL)
	{
		a = palloc0(sizeof(CalAdvice));
		a->index = *index;
		a->table = table;
		a->unplanned = why;
		evident = lappend(evident, a);
	}
	else if (list_member_ptr(a->served, s))
		return evident;
	cal_select_serve(a, s, p->key.relid);
	a->benefit = a->filtered / a->read;
	a->saved += s->usec * share;
	return evident;
}

/* What the evidence says beyond the advice that planning gave. */
List *
cal_select_evident(CalWorkload *workload, List *planned)
{
	List	   *evident = NIL;

	for (int i = 0; i < workload->n; i++)
	{
		CalWorkStatement *s = &workload->statement[i];

		for (int j = 0; j < s->npredicates; j++)
			evident = consider(workload, s, &s->predicate[j], planned,
							   evident);
	}
	return evident;
}
