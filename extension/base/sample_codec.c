/*
 * sample_codec.c
 *		A statement with the values of its parameters, as a string of bytes.
 *
 * Owns the layout below, nothing else.  Called by what keeps samples of
 * executions and by what plans them again.  Takes no lock, never allocates,
 * never trusts a length.
 *
 *		statement	length u32, as many bytes, NUL
 *		parameters	number u16
 *		each		type u32, length i32 (-1: null), as many bytes, NUL
 *
 * Numbers are in the machine's own byte order and not aligned: a record never
 * leaves the memory of its server.
 */
#include "c.h"

#include "base/sample_codec.h"

/* Where the next bytes go to, or come from. */
typedef struct Place
{
	char	   *to;
	const char *from;
	size_t		left;
	bool		failed;			/* once, and for good */
} Place;

/* Puts bytes into the record. */
static void
put(Place *place, const void *bytes, size_t len)
{
	place->failed |= len > place->left;
	if (place->failed)
		return;
	memcpy(place->to, bytes, len);
	place->to += len;
	place->left -= len;
}

/* Puts a string, which may not hold a NUL, into the record. */
static void
put_string(Place *place, const char *s, int32 len, int32 longest)
{
	if (len < 0 || len > longest || memchr(s, '\0', len) != NULL)
	{
		place->failed = true;
		return;
	}
	put(place, &len, sizeof(len));
	put(place, s, len);
	put(place, "", 1);
}

/* Puts a sample into a record. */
int
cal_sample_encode(const CalSample *sample, char *buf, int room)
{
	Place		place = {.to = buf,.left = Min(room, CAL_SAMPLE_MAX)};
	uint16		n = (uint16) sample->nparams;
	const int32 null = -1;

	if (room < 0 || sample->nparams < 0 ||
		sample->nparams > CAL_SAMPLE_PARAMS_MAX)
		return -1;
	put_string(&place, sample->statement, sample->len, CAL_SAMPLE_MAX);
	put(&place, &n, sizeof(n));
	for (int i = 0; i < n; i++)
	{
		const CalSampleParam *p = &sample->param[i];

		put(&place, &p->typid, sizeof(p->typid));
		if (p->isnull)
			put(&place, &null, sizeof(null));
		else
			put_string(&place, p->value, p->len, CAL_SAMPLE_VALUE_MAX);
	}
	return place.failed ? -1 : (int) (place.to - buf);
}

/* Takes bytes off the front of the record. */
static void
take(Place *place, void *bytes, size_t len)
{
	place->failed |= len > place->left;
	if (place->failed)
		return;
	memcpy(bytes, place->from, len);
	place->from += len;
	place->left -= len;
}

/* Takes a string of a length that is known off the record. */
static const char *
take_string(Place *place, int32 len, int32 longest)
{
	const char *s = place->from;

	if (place->failed || len < 0 || len > longest ||
		(size_t) len >= place->left || s[len] != '\0' ||
		memchr(s, '\0', len) != NULL)
	{
		place->failed = true;
		return NULL;
	}
	place->from += len + 1;
	place->left -= len + 1;
	return s;
}

/* Takes one parameter off the record. */
static void
take_param(Place *place, CalSampleParam *p)
{
	int32		len = -1;

	take(place, &p->typid, sizeof(p->typid));
	take(place, &len, sizeof(len));
	p->isnull = len == -1;
	p->value = p->isnull ? NULL : take_string(place, len, CAL_SAMPLE_VALUE_MAX);
	p->len = p->isnull ? 0 : len;
}

/* Takes a record apart. */
bool
cal_sample_decode(const char *buf, int len, CalSample *out)
{
	Place		place = {.from = buf,.left = (size_t) Max(len, 0)};
	int32		length = -1;
	uint16		n = 0;

	if (len < 0 || len > CAL_SAMPLE_MAX)
		return false;
	take(&place, &length, sizeof(length));
	out->statement = take_string(&place, length, CAL_SAMPLE_MAX);
	out->len = length;
	take(&place, &n, sizeof(n));
	if (place.failed || n > CAL_SAMPLE_PARAMS_MAX)
		return false;
	out->nparams = n;
	for (int i = 0; i < n; i++)
		take_param(&place, &out->param[i]);
	return !place.failed && place.left == 0;
}
