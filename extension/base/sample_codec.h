/*
 * sample_codec.h
 *		A statement with the values of its parameters, as a string of bytes.
 */
#ifndef CAL_BASE_SAMPLE_CODEC_H
#define CAL_BASE_SAMPLE_CODEC_H

#define CAL_SAMPLE_PARAMS_MAX	64
#define CAL_SAMPLE_VALUE_MAX	1024	/* bytes of one value */
#define CAL_SAMPLE_MAX			32768	/* bytes of a whole record */

typedef struct CalSampleParam
{
	Oid			typid;			/* InvalidOid: the statement does not use it */
	bool		isnull;
	const char *value;			/* as its output function wrote it, with a NUL
								 * behind; NULL if isnull */
	int			len;
} CalSampleParam;

/* What is decoded points into the record. */
typedef struct CalSample
{
	const char *statement;		/* with a NUL behind */
	int			len;
	int			nparams;		/* those of $1 to $nparams */
	CalSampleParam param[CAL_SAMPLE_PARAMS_MAX];
} CalSample;

/* Bytes written, or -1 if it does not fit into room or exceeds a bound. */
extern int	cal_sample_encode(const CalSample *sample, char *buf, int room);

/* False, for any bytes that cal_sample_encode would not have written. */
extern bool cal_sample_decode(const char *buf, int len, CalSample *out);

#endif							/* CAL_BASE_SAMPLE_CODEC_H */
