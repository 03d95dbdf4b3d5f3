/*
 * sample_text.h
 *		The text of an execution, so that it can be planned by itself.
 */
#ifndef CAL_SAMPLE_TEXT_H
#define CAL_SAMPLE_TEXT_H

#include "base/sample_codec.h"
#include "capture/plan_reader.h"

typedef struct CalSampleText
{
	char	   *statement;
	int			nparams;		/* those of $1 to $nparams */
	int			param[CAL_SAMPLE_PARAMS_MAX];	/* its number in the execution */
} CalSampleText;

/* How to understand a text that may be an expression of PL/pgSQL's. */
typedef enum CalSampleForm
{
	CAL_SAMPLE_STATEMENT,
	CAL_SAMPLE_EXPRESSION,		/* SELECT is to be put in front */
	CAL_SAMPLE_ASSIGNMENT		/* and the target is to be taken off */
} CalSampleForm;

/*
 * False if there is no text to be kept; it may also raise: call it under a
 * guard.  The result is in the current memory context.
 */
extern bool cal_sample_text(const CalObserved *seen, CalSampleForm form,
							CalSampleText *out);

#endif							/* CAL_SAMPLE_TEXT_H */
