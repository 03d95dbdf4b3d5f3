/*
 * saved_sightings.c
 *		The use of indexes, and the cost of foreign keys, in a save file.
 *
 * Owns: the layout of this kind of record.  The store copies its entries under
 * its lock into memory allocated before; nothing is written while it is held.
 * Never raises.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "store/sightings.h"
#include "worker/saved.h"

#define SUM_MAX	(PG_INT64_MAX / 4)

/* Save all of it. */
static void
save_sightings(CalSaver *saver)
{
	CalSighting *e = cal_saver_alloc(saver, CAL_SIGHTINGS_MAX *
									 sizeof(CalSighting));
	int			n;

	if (e == NULL)
		return;
	n = cal_sightings_copy(e);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cal_saver_put(saver, &e[i], sizeof(CalSighting));
		cal_saver_end(saver, &cal_saved_sightings);
	}
	pfree(e);
}

/* Whether this can be a sighting. */
static bool
sighting_ok(const CalSighting *e)
{
	return e->key.zero == 0 && OidIsValid(e->key.object) &&
		e->key.kind <= CAL_SIGHTING_REFERENCING &&
		e->samples > 0 && e->samples <= SUM_MAX && e->calls <= SUM_MAX &&
		e->usec <= SUM_MAX && e->all_usec <= SUM_MAX &&
		cal_saved_time_ok(e->last);
}

/* Take one entry over. */
static bool
load_sighting(CalTaker *taker)
{
	CalSighting e;

	if (!cal_taker_take(taker, &e, sizeof(e)) || !cal_taker_done(taker) ||
		!sighting_ok(&e))
		return false;
	cal_sightings_note(&e, 1);
	return true;
}

const CalSavedKind cal_saved_sightings = {
	11, 1, save_sightings, load_sighting
};
