/*
 * advice.h
 *		What the advisor said last: the rows of caliper.index_advice.
 */
#ifndef CAL_ADVICE_H
#define CAL_ADVICE_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"

#define CAL_ADVICE_COLUMNS	32	/* of an index */
#define CAL_ADVICE_SERVED	64	/* query ids of a row */

typedef enum CalAdviceAction
{
	CAL_ADVICE_CREATE, CAL_ADVICE_REPLACE, CAL_ADVICE_DROP
} CalAdviceAction;

/*
 * One piece of advice.  A text may be NULL and a number NAN: null.  Texts are in
 * the encoding of the database; those that are too long are clipped.
 */
typedef struct CalAdviceRow
{
	int			rank;
	CalAdviceAction action;
	int			ncolumns;		/* as many as there are in column */
	int			nqueryids;		/* as many as there are in queryid */
	int64		calls;
	int64		estimated_size; /* bytes; -1: null */
	double		total_usec;
	double		share;
	double		cost_before;
	double		cost_after;
	double		benefit;
	double		rows_filtered;
	double		write_usec;		/* for 1,000 rows written */
	const char *schemaname;
	const char *tablename;
	const char *indexname;
	const char *method;
	const char *ddl;
	const char *verified;
	const char *reason;
	const char *column[CAL_ADVICE_COLUMNS];
	uint64		queryid[CAL_ADVICE_SERVED];
} CalAdviceRow;

/* Whose advice it is: the latest of each role in each database is kept. */
typedef struct CalAdviceHead
{
	Oid			dbid;
	Oid			userid;
	TimestampTz at;
	bool		wide;			/* the role saw everybody's statements */
	int			rows;
	int			left_out;		/* rows for which there was no room */
	uint32		length;			/* bytes that its rows take */
} CalAdviceHead;

#define CAL_ADVICE_HEADS	16
#define CAL_ADVICE_BYTES	(64 * 1024) /* that the rows of one can take */

extern const CalArea cal_advice_area;

/* Begin, put each row, end; nothing is seen before the end. */
extern void cal_advice_begin(Oid dbid, Oid userid, TimestampTz at, bool wide);
extern void cal_advice_put(const CalAdviceRow *row);
extern void cal_advice_end(void);

extern const char *cal_advice_action(CalAdviceAction action);
extern int	cal_advice_heads(CalAdviceHead *heads);
extern bool cal_advice_copy(CalAdviceHead *head, char *buf);
extern const char *cal_advice_next(const char *buf, CalAdviceRow *row);
extern void cal_advice_reset(void);
extern void cal_advice_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_ADVICE_H */
