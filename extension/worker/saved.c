/*
 * saved.c
 *		Puts records of a save file together, takes them apart, doubts them.
 *
 * Owns: the encoding of what several kinds of record have in common.  Called
 * by the files saved_*.c, one for each store, each of which both writes and
 * reads its kind, so that the two can be compared at a glance.  Takes no lock.
 * A checksum proves that a file is the one that was written, not who wrote it:
 * so whatever is read is checked before it gets into shared memory.  Never
 * raises: it runs in the postmaster too.
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/timestamp.h"

#include "store/names.h"
#include "worker/saved.h"

#define NAME_MAX_LEN	(NAMEDATALEN - 1)
#define SUM_MAX			(PG_INT64_MAX / 4)	/* so that sums never overflow */

/* How an application is saved: by name, since numbers differ next time. */
typedef enum NameTag
{
	NAME_NONE,
	NAME_OTHER,
	NAME_GIVEN
}			NameTag;

/* Memory for a copy of a store's entries; without it the save fails. */
void *
cal_saver_alloc(CalSaver *saver, Size size)
{
	void	   *p = palloc_extended(size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);

	if (p == NULL)
		saver->failed = true;
	return p;
}

/* Append bytes to the record. */
void
cal_saver_put(CalSaver *saver, const void *data, size_t len)
{
	if (saver->overflow || len > sizeof(saver->data) - saver->len)
	{
		saver->overflow = true;
		return;
	}
	memcpy(saver->data + saver->len, data, len);
	saver->len += len;
}

/* Append an application. */
void
cal_saver_put_application(CalSaver *saver, uint16 id)
{
	const char *name = cal_names_get(id);
	uint8		tag = NAME_GIVEN;
	uint8		len;

	if (id == CAL_NAME_OTHER)
		tag = NAME_OTHER;
	else if (id == CAL_NAME_NONE || name == NULL || name[0] == '\0')
		tag = NAME_NONE;
	cal_saver_put(saver, &tag, sizeof(tag));
	if (tag != NAME_GIVEN)
		return;
	len = (uint8) strnlen(name, NAME_MAX_LEN);
	cal_saver_put(saver, &len, sizeof(len));
	cal_saver_put(saver, name, len);
}

/* Append a histogram: only the cells that counted something. */
void
cal_saver_put_hist(CalSaver *saver, const CalHist32 *hist)
{
	uint16		n = 0;

	for (int i = 0; i < CAL_HIST_CELLS; i++)
		n += (hist->cell[i] != 0);
	cal_saver_put(saver, &n, sizeof(n));
	for (uint16 i = 0; i < CAL_HIST_CELLS; i++)
	{
		if (hist->cell[i] == 0)
			continue;
		cal_saver_put(saver, &i, sizeof(i));
		cal_saver_put(saver, &hist->cell[i], sizeof(uint32));
	}
}

/* The record is complete: write it, unless the file is full. */
void
cal_saver_end(CalSaver *saver, const CalSavedKind *kind)
{
	if (saver->overflow || saver->writer.bytes + saver->len > saver->limit)
		saver->left_out++;
	else
		cal_record_write(&saver->writer, kind->type, kind->version,
						 saver->data, saver->len);
	saver->len = 0;
	saver->overflow = false;
}

/* Take bytes off the front of the record. */
bool
cal_taker_take(CalTaker *taker, void *data, size_t len)
{
	if (len > (size_t) (taker->end - taker->next))
		return false;
	memcpy(data, taker->next, len);
	taker->next += len;
	return true;
}

/* Names of applications are cleaned by core: nothing but printable ASCII. */
static bool
name_ok(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return len > 0;
}

/* Take an application off. */
bool
cal_taker_take_application(CalTaker *taker, uint16 *id)
{
	uint8		tag;
	uint8		len;
	char		name[NAMEDATALEN];

	if (!cal_taker_take(taker, &tag, sizeof(tag)) || tag > NAME_GIVEN)
		return false;
	*id = tag == NAME_OTHER ? CAL_NAME_OTHER : CAL_NAME_NONE;
	if (tag != NAME_GIVEN)
		return true;
	if (!cal_taker_take(taker, &len, sizeof(len)) || len > NAME_MAX_LEN ||
		!cal_taker_take(taker, name, len))
		return false;
	name[len] = '\0';
	if (!name_ok(name, len))
		return false;
	*id = cal_names_intern(name);
	return true;
}

/* Take a histogram off. */
bool
cal_taker_take_hist(CalTaker *taker, CalHist32 *hist)
{
	uint16		n;
	uint16		cell;
	int			previous = -1;

	memset(hist, 0, sizeof(*hist));
	if (!cal_taker_take(taker, &n, sizeof(n)) || n > CAL_HIST_CELLS)
		return false;
	while (n-- > 0)
	{
		if (!cal_taker_take(taker, &cell, sizeof(cell)) ||
			cell >= CAL_HIST_CELLS || (int) cell <= previous ||
			!cal_taker_take(taker, &hist->cell[cell], sizeof(uint32)))
			return false;
		previous = cell;
	}
	return true;
}

/* A record must be used up to the last byte. */
bool
cal_taker_done(const CalTaker *taker)
{
	return taker->next == taker->end;
}

/* A point in time, or 0 for never. */
bool
cal_saved_time_ok(TimestampTz t)
{
	return t >= 0 && IS_VALID_TIMESTAMP(t);
}

/* Whether this can be what executions used. */
bool
cal_saved_usage_ok(const CalUsage *usage)
{
	for (int i = 0; i < CAL_NBLOCKS; i++)
		if (usage->blocks[i] < 0 || usage->blocks[i] > SUM_MAX)
			return false;
	return usage->read_usec >= 0 && usage->read_usec <= SUM_MAX &&
		usage->write_usec >= 0 && usage->write_usec <= SUM_MAX &&
		usage->wal_records >= 0 && usage->wal_records <= SUM_MAX &&
		usage->wal_fpi >= 0 && usage->wal_fpi <= SUM_MAX &&
		usage->wal_bytes <= SUM_MAX;
}

/* Whether these can be the counters of a statement. */
bool
cal_saved_counters_ok(const CalCounters *c)
{
	return c->calls <= SUM_MAX && c->errors <= SUM_MAX &&
		c->rows <= SUM_MAX && c->plans <= SUM_MAX &&
		c->exec_usec <= SUM_MAX && c->plan_usec <= SUM_MAX &&
		c->min_usec <= c->max_usec && c->max_usec <= SUM_MAX &&
		c->opened <= SUM_MAX && c->held_usec <= SUM_MAX &&
		c->gap_usec <= SUM_MAX && c->longest_gap_usec <= SUM_MAX &&
		isfinite(c->sum_squares) && c->sum_squares >= 0 &&
		cal_saved_usage_ok(&c->usage) &&
		cal_saved_time_ok(c->since) && cal_saved_time_ok(c->last);
}

/* Whether a string ends inside its array and is valid in its encoding. */
bool
cal_saved_string_ok(const char *s, size_t size, int encoding)
{
	size_t		len = strnlen(s, size);

	return len < size && PG_VALID_BE_ENCODING(encoding) &&
		pg_verify_mbstr(encoding, s, (int) len, true);
}

/*
 * Whether it is a name with nothing behind its end: what it belongs to is found
 * by its bytes.
 */
bool
cal_saved_name_ok(const char *name, int encoding)
{
	if (!cal_saved_string_ok(name, NAMEDATALEN, encoding))
		return false;
	for (size_t i = strlen(name); i < NAMEDATALEN; i++)
		if (name[i] != '\0')
			return false;
	return true;
}
