/*
 * samples.c
 *		Keeps an execution as it was sent, with the values of its parameters.
 *
 * Owns nothing; the samples lie in store/texts_samples.c.  Called by the plan
 * reader for executions that search tables, and does its work behind a shield.
 * Only values of types whose output functions run no code of a user's are
 * kept; an execution that has another, or a large one, gives no sample.  Takes
 * no lock itself.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "capture/sample_text.h"
#include "capture/samples.h"
#include "platform/settings.h"
#include "platform/shield.h"
#include "store/samples.h"
#include "version_compat.h"

#define RAW_MAX	(4 * CAL_SAMPLE_VALUE_MAX)	/* of a value that is not text */

/* One try to make a sample of an execution. */
typedef struct Try
{
	const CalObserved *seen;
	CalSampleForm form;
	int			number;			/* under which it is to be kept */
} Try;

/* Whether values of a type can be shown without running a user's code. */
static bool
is_showable(Oid type)
{
	Oid			element = get_element_type(type);

	if (OidIsValid(element))
		type = element;
	if (!OidIsValid(type) || type == RECORDOID || type == RECORDARRAYOID)
		return false;
	if (type < FirstNormalObjectId)
		return true;
	type = getBaseType(type);
	switch (get_typtype(type))
	{
		case TYPTYPE_ENUM:
			return true;
		case TYPTYPE_BASE:
			return !OidIsValid(get_element_type(type)) ||
				get_element_type(type) < FirstNormalObjectId;
		default:
			return false;
	}
}

/* Whether a value of variable length is small, without unpacking it. */
static bool
is_small(Datum value)
{
	return !VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value)) &&
		toast_raw_datum_size(value) <= RAW_MAX;
}

/* Put in the value of a parameter; false if it cannot be kept. */
static bool
put_value(CalSampleParam *out, const ParamExternData *param)
{
	Oid			output;
	bool		varlena;
	char	   *value;

	out->typid = param->ptype;
	out->isnull = param->isnull || !OidIsValid(param->ptype);
	if (out->isnull)
		return true;
	if (!is_showable(param->ptype))
		return false;
	getTypeOutputInfo(param->ptype, &output, &varlena);
	if (varlena && !is_small(param->value))
		return false;
	value = OidOutputFunctionCall(output, param->value);
	out->value = value;
	out->len = (int) strlen(value);
	return out->len <= CAL_SAMPLE_VALUE_MAX;
}

/* Put in the values of all parameters that the text uses. */
static bool
put_values(CalSample *sample, ParamListInfo params, const CalSampleText *from)
{
	sample->nparams = from->nparams;
	for (int i = 0; i < from->nparams; i++)
	{
		ParamExternData data;
		ParamExternData *param = &params->params[from->param[i] - 1];

		if (params->paramFetch)
			param = params->paramFetch(params, from->param[i], true, &data);
		if (!put_value(&sample->param[i], param))
			return false;
	}
	return true;
}

/* Whether the same bytes are kept already. */
static bool
is_known(const CalTextKey *key, const char *record, int len, char *room)
{
	for (int i = 0; i < CAL_SAMPLES; i++)
	{
		int			encoding;
		int			n = cal_samples_fetch(key, i, room, CAL_SAMPLE_MAX + 1,
										  &encoding);

		if (n == len && memcmp(room, record, len) == 0)
			return true;
	}
	return false;
}

/* Make a sample, and keep it. */
static void
make(void *arg)
{
	const Try  *try = arg;
	CalSample  *sample = palloc0(sizeof(CalSample));
	CalSampleText from = {0};
	char	   *record;
	int			len;

	if (!cal_sample_text(try->seen, try->form, &from))
		return;
	sample->statement = from.statement;
	sample->len = (int) strlen(from.statement);
	if (!put_values(sample, try->seen->queryDesc->params, &from))
		return;
	record = palloc(CAL_SAMPLE_MAX);
	len = cal_sample_encode(sample, record, CAL_SAMPLE_MAX);
	if (len >= 0 && !is_known(&try->seen->key, record, len,
							  palloc(CAL_SAMPLE_MAX + 1)))
		cal_samples_keep(&try->seen->key, try->number, record, len,
						 GetDatabaseEncoding());
}

/* At the end of a sampled execution: keep it, if it is wanted. */
void
cal_samples_take(const CalObserved *seen)
{
	Try			try = {.seen = seen};
	CalSampleForm last = seen->nested ? CAL_SAMPLE_ASSIGNMENT :
	CAL_SAMPLE_STATEMENT;

	if (!cal_sample_parameters || seen->queryDesc->sourceText == NULL)
		return;
	try.number = cal_samples_wanted(&seen->key);
	for (; try.number >= 0 && try.form <= last; try.form++)
		if (cal_shield_quietly(make, &try))
			return;
}
