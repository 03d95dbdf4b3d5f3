/*
 * normalise.c
 *		A statement's text with its constants replaced by parameters.
 *
 * Owns: nothing beyond a call.  Called by text.c for a text that is new to
 * us.  Core's jumble tells where constants begin, core's scanner where they
 * end; the edits themselves are base/sqltext.c's.  May allocate and, in
 * principle, raise, so its caller catches.
 */
#include "postgres.h"

#include "parser/scanner.h"

#include "base/sqltext.h"
#include "capture/normalise.h"

/* The scanner, and the token it is at. */
typedef struct Tokens
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE		at;				/* offset of the token */
	bool		end;
} Tokens;

/* Step to the next token. */
static void
next_token(Tokens *t)
{
	if (core_yylex(&t->value, &t->at, t->scanner) == 0)
		t->end = true;
}

/* Start scanning. */
static void
start_tokens(Tokens *t, const char *text)
{
	t->scanner = scanner_init(text, &t->extra, &ScanKeywords,
							  ScanKeywordTokens);
	t->extra.escape_string_warning = false;
	t->end = false;
	next_token(t);
}

/* The offset behind the token; the scanner ends each with a zero byte. */
static int
token_end(const Tokens *t)
{
	return t->at + (int) strlen(t->extra.scanbuf + t->at);
}

/*
 * Step to the constant that begins at an offset; returns where it ends, or
 * -1.  A minus sign belongs to the number behind it.
 */
static int
scan_constant(Tokens *t, int offset)
{
	while (!t->end && t->at < offset)
		next_token(t);
	if (t->end)
		return -1;
	if (t->at == offset && t->extra.scanbuf[offset] == '-')
		next_token(t);
	return t->end ? -1 : token_end(t);
}

static int
compare_locations(const void *a, const void *b)
{
	int			x = ((const LocationLen *) a)->location;
	int			y = ((const LocationLen *) b)->location;

	return (x > y) - (x < y);
}

static int
compare_ranges(const void *a, const void *b)
{
	int			x = ((const CalListRange *) a)->first;
	int			y = ((const CalListRange *) b)->first;

	return (x > y) - (x < y);
}

/* Turn a list into an edit; false if the text is not as expected. */
static bool
edit_list(Tokens *t, const CalListRange *range, int offset, int *param,
		  CalSqlEdit *edit)
{
	int			first = range->first - offset;
	int			end = scan_constant(t, first);

	if (end < 0)
		return false;
	edit->offset = first;
	edit->list = true;
	if (t->extra.scanbuf[first] == '$')
		edit->param = atoi(t->extra.scanbuf + first + 1);
	else
		edit->param = ++*param;
	end = scan_constant(t, range->last - offset);
	edit->length = end - first;
	return edit->length > 0;
}

/* Turn a constant into an edit; false if the text is not as expected. */
static bool
edit_constant(Tokens *t, const LocationLen *location, int offset, int *param,
			  CalSqlEdit *edit)
{
	int			first = location->location - offset;
	int			end;

	edit->offset = first;
	edit->list = CAL_LOCATION_IS_LIST(location);
	if (edit->list)
		end = first + location->length;
	else
		end = scan_constant(t, first);
	edit->param = ++*param;
	edit->length = end - first;
	return edit->length > 0;
}

/* Collect the edits in the order of the text; returns how many. */
static int
collect_edits(Tokens *t, int offset, JumbleState *jstate,
			  const CalLists *lists, CalSqlEdit *edits)
{
	int			param = jstate->highest_extern_param_id;
	int			list = 0;
	int			behind = 0;
	int			n = 0;

	for (int i = 0; i <= jstate->clocations_count; i++)
	{
		const LocationLen *l = &jstate->clocations[i];
		int			at = i < jstate->clocations_count ? l->location : INT_MAX;

		for (; list < lists->n && lists->range[list].first <= at; list++)
		{
			const CalListRange *range = &lists->range[list];

			if (range->first - offset < behind)
				continue;
			if (!edit_list(t, range, offset, &param, &edits[n]))
				return n;
			behind = edits[n].offset + edits[n].length;
			n++;
		}
		if (at == INT_MAX || at - offset < behind || CAL_LOCATION_IS_PARAM(l))
			continue;
		if (!edit_constant(t, l, offset, &param, &edits[n]))
			return n;
		behind = edits[n].offset + edits[n].length;
		n++;
	}
	return n;
}

/*
 * Normalise a statement, whose text begins at an offset of the source that
 * the locations count from.  The result is allocated in the current context.
 */
char *
cal_normalise(const char *text, int len, int offset, JumbleState *jstate,
			  CalLists *lists, int *result_len)
{
	char	   *copy = pnstrdup(text, len);
	CalSqlEdit *edits;
	Tokens		tokens;
	size_t		size;
	char	   *result;
	int			n;

	qsort(lists->range, lists->n, sizeof(CalListRange), compare_ranges);
	qsort(jstate->clocations, jstate->clocations_count, sizeof(LocationLen),
		  compare_locations);
	edits = palloc((jstate->clocations_count + lists->n + 1) *
				   sizeof(CalSqlEdit));
	start_tokens(&tokens, copy);
	n = collect_edits(&tokens, offset, jstate, lists, edits);
	scanner_finish(tokens.scanner);

	size = len + (size_t) n * 24 + 1;
	result = palloc(size);
	*result_len = (int) cal_sqltext_normalise(edits, n, copy, len, result,
											  size);
	return result;
}
