/*
 * forecast.h
 *	  What was seen of a demand says of a multiple of it, and how surely.
 */
#ifndef CAL_BASE_FORECAST_H
#define CAL_BASE_FORECAST_H

#include "base/queueing.h"

/* What was counted at one pool. */
typedef struct CalSeen
{
	CalDemand	demand;			/* as far as the pool lets it be seen */
	double		arrivals;		/* how many it is told from */
	int			servers;		/* size of the pool */
} CalSeen;

/* A demand, and the standard errors of the logarithms of its numbers. */
typedef struct CalEvidence
{
	CalDemand	demand;
	double		load_error;
	double		peakedness_error;
	double		observed;		/* for how long */
} CalEvidence;

/* What is asked: so many times the demand, on pools of so many servers each. */
typedef struct CalAsked
{
	double		factor;
	int			pools;			/* that do not help each other out */
	int			servers;
	CalWaitTarget target;
	double		patience;		/* after waiting that long, clients give up */
} CalAsked;

/* The answer.  Without equilibrium waits are infinite. */
typedef struct CalOutlook
{
	double		busy_mean;
	double		busy_p99;
	double		wait_prob;
	double		wait_mean;
	double		wait_p95;
	double		given_up;		/* share of arrivals */
	double		needed;			/* for the target; infinite if too many */
} CalOutlook;

extern void cal_forecast_learn(CalQueue *queue, const CalSeen *seen,
							   CalEvidence *to);
extern void cal_forecast(CalQueue *queue, const CalEvidence *evidence,
						 const CalAsked *asked, CalOutlook out[3]);

/* What is in out[]. */
enum
{
	CAL_OUTLOOK_LIKELY,
	CAL_OUTLOOK_LOW,
	CAL_OUTLOOK_HIGH
};

#endif							/* CAL_BASE_FORECAST_H */
