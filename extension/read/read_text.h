/*
 * read_text.h
 *		The text of one statement, for a row.
 */
#ifndef CAL_READ_TEXT_H
#define CAL_READ_TEXT_H

#include "read/result.h"
#include "store/statement_key.h"

extern void cal_read_text(CalRow *row, uint64 queryid, Oid userid, Oid dbid);

#endif							/* CAL_READ_TEXT_H */
