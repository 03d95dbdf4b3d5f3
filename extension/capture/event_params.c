/*
 * event_params.c
 *		The values of a slow execution's parameters, in a few bytes.
 *
 * Owns nothing.  Called under a guard, for events only, and only if
 * pg_caliper.log_parameter_max_length allows it.  Only values of types that
 * come with the server are shown, since the output functions of others are
 * somebody's code; large values are not even unpacked.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/text_clean.h"
#include "capture/event_params.h"
#include "platform/settings.h"
#include "version_compat.h"

#define LARGE_VALUE 8192		/* bytes; not shown */
#define HIDDEN_VALUE "?"

/* Whether a value can be shown without running anybody's code. */
static bool
is_showable(Oid type, Datum value)
{
	struct varlena *bytes;

	if (type == RECORDOID || type == RECORDARRAYOID ||
		type >= FirstNormalObjectId || !OidIsValid(type))
		return false;
	if (get_typlen(type) != -1)
		return true;
	bytes = (struct varlena *) DatumGetPointer(value);
	return !VARATT_IS_EXTERNAL(bytes) && VARSIZE_ANY(bytes) <= LARGE_VALUE;
}

/* Add a value in quotes, clipped as the setting says. */
static void
add_value(StringInfo out, const char *value)
{
	int			len = strlen(value);
	int			max = cal_log_parameter_max_length;

	if (max > 0 && len > max)
		len = cal_text_clip(value, len, max, GetDatabaseEncoding());
	appendStringInfoCharMacro(out, '\'');
	for (int i = 0; i < len; i++)
	{
		if (value[i] == '\'')
			appendStringInfoCharMacro(out, '\'');
		appendStringInfoCharMacro(out, value[i]);
	}
	if (value[len] != '\0')
		appendStringInfoString(out, CAL_TEXT_MARK);
	appendStringInfoCharMacro(out, '\'');
}

/* Add one parameter. */
static void
add_parameter(StringInfo out, int number, const ParamExternData *param)
{
	Oid			output;
	bool		varlena;

	appendStringInfo(out, "%s$%d = ", number > 1 ? ", " : "", number);
	if (param->isnull)
		appendStringInfoString(out, "NULL");
	else if (!is_showable(param->ptype, param->value))
		appendStringInfoString(out, HIDDEN_VALUE);
	else
	{
		getTypeOutputInfo(param->ptype, &output, &varlena);
		add_value(out, OidOutputFunctionCall(output, param->value));
	}
}

/* Write all of them, as far as there is room; as core does in its log. */
void
cal_event_parameters(ParamListInfo params, char *buf, int room)
{
	StringInfoData out;

	/* those of a function's statements are made on demand, by its language */
	if (params->paramFetch != NULL)
		return;
	initStringInfo(&out);
	for (int i = 0; i < params->numParams && out.len < room; i++)
		add_parameter(&out, i + 1, &params->params[i]);
	cal_text_clean(buf, room, out.data, out.len, GetDatabaseEncoding(), true);
}
