/*
 * saved.h
 *		What a save file holds of each store, and how it is written and read.
 */
#ifndef CAL_WORKER_SAVED_H
#define CAL_WORKER_SAVED_H

#include "base/histogram.h"
#include "base/record_codec.h"
#include "store/counters.h"
#include "store/pool_key.h"

#define CAL_SAVED_FORMAT	1

/* A record under construction, on its way into the file. */
typedef struct CalSaver
{
	CalRecordWriter writer;
	uint64		limit;			/* bytes of records that the file may hold */
	uint64		left_out;		/* records that did not fit */
	bool		failed;			/* no memory */
	bool		overflow;		/* the present record is too long */
	size_t		len;			/* of the present record */
	char		data[CAL_RECORD_MAX];
} CalSaver;

/* A record being taken apart. */
typedef struct CalTaker
{
	const uint8 *next;
	const uint8 *end;
} CalTaker;

/*
 * One kind of record.  save writes all that the store holds; load takes one
 * record over, or returns false having changed nothing.
 */
typedef struct CalSavedKind
{
	uint16		type;
	uint16		version;
	void		(*save) (CalSaver *saver);
	bool		(*load) (CalTaker *taker);
} CalSavedKind;

extern const CalSavedKind cal_saved_statements;
extern const CalSavedKind cal_saved_others;
extern const CalSavedKind cal_saved_texts;
extern const CalSavedKind cal_saved_plans;
extern const CalSavedKind cal_saved_events;
extern const CalSavedKind cal_saved_predicates;
extern const CalSavedKind cal_saved_sightings;
extern const CalSavedKind cal_saved_pools;
extern const CalSavedKind cal_saved_history_pools;
extern const CalSavedKind cal_saved_history;
extern const CalSavedKind cal_saved_refusals;
extern const CalSavedKind cal_saved_trials;

extern void *cal_saver_alloc(CalSaver *saver, Size size);
extern void cal_saver_put(CalSaver *saver, const void *data, size_t len);
extern void cal_saver_put_application(CalSaver *saver, uint16 id);
extern void cal_saver_put_hist(CalSaver *saver, const CalHist32 *hist);
extern void cal_saver_end(CalSaver *saver, const CalSavedKind *kind);

extern bool cal_taker_take(CalTaker *taker, void *data, size_t len);
extern bool cal_taker_take_application(CalTaker *taker, uint16 *id);
extern bool cal_taker_take_hist(CalTaker *taker, CalHist32 *hist);
extern bool cal_taker_done(const CalTaker *taker);

extern bool cal_saved_time_ok(TimestampTz t);
extern bool cal_saved_pool_key_ok(const CalPoolKey *key);
extern bool cal_saved_usage_ok(const CalUsage *usage);
extern bool cal_saved_counters_ok(const CalCounters *counters);
extern bool cal_saved_string_ok(const char *s, size_t size, int encoding);
extern bool cal_saved_name_ok(const char *name, int encoding);

#endif							/* CAL_WORKER_SAVED_H */
