/*
 * saved_texts.c
 *		Texts of statements, and plans, in a save file.
 *
 * Owns: the layout of these two kinds of record.  The store copies one text
 * at a time under its lock; nothing is written while it is held.  A text that
 * is not valid in the encoding it claims is left out.  Never raises.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "store/texts.h"
#include "worker/saved.h"

/* Save all texts of a kind. */
static void
save(CalSaver *saver, CalTextKind kind, const CalSavedKind *record)
{
	CalTextKey	key;
	char	   *text = cal_saver_alloc(saver, CAL_TEXT_MAX + 1);
	int			cursor = 0;
	int			len;
	int			encoding;

	if (text == NULL)
		return;
	while (cal_texts_next(kind, &cursor, &key, text, &len, &encoding))
	{
		CHECK_FOR_INTERRUPTS();
		cal_saver_put(saver, &key, sizeof(key));
		cal_saver_put(saver, &encoding, sizeof(encoding));
		cal_saver_put(saver, text, len);
		cal_saver_end(saver, record);
	}
	pfree(text);
}

/* Take one text over; what is left of the record is its bytes. */
static bool
load(CalTaker *taker, CalTextKind kind)
{
	CalTextKey	key;
	int			encoding;
	const char *bytes;
	size_t		len;

	if (!cal_taker_take(taker, &key, sizeof(key)) ||
		!cal_taker_take(taker, &encoding, sizeof(encoding)))
		return false;
	bytes = (const char *) taker->next;
	len = taker->end - taker->next;
	if (len > CAL_TEXT_MAX || !PG_VALID_BE_ENCODING(encoding) ||
		memchr(bytes, '\0', len) != NULL ||
		!pg_verify_mbstr(encoding, bytes, (int) len, true))
		return false;
	cal_texts_store(kind, &key, bytes, (int) len, encoding);
	return true;
}

/* The texts of statements. */
static void
save_statement_texts(CalSaver *saver)
{
	save(saver, CAL_TEXT_STATEMENT, &cal_saved_texts);
}

/* One of them. */
static bool
load_statement_text(CalTaker *taker)
{
	return load(taker, CAL_TEXT_STATEMENT);
}

/* The plans of slow executions. */
static void
save_plans(CalSaver *saver)
{
	save(saver, CAL_TEXT_PLAN, &cal_saved_plans);
}

/* One of them. */
static bool
load_plan(CalTaker *taker)
{
	return load(taker, CAL_TEXT_PLAN);
}

const CalSavedKind cal_saved_texts = {
	3, 1, save_statement_texts, load_statement_text
};
const CalSavedKind cal_saved_plans = {4, 1, save_plans, load_plan};
