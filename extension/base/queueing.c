/*
 * queueing.c
 *	  Formulas of queues: a pool of connections, and who waits for one.
 *
 * Owns nothing.  Called by read/read_queueing.c, and by nobody who is in a
 * hurry.  Takes no lock, never allocates and never fails; where a formula has
 * no answer (a load that is no less than the servers) it gives infinity, or
 * false.
 *
 * Erlang B and C, for a real number of servers: Jagerman, "Some properties of
 * the Erlang loss function", Bell System Technical Journal 53 (1974): B(c + 1)
 * = a B(c) / (c + 1 + a B(c)), which needs no factorial and so cannot overflow;
 * begun at the fraction of c with 1 / B(x) = a integral of e^-at (1+t)^x, an
 * incomplete gamma function (continued fraction: Abramowitz and Stegun 6.5.31).
 *
 * Mean wait and tail of the wait in a G/G/c queue: Allen, "Probability,
 * Statistics and Queueing Theory" (1990), section 5.4: the wait in M/M/c times
 * (ca2 + cs2) / 2, of Allen and Cunneen, with the squared coefficients of
 * variation of the times between arrivals and of the service.
 *
 * Bursts: Hayward's approximation, Fredericks, "Congestion in blocking
 * systems", Bell System Technical Journal 59 (1980): a load a of peakedness z
 * on c servers is much like a / z of peakedness 1 on c / z servers.
 *
 * That is good where bursts are small against the pool.  Where they are not,
 * as with a page that sends ten queries to a pool of ten, the queue is solved
 * with batches: M[X]/M/c (Chaudhry and Templeton, "A First Course in Bulk
 * Queues", 1983).  Between the states below n and those from n on as much goes
 * up as down,
 *		min(n, c) p(n) = a / E[X] (p(n-1) P(X > 0) + p(n-2) P(X > 1) + ...),
 * which gives state after state, all terms positive.  An arrival, of whichever
 * place in its batch, comes to be the m-th present with probability
 * min(m, c) p(m) / a; if m > c, it waits until m - c others have left, which
 * takes an Erlang-distributed time.  The batch is that which gives the measured
 * peakedness to a pool without a limit: z = 1 + B / 2 with
 * B = E[X(X-1)] / E[X]; sizes two consecutive numbers.  If times held are not
 * exponential, waits are stretched by what heavy traffic theory says (as in
 * Allen and Cunneen), (ca2 + cs2) / 2z.  There ca2 = 1 + B', and B' is the batch
 * that makes this peakedness with these times, z = 1 + B' E[min(S, S')] / E[S]
 * (Eckberg, "Generalized peakedness of teletraffic processes", Proc. 10th
 * International Teletraffic Congress, 1983).
 */
#include "c.h"

#include <math.h>

#include "base/queueing.h"

#define HUGE_WEIGHT	1e200
#define NEGLIGIBLE	1e-12


/*
 * Erlang B for a server less than a fraction x of one, 0 < x < 1, where all
 * terms of the continued fraction are positive; by Lentz's method.
 */
