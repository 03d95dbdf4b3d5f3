/*
 * forecast.c
 *	  From what was seen of a demand to a multiple of it, with bounds.
 *
 * Owns nothing.  Called by read/read_queueing.c.  Takes no lock, never
 * allocates and never fails.
 *
 * The errors.  Bursts come independently of each other; then the time held that
 * n transactions add up to, and with it the load, has the relative variance
 * (ca2 + cs2) / n (a compound Poisson sum; ca2 is the variability of arrivals,
 * cs2 that of times held, see queueing.c).  The number of busy servers forgets
 * its past within the mean residual time held, s (1 + cs2) / 2, so that in a
 * time T its variance is known as well as from T / s (1 + cs2) / 2 independent
 * looks; its relative variance is twice the inverse of half of them.  What is
 * not known of bursts is how much their sizes differ; taken as widely as by
 * chance (geometric), that adds (1 - 1/z)^2 ca2 / n.
 *
 * The bounds are of what will be measured, at the multiple k and for as long,
 * and not of what is true: the later measurement errs as well, with k times
 * the transactions.  So the variances of both are added.  An answer is worked
 * out at the ends of either number, and the two deviations are added as
 * squares.  Near its limit a queue swings slowly, and a wait measured there
 * errs by more; that is added with the time in which the queue forgets,
 * a s (ca2 + cs2) / (c - a)^2 (Whitt, "Planning queueing simulations",
 * Management Science 35, 1989).
 */
#include "c.h"

#include <math.h>

#include "base/forecast.h"

/* 95 of 100, so that nine of ten hold though the formulas are approximations */
#define SURE	1.96

/*
 * The relative error of a load.
 */
static double
load_error(const CalDemand *demand, double arrivals)
{
	return sqrt((cal_queue_arrival_cv2(demand) + demand->held_cv2) / arrivals);
}

/*
 * The relative error of the variance of busy servers.
 */
static double
variance_error(const CalDemand *demand, double arrivals)
{
	double		bursts = 1 - 1 / Max(demand->peakedness, 1);

	return sqrt((demand->load * (1 + demand->held_cv2) +
				 cal_queue_arrival_cv2(demand) * bursts * bursts) / arrivals);
}

/*
 * The demand behind what a pool was seen to do.  If the pool was full at times,
 * an error of what was seen becomes a greater one of the demand.
 */
void
cal_forecast_learn(CalQueue *queue, const CalSeen *seen, CalEvidence *to)
{
	CalDemand	edge = seen->demand;
	double		error;

	to->demand = seen->demand;
	to->demand.peakedness = cal_queue_fit(queue, &seen->demand, seen->servers);
	to->load_error = load_error(&to->demand, seen->arrivals);
	error = variance_error(&to->demand, seen->arrivals);
	edge.peakedness *= exp(error);
	edge.peakedness = cal_queue_fit(queue, &edge, seen->servers);
	to->peakedness_error =
		Max(error, log(edge.peakedness / to->demand.peakedness));
	to->observed = seen->arrivals * edge.held_mean / edge.load;
}

/*
 * The wait that grows for a time while more arrives than leaves, at its 95th
 * percentile.
 */
static double
growing_wait(double load, double servers, double observed)
{
	return 0.95 * Max(load / servers - 1, 0) * observed;
}

/*
 * What a demand, spread evenly over pools, does to them.
 */
static void
look(CalQueue *queue, const CalDemand *demand, const CalAsked *asked,
	 CalOutlook *out)
{
	CalDemand	part = *demand;
	int			needed;
	double		variance;

	part.load /= asked->pools;
	needed = cal_queue_needed(queue, &part, &asked->target);
	out->needed = needed > 0 ? (double) needed * asked->pools : INFINITY;
	if (!cal_queue_solve(queue, &part, asked->servers))
	{
		out->busy_mean = out->busy_p99 = (double) asked->servers * asked->pools;
		out->wait_prob = out->given_up = 1;
		out->wait_mean = out->wait_p95 = INFINITY;
		return;
	}
	out->wait_prob = cal_queue_late(queue, 0);
	out->wait_mean = cal_queue_mean_wait(queue);
	out->wait_p95 = cal_queue_wait_quantile(queue, 0.95);
	out->given_up = cal_queue_late(queue, asked->patience);
	if (asked->pools > 1 &&
		!cal_queue_solve(queue, demand, asked->servers * asked->pools))
	{
		/* more than can be solved: all of them behave like each of them */
		out->busy_mean = demand->load;
		out->busy_p99 = (double) cal_queue_busy_quantile(queue, 0.99) *
			asked->pools;
		return;
	}
	cal_queue_busy_moments(queue, &out->busy_mean, &variance);
	out->busy_p99 = cal_queue_busy_quantile(queue, 0.99);
}

