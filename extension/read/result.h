/*
 * result.h
 *		What all set-returning functions do alike.
 */
#ifndef CAL_RESULT_H
#define CAL_RESULT_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "funcapi.h"

#define CAL_RESULT_MAX_COLUMNS 64

/* A row under construction: columns are put in order, from left to right. */
typedef struct CalRow
{
	ReturnSetInfo *rsinfo;
	int			natts;
	int			n;				/* columns put so far */
	Datum		values[CAL_RESULT_MAX_COLUMNS];
	bool		nulls[CAL_RESULT_MAX_COLUMNS];
} CalRow;

extern void cal_result_begin(FunctionCallInfo fcinfo, CalRow *row, int natts);
extern void cal_row_int(CalRow *row, int64 value);
extern void cal_row_oid(CalRow *row, Oid value);
extern void cal_row_bool(CalRow *row, bool value);
extern void cal_row_ms(CalRow *row, double usec);
extern void cal_row_float(CalRow *row, double value);
extern void cal_row_time(CalRow *row, TimestampTz value);	/* 0 is null */
extern void cal_row_text(CalRow *row, const char *value);	/* NULL is null */
extern void cal_row_foreign_text(CalRow *row, const char *value, int len,
								 int encoding);
extern void cal_row_address(CalRow *row, int family, const uint8 *address);
extern void cal_row_datum(CalRow *row, Datum value);
extern void cal_row_null(CalRow *row);
extern void cal_row_nulls_to(CalRow *row, int natts);
extern void cal_row_end(CalRow *row);

#endif							/* CAL_RESULT_H */
