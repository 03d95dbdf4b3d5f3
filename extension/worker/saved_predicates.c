/*
 * saved_predicates.c
 *		Observed predicates in a save file.
 *
 * Owns: the layout of this kind of record: a predicate, and behind it the
 * search_path under which its statement ran.  The store copies its entries
 * under its lock into memory allocated before; nothing is written while it is
 * held.  Never raises.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "store/predicates.h"
#include "worker/saved.h"

#define SLACK	64				/* predicates that may come while we allocate */

/* Put one predicate into the file. */
static void
put_predicate(CalSaver *saver, const CalPredicate *p, const CalPaths *paths)
{
	cal_saver_put(saver, p, sizeof(*p));
	if (p->path > 0 && p->path < paths->n)
		cal_saver_put(saver, paths->path[p->path],
					  strnlen(paths->path[p->path], CAL_PATH_MAX - 1));
	cal_saver_end(saver, &cal_saved_predicates);
}

/* Save all predicates. */
static void
save_predicates(CalSaver *saver)
{
	int			room = cal_predicates_count() + SLACK;
	CalPredicate *p = cal_saver_alloc(saver, room * sizeof(CalPredicate));
	CalPaths   *paths = cal_saver_alloc(saver, sizeof(CalPaths));
	int			n;

	if (p == NULL || paths == NULL)
		return;
	n = cal_predicates_copy(p, room, paths);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_predicate(saver, &p[i], paths);
	}
	pfree(p);
	pfree(paths);
}

/* Whether these can be sums of rows. */
static bool
rows_ok(double rows)
{
	return isfinite(rows) && rows >= 0;
}

/* Whether this can be a predicate. */
static bool
predicate_ok(const CalPredicate *p)
{
	if (p->key.zero != 0 || !OidIsValid(p->key.relid) || p->samples == 0 ||
		p->samples > PG_INT64_MAX / 4 || p->usec > PG_INT64_MAX / 4 ||
		p->executions > PG_INT64_MAX / 4 ||
		!rows_ok(p->rows_filtered) || !rows_ok(p->rows_returned) ||
		!rows_ok(p->rows_inserted) || !rows_ok(p->rows_updated) ||
		!rows_ok(p->rows_deleted) ||
		!cal_saved_time_ok(p->last) || *(const uint8 *) &p->clipped > 1 ||
		*(const uint8 *) &p->others > 1 || p->ncolumns > CAL_PREDICATE_COLUMNS)
		return false;
	for (int i = 0; i < p->ncolumns; i++)
		if (p->column[i].role > CAL_ROLE_GROUP)
			return false;
	return true;
}

/* Take one predicate over; what is left of the record is its path. */
static bool
load_predicate(CalTaker *taker)
{
	CalPredicate predicate;
	char		path[CAL_PATH_MAX];
	size_t		len;

	if (!cal_taker_take(taker, &predicate, sizeof(predicate)) ||
		!predicate_ok(&predicate))
		return false;
	len = taker->end - taker->next;
	if (len >= CAL_PATH_MAX || !cal_taker_take(taker, path, len))
		return false;
	path[len] = '\0';
	if (strlen(path) != len)
		return false;
	cal_predicates_note(&predicate, 1, len > 0 ? path : NULL);
	return true;
}

const CalSavedKind cal_saved_predicates = {
	6, 2, save_predicates, load_predicate
};
