/*
 * samples.h
 *		Executions as they were sent, with the values of their parameters.
 *
 * They lie in a slice of their own of store/texts.c, under its lock.  They are
 * in shared memory only: no view shows them, and they go to no file and to no
 * log.
 */
#ifndef CAL_SAMPLES_H
#define CAL_SAMPLES_H

#include "base/sample_codec.h"
#include "store/text_key.h"

#define CAL_SAMPLES		3		/* of one statement, at most */

/*
 * Read the record of one, 0 <= number < CAL_SAMPLES: its length, or -1 if
 * there is none.  buf has room for CAL_SAMPLE_MAX bytes and a NUL; it is taken
 * apart by cal_sample_decode.  key->id is the queryid.  Who asks has checked
 * that the caller has the rights of key->userid, and uses what he reads for
 * nothing but to plan it.
 */
extern int	cal_samples_fetch(const CalTextKey *key, int number, char *buf,
							  int room, int *encoding);

/* The number under which an execution is wanted as a sample, or -1. */
extern int	cal_samples_wanted(const CalTextKey *key);
extern void cal_samples_keep(const CalTextKey *key, int number,
							 const char *record, int len, int encoding);
extern void cal_samples_reset(void);

#endif							/* CAL_SAMPLES_H */
