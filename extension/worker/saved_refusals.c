/*
 * saved_refusals.c
 *		Refused connections in a save file.
 *
 * Owns: the layout of this kind of record.  The store hands out copies and
 * needs no lock.  Names came from clients, so what is read back is doubted as
 * the rest of the file is.  Never raises.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "store/refusals.h"
#include "worker/saved.h"

#define SUM_MAX (PG_INT64_MAX / 4)

/* Save all. */
static void
save_refusals(CalSaver *saver)
{
	CalRefusal *all = cal_saver_alloc(saver,
									  cal_refusals_room() * sizeof(CalRefusal));
	int			n;

	if (all == NULL)
		return;
	n = cal_refusals_read(all);
	for (int i = 0; i < n; i++)
	{
		uint8		flags = (all[i].other ? 1 : 0) | (all[i].held ? 2 : 0);

		cal_saver_put(saver, &flags, sizeof(flags));
		cal_saver_put(saver, &all[i].key, sizeof(all[i].key));
		cal_saver_put(saver, &all[i].refused, sizeof(all[i].refused));
		cal_saver_put(saver, &all[i].first_at, sizeof(all[i].first_at));
		cal_saver_put(saver, &all[i].last_at, sizeof(all[i].last_at));
		cal_saver_put(saver, &all[i].holders, sizeof(all[i].holders));
		cal_saver_end(saver, &cal_saved_refusals);
	}
	pfree(all);
}

/* Whether this can be a refusal. */
static bool
refusal_ok(const CalRefusal *refusal)
{
	const CalRefusalKey *key = &refusal->key;
	const CalHolders *holders = &refusal->holders;

	return key->reason < CAL_REFUSAL_REASONS && key->sqlstate >= 0 &&
		key->sqlstate < (1 << 30) &&
		(key->family == 0 || key->family == 4 || key->family == 6) &&
		cal_saved_name_ok(key->application, PG_UTF8) &&
		cal_saved_name_ok(key->usename, PG_UTF8) && cal_saved_name_ok(key->datname, PG_UTF8) &&
		refusal->refused > 0 && refusal->refused <= SUM_MAX &&
		cal_saved_time_ok(refusal->first_at) &&
		cal_saved_time_ok(refusal->last_at) &&
		(!refusal->held || cal_saved_name_ok(holders->application, holders->encoding));
}

/* Take one over. */
static bool
load_refusal(CalTaker *taker)
{
	CalRefusal	refusal;
	uint8		flags;

	memset(&refusal, 0, sizeof(refusal));
	if (!cal_taker_take(taker, &flags, sizeof(flags)) || flags > 3 ||
		!cal_taker_take(taker, &refusal.key, sizeof(refusal.key)) ||
		!cal_taker_take(taker, &refusal.refused, sizeof(refusal.refused)) ||
		!cal_taker_take(taker, &refusal.first_at, sizeof(refusal.first_at)) ||
		!cal_taker_take(taker, &refusal.last_at, sizeof(refusal.last_at)) ||
		!cal_taker_take(taker, &refusal.holders, sizeof(refusal.holders)) ||
		!cal_taker_done(taker))
		return false;
	refusal.other = (flags & 1) != 0;
	refusal.held = (flags & 2) != 0;
	if (!refusal_ok(&refusal))
		return false;
	cal_refusals_restore(&refusal);
	return true;
}

const CalSavedKind cal_saved_refusals = {8, 1, save_refusals, load_refusal};
