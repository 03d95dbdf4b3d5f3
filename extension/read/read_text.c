/*
 * read_text.c
 *		The text of one statement, and what its comment says.
 *
 * Owns a buffer of this process.  Called by SQL.  The gate stands before the
 * look-up, so that not even the absence of a text can be seen.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/commenter.h"
#include "platform/local.h"
#include "platform/memory.h"
#include "platform/privilege.h"
#include "read/read_text.h"
#include "store/texts.h"

CAL_FUNCTION(caliper_statement_text_0_1);
CAL_FUNCTION(caliper_route_0_1);

/* Put the text of a statement, or null; who may see it was asked before. */
void
cal_read_text(CalRow *row, uint64 queryid, Oid userid, Oid dbid)
{
	static CAL_LARGE char text[CAL_TEXT_MAX + 1];
	CalTextKey	key = {queryid, userid, dbid};
	int			encoding;
	int			len = cal_texts_fetch(CAL_TEXT_STATEMENT, &key, text,
									  sizeof(text), &encoding);

	if (len < 0)
		cal_row_null(row);
	else
		cal_row_foreign_text(row, text, len, encoding);
}

/* caliper.statement_text(queryid, userid, dbid); null if it is not kept. */
Datum
caliper_statement_text_0_1(PG_FUNCTION_ARGS)
{
	Oid			userid = PG_GETARG_OID(1);
	CalRow		row;			/* of one column, only to convert the text */

	cal_memory_require();
	row.natts = 1;
	row.n = 0;
	if (cal_privilege_sees(userid))
		cal_read_text(&row, PG_GETARG_INT64(0), userid, PG_GETARG_OID(2));
	else
		cal_row_text(&row, CAL_HIDDEN_TEXT);
	fcinfo->isnull = row.nulls[0];
	return row.values[0];
}

/* caliper.route(query): the endpoint that its comment names, or null. */
Datum
caliper_route_0_1(PG_FUNCTION_ARGS)
{
	text	   *query = PG_GETARG_TEXT_PP(0);
	CalTags		tags;

	cal_memory_require();
	if (!cal_commenter_parse(VARDATA_ANY(query), VARSIZE_ANY_EXHDR(query),
							 GetDatabaseEncoding(), &tags) ||
		tags.route[0] == '\0')
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(tags.route));
}