static double
blocking_below(double x, double load)
{
	double		b = load + 1 - x;
	double		c = INFINITY;
	double		d = 1 / b;
	double		f = d;

	for (int i = 1; i < 10000; i++)
	{
		double		a = -i * (i - x);
		double		step;

		b += 2;
		d = 1 / (a * d + b);
		c = b + a / c;
		step = c * d;
		f *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return 1 / (load * f);
}

/*
 * Erlang B for so few servers and a load below one, where the continued
 * fraction is slow: by the series of the lower incomplete gamma function.
 */
static double
blocking_light(double x, double load)
{
	double		head = pow(load, x) * exp(-load);
	double		term = 1 / (x + 1);
	double		sum = term;

	for (int n = 1; term > 1e-17 * sum; n++)
	{
		term *= load / (x + 1 + n);
		sum += term;
	}
	return head / (tgamma(x + 1) - head * load * sum);
}

/*
 * The share of arrivals that is lost where nobody may wait.
 */
double
cal_queue_erlang_b(double servers, double load)
{
	double		x = servers - floor(servers);
	double		b = 1;

	if (load <= 0 || isinf(servers))
		return 0;
	if (x > 0 && load < 1)
		b = blocking_light(x, load);
	else if (x > 0)
	{
		b = blocking_below(x, load);
		b = load * b / (x + load * b);
	}
	while (x + 0.5 < servers)
	{
		x += 1;
		b = load * b / (x + load * b);
	}
	return b;
}

/*
 * The share of arrivals that must wait, times held being exponential.
 */
double
cal_queue_erlang_c(double servers, double load)
{
	double		b = cal_queue_erlang_b(servers, load);

	if (load >= servers)
		return 1;
	return servers * b / (servers - load * (1 - b));
}

/*
 * E[min(S, S')] / E[S] of two times held: an interpolation that is right for
 * constant and for exponential times (1 and 1/2), and lies between what gamma,
 * lognormal and hyperexponential times have.
 */
static double
overlap(double held_cv2)
{
	return 1 / (1 + sqrt(held_cv2));
}

/*
 * How bursty arrivals must be to make this peakedness: the squared coefficient
 * of variation of the times between them, as far as queues notice it.
 */
double
cal_queue_arrival_cv2(const CalDemand *demand)
{
	return 1 + Max(demand->peakedness - 1, 0) / overlap(demand->held_cv2);
}

/*
 * By how much waits are longer than those of a queue with exponential times
 * held and the same peakedness.
 */
static double
stretch(const CalDemand *demand)
{
	return (cal_queue_arrival_cv2(demand) + demand->held_cv2) /
		(2 * Max(demand->peakedness, 1));
}

/*
 * The share of arrivals that waits for longer, after Allen, Cunneen and
 * Hayward.
 */
double
cal_queue_wait_over(double servers, const CalDemand *demand, double time)
{
	double		z = Max(demand->peakedness, 1);
	double		free = (servers - demand->load) / z;

	if (free <= 0)
		return 1;
	return cal_queue_erlang_c(servers / z, demand->load / z) *
		exp(-free * time / (demand->held_mean * stretch(demand)));
}

/*
 * The mean wait, after the same.
 */
double
cal_queue_wait_mean(double servers, const CalDemand *demand)
{
	double		free = (servers - demand->load) / Max(demand->peakedness, 1);

	if (free <= 0)
		return INFINITY;
	return cal_queue_wait_over(servers, demand, 0) *
		demand->held_mean * stretch(demand) / free;
}

/* A batch is of size, or, with a probability, of one more. */
typedef struct Batch
{
	int			size;
	double		more;
	double		mean;
} Batch;

/*
 * The batches that make a peakedness.
 */
static Batch
batch_of(double peakedness)
{
	double		b = Min(2 * (Max(peakedness, 1) - 1), CAL_QUEUE_STATES / 4);
	Batch		batch;

	batch.size = 1 + (int) floor(b + 1e-9);
	batch.more = Max(batch.size * (b + 1 - batch.size) / (2.0 * batch.size - b), 0);
	batch.mean = batch.size + batch.more;
	return batch;
}

/*
 * Keeps weights in the range of numbers: what vanishes is too improbable to
 * matter.
 */
static void
scale_down(CalQueue *queue, int last)
{
	for (int n = 0; n <= last; n++)
		queue->weight[n] /= HUGE_WEIGHT;
	queue->total /= HUGE_WEIGHT;
}

/*
 * The sum of some weights before state n.
 */
static double
sum_before(const CalQueue *queue, int n, int count)
{
	double		sum = 0;

	for (int i = Max(n - count, 0); i < n; i++)
		sum += queue->weight[i];
	return sum;
}

/*
 * One state after the other, until the rest is negligible or there is no more
 * room.  The sum over a batch is renewed now and then, against rounding.
 */
static void
solve_states(CalQueue *queue, const Batch *batch)
{
	double	   *p = queue->weight;
	double		up = queue->demand.load / batch->mean;
	double		sum = 0;
	int			n = 0;

	p[0] = queue->total = 1;
	while (++n < CAL_QUEUE_STATES)
	{
		int			leaving = n - 1 - batch->size;

		if (n % batch->size == 0)
			sum = sum_before(queue, n, batch->size);
		else
			sum = Max(sum + p[n - 1] - (leaving >= 0 ? p[leaving] : 0), 0);
		p[n] = up * (sum + (leaving >= 0 ? batch->more * p[leaving] : 0)) /
			Min(n, queue->servers);
		queue->total += p[n];
		if (p[n] > HUGE_WEIGHT)
		{
			scale_down(queue, n);
			sum /= HUGE_WEIGHT;
		}
		if (p[n] < NEGLIGIBLE * queue->total && n > queue->demand.load)
			break;
	}
	queue->last = Min(n, CAL_QUEUE_STATES - 1);
}

/*
 * Finds how the queue behaves; false if it grows without end.  More servers
 * than there can be states are as good as no limit.
 */
bool
cal_queue_solve(CalQueue *queue, const CalDemand *demand, int servers)
{
	Batch		batch = batch_of(demand->peakedness);
	double	   *p = queue->weight;

	queue->servers = servers;
	queue->demand = *demand;
	if (!(demand->load > 0) || demand->load >= servers ||
		demand->load > CAL_QUEUE_MAX_SERVERS)
		return false;
	solve_states(queue, &batch);

	/* beyond the last state the weights fall as a geometric series */
	queue->ratio = p[queue->last - 1] > 0 ?
		Min(p[queue->last] / p[queue->last - 1], 1 - 1e-9) : 0;
	queue->total += p[queue->last] * queue->ratio / (1 - queue->ratio);
	return true;
}

/*
 * The share of the time in which at most so many servers are busy.
 */
double
cal_queue_busy_share(const CalQueue *queue, int busy)
{
	if (busy >= Min(queue->servers, queue->last))
		return 1;
	return sum_before(queue, busy + 1, busy + 1) / queue->total;
}

/*
 * Mean and variance of the number of busy servers.
 */
void
cal_queue_busy_moments(const CalQueue *queue, double *mean, double *variance)
{
	int			full = Min(queue->servers, queue->last);
	double		rest = queue->total;
	double		sum = 0;
	double		squares = 0;

	for (int n = 0; n < full; n++)
	{
		rest -= queue->weight[n];
		sum += n * queue->weight[n];
		squares += (double) n * n * queue->weight[n];
	}
	rest = Max(rest, 0) / queue->total;
	*mean = sum / queue->total + full * rest;
	*variance = squares / queue->total + (double) full * full * rest -
		*mean * *mean;
}

/*
 * How many servers are not exceeded during a share of the time.
 */
int
cal_queue_busy_quantile(const CalQueue *queue, double share)
{
	int			full = Min(queue->servers, queue->last);
	double		sum = 0;

	for (int n = 0; n < full; n++)
	{
		sum += queue->weight[n];
		if (sum >= share * queue->total)
			return n;
	}
	return full;
}

/*
 * The share of arrivals that waits for longer: for each place in the queue, the
 * probability of coming to it, and that of fewer departures than needed.
 */
double
cal_queue_late(const CalQueue *queue, double time)
{
	const CalDemand *d = &queue->demand;
	double		x = queue->servers * time / (d->held_mean * stretch(d));
	double		log_term = -x;	/* of just as many departures */
	double		fewer = 0;
	double		late = 0;
	double		rest;

	for (int n = queue->servers + 1; n <= queue->last; n++)
	{
		fewer += x > 0 ? exp(log_term) : 1;
		if (x == 0 || fewer > 1)
			fewer = 1;
		late += queue->weight[n] * fewer;
		log_term += x > 0 ? log(x / (n - queue->servers)) : 0;
	}
	rest = queue->weight[queue->last] * queue->ratio / (1 - queue->ratio);
	x = Max(x - Max(queue->last - queue->servers, 0), 0);
	late += rest * exp(-x * (1 - queue->ratio));
	return Min(late * queue->servers / (d->load * queue->total), 1);
}

/*
 * The mean wait of all arrivals, by Little's law.
 */
double
cal_queue_mean_wait(const CalQueue *queue)
{
	const CalDemand *d = &queue->demand;
	double		r = queue->ratio;
	double		rest = queue->weight[queue->last] * r / (1 - r);
	double		sum = Max(queue->last - queue->servers, 0) + 1 / (1 - r);

	sum *= rest;
	for (int n = queue->servers + 1; n <= queue->last; n++)
		sum += (n - queue->servers) * queue->weight[n];
	return sum / queue->total / d->load * d->held_mean * stretch(d);
}

/*
 * The wait that a share of arrivals does not exceed.
 */
double
cal_queue_wait_quantile(const CalQueue *queue, double share)
{
	double		low = 0;
	double		high = queue->demand.held_mean;

	if (cal_queue_late(queue, 0) <= 1 - share)
		return 0;
	while (cal_queue_late(queue, high) > 1 - share)
	{
		low = high;
		high *= 2;
	}
	for (int i = 0; i < 20; i++)
	{
		double		middle = (low + high) / 2;

		if (cal_queue_late(queue, middle) > 1 - share)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/*
 * Whether so many servers keep the share of those who wait for longer down.
 */
static bool
suffices(CalQueue *queue, const CalDemand *demand, int servers,
		 const CalWaitTarget *target)
{
	return cal_queue_solve(queue, demand, servers) &&
		cal_queue_late(queue, target->time) <= target->late;
}

/*
 * The fewest servers for a target; 0 if more than CAL_QUEUE_MAX_SERVERS.  The
 * search begins where the formula without batches sees the answer.
 */
int
cal_queue_needed(CalQueue *queue, const CalDemand *demand,
				 const CalWaitTarget *target)
{
	int			low = (int) Min(floor(demand->load), CAL_QUEUE_MAX_SERVERS);
	int			high = low + 1;
	int			step = 1;

	if (low == 0 && suffices(queue, demand, 1, target))
		return 1;
	while (high < CAL_QUEUE_MAX_SERVERS &&
		   cal_queue_wait_over(high, demand, target->time) > target->late)
		high++;
	high = Min(high, CAL_QUEUE_MAX_SERVERS);
	while (!suffices(queue, demand, high, target))
	{
		if (high == CAL_QUEUE_MAX_SERVERS)
			return 0;
		low = high;
		high = Min(high + step, CAL_QUEUE_MAX_SERVERS);
		step *= 2;
	}
	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (suffices(queue, demand, middle, target))
			high = middle;
		else
			low = middle;
	}
	return high;
}

/*
 * The peakedness of a demand, given that of the busy servers of a pool of a
 * size: a pool that is full at times cuts the bursts off.  One that was full
 * nearly always tells nothing of them; then the answer is a lower bound.
 */
double
cal_queue_fit(CalQueue *queue, const CalDemand *seen, int servers)
{
	CalDemand	guess = *seen;
	double		low = 1;
	double		high = 2 * servers;
	double		variance = seen->peakedness * seen->load;

	for (int i = 0; i < 40 && high - low > 1e-4 * low; i++)
	{
		double		mean;
		double		got;

		guess.peakedness = (low + high) / 2;
		if (!cal_queue_solve(queue, &guess, servers))
			return Max(seen->peakedness, 1);
		cal_queue_busy_moments(queue, &mean, &got);
		if (got < variance)
			low = guess.peakedness;
		else
			high = guess.peakedness;
	}
	return low;
}
