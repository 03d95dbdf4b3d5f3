/*
 * texts.h
 *		Bounded stores of texts: statements, plans, and samples.
 */
#ifndef CAL_TEXTS_H
#define CAL_TEXTS_H

#include "platform/info.h"
#include "platform/memory.h"
#include "store/text_key.h"

typedef enum CalTextKind
{
	CAL_TEXT_STATEMENT,
	CAL_TEXT_PLAN,
	CAL_TEXT_SAMPLE				/* see samples.h; its bytes are no text */
} CalTextKind;

/* No text of any kind is longer; a caller clips to this or to less. */
#define CAL_TEXT_MAX	32768

extern const CalArea cal_texts_area;
extern const CalArea cal_plans_area;
extern const CalArea cal_samples_area;

/*
 * Find a text without its content: a reference > 0 that stays valid to test
 * with cal_texts_holds until the text is dropped; 0 if not there.  Both, and
 * to store what is there already, count as a use: a text that was used after
 * it was stored is not pushed out by texts that were not.
 */
extern uint32 cal_texts_find(CalTextKind kind, const CalTextKey *key);
extern bool cal_texts_holds(CalTextKind kind, uint32 ref);
extern uint32 cal_texts_store(CalTextKind kind, const CalTextKey *key,
							  const char *text, int len, int encoding);

/* Its length, clipped to room - 1 bytes and a NUL behind; -1 if not there. */
extern int	cal_texts_fetch(CalTextKind kind, const CalTextKey *key,
							char *buf, int room, int *encoding);

/*
 * One text after the other, *cursor being 0 at first; false at the end.  buf
 * has room for CAL_TEXT_MAX bytes and a NUL.
 */
extern bool cal_texts_next(CalTextKind kind, int *cursor, CalTextKey *key,
						   char *buf, int *len, int *encoding);

/* For samples: keep in place of what is there; the share that is free. */
extern void cal_texts_replace(CalTextKind kind, const CalTextKey *key,
							  const char *bytes, int len, int encoding);
extern double cal_texts_spare(CalTextKind kind);

extern void cal_texts_reset(CalTextKind kind);
extern void cal_texts_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_TEXTS_H */