/*
 * How much a measured 95th percentile of waits swings by itself: its density is
 * that of an exponential tail.
 */
static double
swing(const CalEvidence *evidence, const CalAsked *asked)
{
	const CalDemand *d = &evidence->demand;
	double		load = asked->factor * d->load / asked->pools;
	double		free = asked->servers - load;
	double		both = cal_queue_arrival_cv2(d) + d->held_cv2;
	double		forgets;

	if (free <= 0)
		return 0;
	forgets = load * d->held_mean * both / (free * free) / asked->pools;
	return sqrt(0.95 / 0.05) * d->held_mean * both / (2 * free) *
		sqrt(2 * forgets / evidence->observed);
}

/*
 * A bound, from the answers with either number at its end of that side; side is
 * 1 for the upper, -1 for the lower one.
 */
static double
bound(int side, double likely, double at_load, double at_peakedness,
	  double more)
{
	double		a = Max(side * (at_load - likely), 0);
	double		b = Max(side * (at_peakedness - likely), 0);

	if (isinf(likely))
		return Min(at_load, at_peakedness);
	return Max(likely + side * sqrt(a * a + b * b + more * more), 0);
}

/*
 * All bounds of one side.
 */
static void
bound_side(CalQueue *queue, const CalEvidence *evidence, const CalAsked *asked,
		   int side, CalOutlook out[3])
{
	const CalOutlook *likely = &out[CAL_OUTLOOK_LIKELY];
	CalOutlook *to = &out[side < 0 ? CAL_OUTLOOK_LOW : CAL_OUTLOOK_HIGH];
	CalDemand	load = evidence->demand;
	CalDemand	bursts = evidence->demand;
	CalOutlook	l;
	CalOutlook	b;
	double		more = likely->wait_p95 > 0 ? SURE * swing(evidence, asked) : 0;

	load.load *= asked->factor *
		exp(side * SURE * evidence->load_error * sqrt(1 + 1 / asked->factor));
	bursts.load *= asked->factor;
	bursts.peakedness *=
		exp(side * SURE * evidence->peakedness_error * sqrt(2.0));
	look(queue, &load, asked, &l);
	look(queue, &bursts, asked, &b);

	to->busy_mean = bound(side, likely->busy_mean, l.busy_mean, b.busy_mean, 0);
	to->busy_p99 = bound(side, likely->busy_p99, l.busy_p99, b.busy_p99, 0);
	to->wait_prob = bound(side, likely->wait_prob, l.wait_prob, b.wait_prob, 0);
	to->wait_mean = bound(side, likely->wait_mean, l.wait_mean, b.wait_mean, 0);
	to->wait_p95 = bound(side, likely->wait_p95, l.wait_p95, b.wait_p95, more);
	to->given_up = bound(side, likely->given_up, l.given_up, b.given_up, 0);
	to->needed = bound(side, likely->needed, l.needed, b.needed, 0);
	if (side < 0 && isinf(to->wait_p95))
		to->wait_p95 = growing_wait(load.load / asked->pools, asked->servers,
									evidence->observed);
}

/*
 * The answer, and its bounds.
 */
void
cal_forecast(CalQueue *queue, const CalEvidence *evidence,
			 const CalAsked *asked, CalOutlook out[3])
{
	CalDemand	demand = evidence->demand;

	demand.load *= asked->factor;
	look(queue, &demand, asked, &out[CAL_OUTLOOK_LIKELY]);
	bound_side(queue, evidence, asked, -1, out);
	bound_side(queue, evidence, asked, 1, out);
}
