/*
 * result.c
 *		What all set-returning functions do alike.
 *
 * Owns: nothing beyond a call.  Called by the functions in read/ and advise/.
 * Checks the number of columns, so that an old SQL script with a new library
 * gets an error and not a crash, and puts rows together column by column.
 * Never called while a lock is held.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "platform/memory.h"
#include "read/result.h"

/* Start the result; natts is what the C code is going to put per row. */
void
cal_result_begin(FunctionCallInfo fcinfo, CalRow *row, int natts)
{
	cal_memory_require();
	InitMaterializedSRF(fcinfo, 0);
	row->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	row->natts = natts;
	row->n = 0;
	cal_memory_require_columns(row->rsinfo->setDesc->natts, natts);
}

/* Put any value. */
void
cal_row_datum(CalRow *row, Datum value)
{
	Assert(row->n < row->natts);
	row->values[row->n] = value;
	row->nulls[row->n++] = false;
}

/* Put a null. */
void
cal_row_null(CalRow *row)
{
	Assert(row->n < row->natts);
	row->values[row->n] = (Datum) 0;
	row->nulls[row->n++] = true;
}

/* Put nulls until natts columns are there. */
void
cal_row_nulls_to(CalRow *row, int natts)
{
	while (row->n < natts)
		cal_row_null(row);
}

/* Put a bigint. */
void
cal_row_int(CalRow *row, int64 value)
{
	cal_row_datum(row, Int64GetDatum(value));
}

/* Put an oid; an invalid one is null. */
void
cal_row_oid(CalRow *row, Oid value)
{
	if (OidIsValid(value))
		cal_row_datum(row, ObjectIdGetDatum(value));
	else
		cal_row_null(row);
}

/* Put a boolean. */
void
cal_row_bool(CalRow *row, bool value)
{
	cal_row_datum(row, BoolGetDatum(value));
}

/* Put a duration, given in microseconds, in milliseconds. */
void
cal_row_ms(CalRow *row, double usec)
{
	cal_row_float(row, usec / 1000.0);
}

/* Put a double; what is not a number is null. */
void
cal_row_float(CalRow *row, double value)
{
	if (isnan(value))
		cal_row_null(row);
	else
		cal_row_datum(row, Float8GetDatum(value));
}

/* Put a point in time. */
void
cal_row_time(CalRow *row, TimestampTz value)
{
	if (value == 0)
		cal_row_null(row);
	else
		cal_row_datum(row, TimestampTzGetDatum(value));
}

/* Put an address of family 4 or 6; null for a Unix socket and for no client. */
void
cal_row_address(CalRow *row, int family, const uint8 *address)
{
	char		printed[INET6_ADDRSTRLEN];

	if (family <= 0 ||
		inet_ntop(family == 4 ? AF_INET : AF_INET6, address, printed,
				  sizeof(printed)) == NULL)
		cal_row_null(row);
	else
		cal_row_datum(row, DirectFunctionCall1(inet_in, CStringGetDatum(printed)));
}

/* Put a text in the server's encoding. */
void
cal_row_text(CalRow *row, const char *value)
{
	if (value == NULL)
		cal_row_null(row);
	else
		cal_row_datum(row, CStringGetTextDatum(value));
}

/* Convert a valid text to the server's encoding; NULL if that is impossible. */
static char *
convert(const char *value, int len, int encoding)
{
	int			to = GetDatabaseEncoding();
	int			room = len * MAX_CONVERSION_GROWTH + 1;
	Oid			proc = FindDefaultConversionProc(encoding, to);
	char	   *result;

	if (!OidIsValid(proc))
		return NULL;
	result = palloc(room);
	if (pg_do_encoding_conversion_buf(proc, encoding, to,
									  (unsigned char *) value, len,
									  (unsigned char *) result, room,
									  true) != len)
		return NULL;
	return result;
}

/*
 * Put a text captured in a database of any encoding.  Where it cannot be
 * converted, bytes that are not ASCII become question marks, because one odd
 * text must not make a view unreadable.
 */
void
cal_row_foreign_text(CalRow *row, const char *value, int len, int encoding)
{
	bool		valid = pg_verify_mbstr(encoding, value, len, true);
	char	   *converted = NULL;
	char	   *copy;

	if (likely(valid && encoding == GetDatabaseEncoding()))
	{
		cal_row_datum(row,
					  PointerGetDatum(cstring_to_text_with_len(value, len)));
		return;
	}
	copy = pnstrdup(value, len);
	if (valid && encoding != PG_SQL_ASCII &&
		GetDatabaseEncoding() != PG_SQL_ASCII)
		converted = convert(copy, len, encoding);
	if (converted == NULL)
	{
		for (char *p = copy; *p; p++)
			if (IS_HIGHBIT_SET(*p))
				*p = '?';
		converted = copy;
	}
	cal_row_text(row, converted);
}

/* Hand the row over and begin the next. */
void
cal_row_end(CalRow *row)
{
	Assert(row->n == row->natts);
	tuplestore_putvalues(row->rsinfo->setResult, row->rsinfo->setDesc,
						 row->values, row->nulls);
	row->n = 0;
}
