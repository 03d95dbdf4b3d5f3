/*
 * texts_samples.c
 *		A few executions of each statement, as they were sent.
 *
 * Owns: the rule how many are kept, and for how long.  They are records of
 * base/sample_codec.c, kept as texts of a kind of their own, under an id made
 * of the queryid and their number.  Called by capture for sampled executions
 * (wanted, keep), by the advisor (fetch) and by those who reset.
 *
 * The first of a statement is kept as a statement's text is: pushed out only
 * by what is in use while it is not.  The others are an extra, taken only
 * while there is room to spare, and the first to make room; now and then each
 * is replaced, so that they come from different times.  All of it is bounded
 * by pg_caliper.sample_memory.  Takes the store's lock only through the store.
 */
#include "postgres.h"

#include "common/pg_prng.h"

#include "store/samples.h"
#include "store/texts.h"

#define REPLACE_EVERY	8		/* a sample in so many replaces an extra one */
#define SPARE			0.25	/* of the memory, which extra ones leave free */

/* The key of one of a statement's samples. */
static CalTextKey
key_of(const CalTextKey *statement, int number)
{
	CalTextKey	key = *statement;

	key.id = (key.id ^ (uint64) number) * UINT64CONST(0xD6E8FEB86659FD93);
	return key;
}

/* Whether there is one; to be asked for is no use that keeps it. */
static bool
exists(const CalTextKey *statement, int number)
{
	char		none[1];
	int			encoding;

	return cal_samples_fetch(statement, number, none, 1, &encoding) >= 0;
}

/* Whether an execution that is looked at is wanted as a sample. */
int
cal_samples_wanted(const CalTextKey *key)
{
	CalTextKey	first = key_of(key, 0);
	uint32		draw;

	if (cal_texts_find(CAL_TEXT_SAMPLE, &first) == 0)
		return 0;
	if (cal_texts_spare(CAL_TEXT_SAMPLE) < SPARE)
		return -1;
	for (int i = 1; i < CAL_SAMPLES; i++)
		if (!exists(key, i))
			return i;
	draw = pg_prng_uint32(&pg_global_prng_state) % (REPLACE_EVERY * (CAL_SAMPLES - 1));
	return draw < CAL_SAMPLES - 1 ? (int) draw + 1 : -1;
}

/* Keep a sample under the number for which it was wanted. */
void
cal_samples_keep(const CalTextKey *key, int number, const char *record,
				 int len, int encoding)
{
	CalTextKey	place = key_of(key, number);

	cal_texts_replace(CAL_TEXT_SAMPLE, &place, record, len, encoding);
}

/* Read a sample. */
int
cal_samples_fetch(const CalTextKey *key, int number, char *buf, int room,
				  int *encoding)
{
	CalTextKey	place = key_of(key, number);

	return cal_texts_fetch(CAL_TEXT_SAMPLE, &place, buf, room, encoding);
}

/* Forget all samples. */
void
cal_samples_reset(void)
{
	cal_texts_reset(CAL_TEXT_SAMPLE);
}
