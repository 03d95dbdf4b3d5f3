/*
 * queueing.h
 *	  How many connections a demand needs, and how long it waits for too few.
 *
 * A load is in servers (Erlangs): arrivals per unit of time x mean time held.
 * Times may be in any unit, as long as it is the same one.
 */
#ifndef CAL_BASE_QUEUEING_H
#define CAL_BASE_QUEUEING_H

#define CAL_QUEUE_MAX_SERVERS	10000
#define CAL_QUEUE_STATES		65536

/* What arrives, however many servers there are for it. */
typedef struct CalDemand
{
	double		load;			/* mean number of servers in use */
	double		peakedness;		/* variance / mean of that without a limit */
	double		held_mean;
	double		held_cv2;		/* squared coefficient of variation */
} CalDemand;

/* At most such a share of the arrivals shall wait for longer than a time. */
typedef struct CalWaitTarget
{
	double		time;
	double		late;
} CalWaitTarget;

/*
 * A queue in equilibrium: the weights of its states.  Half a megabyte, so the
 * caller allocates it.
 */
typedef struct CalQueue
{
	int			servers;
	CalDemand	demand;
	int			last;			/* the last state that has a weight */
	double		ratio;			/* from each state beyond it to the next */
	double		total;			/* of the weights, those beyond included */
	double		weight[CAL_QUEUE_STATES];
} CalQueue;

/* Textbook formulas; servers need not be whole. */
extern double cal_queue_erlang_b(double servers, double load);
extern double cal_queue_erlang_c(double servers, double load);
extern double cal_queue_wait_over(double servers, const CalDemand *demand,
								  double time);
extern double cal_queue_wait_mean(double servers, const CalDemand *demand);

/* Bursts. */
extern double cal_queue_arrival_cv2(const CalDemand *demand);

/* The queue whose arrivals come in batches. */
extern bool cal_queue_solve(CalQueue *queue, const CalDemand *demand,
							int servers);
extern double cal_queue_busy_share(const CalQueue *queue, int busy);
extern void cal_queue_busy_moments(const CalQueue *queue, double *mean,
								   double *variance);
extern int	cal_queue_busy_quantile(const CalQueue *queue, double share);
extern double cal_queue_late(const CalQueue *queue, double time);
extern double cal_queue_mean_wait(const CalQueue *queue);
extern double cal_queue_wait_quantile(const CalQueue *queue, double share);

/* Turned round: servers for a target, bursts from what a pool was seen to do. */
extern int	cal_queue_needed(CalQueue *queue, const CalDemand *demand,
							 const CalWaitTarget *target);
extern double cal_queue_fit(CalQueue *queue, const CalDemand *seen, int servers);

#endif							/* CAL_BASE_QUEUEING_H */
