/*
 * test_sample_codec.c
 *	  Tests of base/sample_codec: what is encoded comes back, and nothing else
 *	  does.
 */
#include "c.h"

#include <stdlib.h>

#include "base/sample_codec.h"
#include "tap.h"

static char longest[CAL_SAMPLE_MAX + 1];

/*
 * A sample with a statement and a value, a null, an empty value and an unused
 * parameter.
 */
static CalSample
small(void)
{
	CalSample	sample = {.statement = "SELECT $1",.len = 9,.nparams = 4};
	CalSampleParam *p = sample.param;

	p[0].typid = p[2].typid = 25;
	p[0].value = "it's";
	p[0].len = 4;
	p[1].typid = 23;
	p[2].value = "";
	p[1].isnull = p[3].isnull = true;
	return sample;
}

/*
 * Whether two samples say the same.
 */
static bool
same(const CalSample *a, const CalSample *b)
{
	if (a->len != b->len || memcmp(a->statement, b->statement, a->len) != 0 ||
		a->nparams != b->nparams)
		return false;
	for (int i = 0; i < a->nparams; i++)
	{
		const CalSampleParam *p = &a->param[i];
		const CalSampleParam *q = &b->param[i];

		if (p->typid != q->typid || p->isnull != q->isnull ||
			(!p->isnull && (p->len != q->len || strcmp(p->value, q->value) != 0)))
			return false;
	}
	return true;
}

/*
 * What goes in comes out.
 */
static void
test_round_trip(void)
{
	static char buf[CAL_SAMPLE_MAX];
	CalSample	in = small();
	CalSample	out;
	int			len = cal_sample_encode(&in, buf, sizeof(buf));

	ok(len > 0 && cal_sample_decode(buf, len, &out) && same(&in, &out),
	   "a sample comes back");
	ok(out.statement[out.len] == '\0' && out.param[0].value[4] == '\0',
	   "its strings end with a NUL");
	ok(out.param[1].value == NULL, "a null has no value");

	in.nparams = 0;
	len = cal_sample_encode(&in, buf, sizeof(buf));
	ok(len > 0 && cal_sample_decode(buf, len, &out) && out.nparams == 0,
	   "a statement needs no parameters");

	in.len = 0;
	len = cal_sample_encode(&in, buf, sizeof(buf));
	ok(len > 0 && cal_sample_decode(buf, len, &out) && out.len == 0,
	   "it may even be empty");
}

/*
 * No room, no record.
 */
static void
test_bounds(void)
{
	static char buf[CAL_SAMPLE_MAX + 100];
	CalSample	in = small();
	int			len = cal_sample_encode(&in, buf, sizeof(buf));
	int			fits = 0;

	for (int room = -1; room < len; room++)
		fits += cal_sample_encode(&in, buf, room) != -1;
	is_number(fits, 0, "it is not cut");
	is_number(cal_sample_encode(&in, buf, len), len, "it may fit exactly");

	in.param[0].value = longest;
	in.param[0].len = CAL_SAMPLE_VALUE_MAX;
	ok(cal_sample_encode(&in, buf, sizeof(buf)) > 0, "the longest value fits");
	in.param[0].len++;
	is_number(cal_sample_encode(&in, buf, sizeof(buf)), -1,
			  "a longer one does not");

	in = small();
	in.nparams = CAL_SAMPLE_PARAMS_MAX + 1;
	is_number(cal_sample_encode(&in, buf, sizeof(buf)), -1,
			  "nor do more parameters than there may be");
	in.nparams = -1;
	is_number(cal_sample_encode(&in, buf, sizeof(buf)), -1,
			  "nor a negative number of them");

	in = small();
	in.statement = longest;
	in.len = CAL_SAMPLE_MAX;
	is_number(cal_sample_encode(&in, buf, sizeof(buf)), -1,
			  "nor a text that fills all room");
	in.statement = "a\0b";
	in.len = 3;
	is_number(cal_sample_encode(&in, buf, sizeof(buf)), -1,
			  "nor one with a NUL in it");
}

/*
 * Bytes that no encoder wrote.
 */
static void
test_damage(void)
{
	static char buf[CAL_SAMPLE_MAX];
	CalSample	in = small();
	CalSample	out;
	int			len = cal_sample_encode(&in, buf, sizeof(buf));
	int			accepted = 0;

	for (int i = -1; i < len; i++)
	{
		char	   *cut = malloc(Max(i, 1));

		memcpy(cut, buf, Max(i, 0));
		accepted += cal_sample_decode(cut, i, &out);
		free(cut);
	}
	is_number(accepted, 0, "no part of a record is one");
	ok(!cal_sample_decode(buf, len + 1, &out), "nor is a record and more");
	ok(!cal_sample_decode(buf, CAL_SAMPLE_MAX + 1, &out),
	   "nor is what is too long");

	buf[sizeof(int32) + 2] = '\0';
	ok(!cal_sample_decode(buf, len, &out), "a NUL inside a text is damage");

	cal_sample_encode(&in, buf, sizeof(buf));
	memset(buf, 0xFF, sizeof(int32));
	ok(!cal_sample_decode(buf, len, &out), "a negative length is damage");
}

int
main(void)
{
	memset(longest, 'x', CAL_SAMPLE_MAX);
	test_round_trip();
	test_bounds();
	test_damage();
	return tap_done();
}
