/*
 * subject.c
 *		A statement for which indexes are sought, and what it would cost.
 *
 * Owns: the memory of what was planned already.  Called by the selection.  A
 * plan that was the best with many indexes at hand, and used only a few of
 * them, is the best with those few as well: so most questions are answered
 * without planning.  And no set costs less than one that contains it.  Plans
 * in the sandbox only.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "advise/sandbox.h"
#include "advise/subject.h"
#include "advise/wants.h"

#define TABLES_MAX	32			/* of a statement, named to the sandbox */
#define MS_MAX		2000		/* for one visit to the sandbox */
#define COST_MIN	0.01		/* no plan is cheaper */
#define FETCH_USEC	1.6			/* for one row, from a page in memory */
#define JUMP_USEC	2.0			/* to begin where no page was just used */
#define HARM		3			/* times as bad as good: to be slower than now */

/* Time for one visit: no statement gets all that is left. */
int
cal_subject_time(TimestampTz deadline)
{
	long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
													   deadline);

	return left <= 0 ? 0 : (int) Max(50, Min(MS_MAX, left / 4));
}

/* Consider a candidate for the statement; false if it has too many. */
bool
cal_subject_add(CalSubject *s, CalMember *member)
{
	for (int i = 0; i < s->n; i++)
		if (s->member[i] == member)
			return true;
	if (s->n == CAL_HYPOTHETICAL_MAX)
		return false;
	s->member[s->n] = member;
	s->candidate[s->n++] = &member->candidate;
	return true;
}

/* The set of all its candidates. */
uint64
cal_subject_all(const CalSubject *s)
{
	return s->n == 64 ? PG_UINT64_MAX : (UINT64CONST(1) << s->n) - 1;
}

/* Whether it is about a table; of partitions, about the partitioned one. */
bool
cal_subject_reads(const CalSubject *s, Oid relid)
{
	ListCell   *lc;

	foreach(lc, s->wants)
	{
		if (((const CalWant *) lfirst(lc))->relid == relid)
			return true;
	}
	for (int i = 0; i < s->statement->npredicates; i++)
	{
		Oid			seen = s->statement->predicate[i].key.relid;

		if (seen == relid ||
			cal_workload_table(s->workload, seen)->root == relid)
			return true;
	}
	return false;
}

/* Forget which plans answered which questions. */
static void
forget_recalls(CalSubject *s)
{
	if (s->recall)
		memset(s->recall, 0, (s->mask + 1) * sizeof(CalRecall));
	s->recalls = 0;
}

/* The place of a set, or where it would be. */
static CalRecall *
place_of(CalSubject *s, uint64 set)
{
	uint32		h = murmurhash32((uint32) set ^ murmurhash32(set >> 32));
	int			i = h & s->mask;

	while (s->recall[i].plan != 0 && s->recall[i].set != set)
		i = (i + 1) & s->mask;
	return &s->recall[i];
}

/* Note which plan answers for a set. */
static void
note_recall(CalSubject *s, uint64 set, int plan)
{
	CalRecall  *place;

	if (s->recall == NULL || 2 * s->recalls > s->mask)
	{
		s->mask = s->recall ? 2 * s->mask + 1 : 63;
		if (s->recall)
			pfree(s->recall);
		s->recall = palloc0((s->mask + 1) * sizeof(CalRecall));
		s->recalls = 0;
	}
	place = place_of(s, set);
	s->recalls += place->plan == 0;
	place->set = set;
	place->plan = plan + 1;
}

/* What is known of the plan under a set, or NULL. */
const CalPlanned *
cal_subject_find(CalSubject *s, uint64 set)
{
	if (s->recall)
	{
		int			known = place_of(s, set)->plan;

		if (known > 0)
			return &s->plan[known - 1];
	}
	for (int i = s->nplans - 1; i >= 0; i--)
	{
		const CalPlanned *p = &s->plan[i];

		if ((set & ~p->set) == 0 && (p->used & ~set) == 0)
		{
			note_recall(s, set, i);
			return p;
		}
	}
	return NULL;
}

/* What the plan under a set costs at least and at most, by what is known. */
void
cal_subject_bounds(const CalSubject *s, uint64 set, double *least,
				   double *most)
{
	*least = 0;
	*most = s->base;
	for (int i = 0; i < s->nplans; i++)
	{
		const CalPlanned *p = &s->plan[i];

		if ((set & ~p->set) == 0 && p->plain > *least)
			*least = p->plain;
		if ((p->used & ~set) == 0 && p->cost < *most)
			*most = p->cost;
	}
	*least = Min(*least, *most);
}

/*
 * Cost that the planner overlooks: rows fetched singly take so much time at
 * least, by what a unit of cost takes of this statement.
 */
static double
overlooked(const CalSubject *s, const CalFetches *fetches)
{
	double		cost;

	if (s->usec <= 0)
		return 0;
	cost = Max(0, fetches->rows * FETCH_USEC / s->usec - fetches->cost) +
		fetches->jumps * JUMP_USEC / s->usec;
	return cost / Max(s->statement->nsamples, 1);
}

/* Remember a plan. */
static void
remember(CalSubject *s, uint64 set, uint64 used, double cost,
		 const CalFetches *fetches)
{
	double		more = overlooked(s, fetches) - s->overlooked;
	double		worse;

	if (s->nplans == s->room)
	{
		s->room = Max(16, 2 * s->room);
		s->plan = s->plan ? repalloc(s->plan, s->room * sizeof(CalPlanned))
			: palloc(s->room * sizeof(CalPlanned));
	}
	s->plan[s->nplans].set = set;
	s->plan[s->nplans].used = used;
	cost = Max(cost, COST_MIN);
	worse = Max(cost + Max(more, 0) - s->base, 0);
	s->plan[s->nplans].plain = cost;
	s->plan[s->nplans].cost = cost + Max(more, 0) + (HARM - 1) * worse;
	note_recall(s, set, s->nplans++);
}

/* The bits of a set that stay, moved together. */
static uint64
squeeze(uint64 set, uint64 stay)
{
	uint64		out = 0;
	int			n = 0;

	for (int i = 0; i < 64; i++)
	{
		if ((stay >> i & 1) == 0)
			continue;
		out |= (set >> i & 1) << n++;
	}
	return out;
}

/* Keep but these candidates; plans that used others mean nothing any more. */
void
cal_subject_keep(CalSubject *s, uint64 these)
{
	int			n = 0;
	int			plans = 0;

	for (int i = 0; i < s->n; i++)
	{
		if ((these >> i & 1) == 0)
			continue;
		s->member[n] = s->member[i];
		s->candidate[n++] = s->candidate[i];
	}
	s->n = n;
	for (int i = 0; i < s->nplans; i++)
	{
		CalPlanned	p = s->plan[i];

		if ((p.used & ~these) != 0)
			continue;
		p.set = squeeze(p.set, these);
		p.used = squeeze(p.used, these);
		s->plan[plans++] = p;
	}
	s->nplans = plans;
	forget_recalls(s);
}

/* What to tell the sandbox about the statement. */
static void
prepare(const CalSubject *s, CalSandboxJob *job, Oid relids[TABLES_MAX])
{
	const CalWorkStatement *w = s->statement;

	job->owner = w->userid;
	job->search_path = w->search_path;
	job->nsamples = w->nsamples;
	job->sample = w->sample;
	job->relids = relids;
	job->nrelids = Min(w->npredicates, TABLES_MAX);
	job->indexes = s->candidate;
	job->nindexes = s->n;
	job->tables = s->workload->tables;
	job->trouble = "the time limit";
	for (int i = 0; i < job->nrelids; i++)
		relids[i] = w->predicate[i].key.relid;
}

/*
 * Only executions that differ are kept as samples: if there is one, all that
 * were looked at had the same values.
 */
static void
note_repeats(CalSubject *s)
{
	const CalWorkStatement *w = s->statement;
	uint64		seen = 0;
	ListCell   *lw;
	ListCell   *lc;

	for (int i = 0; i < w->npredicates; i++)
		seen = Max(seen, w->predicate[i].samples);
	if (w->nsamples != 1 || w->sample == w->generic)
		return;
	foreach(lw, s->wants)
	{
		foreach(lc, ((CalWant *) lfirst(lw))->clauses)
			((CalClause *) lfirst(lc))->seen = (int) Max(1, Min(seen, 100));
	}
}

/* First visit: the cost without any candidate, and what it wants. */
bool
cal_subject_begin(CalSubject *s, TimestampTz deadline)
{
	Oid			relids[TABLES_MAX];
	uint64		none = 0;
	uint64		used = 0;
	double		cost = 0;
	CalFetches	fetches = {0};
	CalSandboxJob job = {.ms = cal_subject_time(deadline),.nsets = 1,
		.sets = &none,.costs = &cost,.used = &used,.fetches = &fetches,
	.wants = &s->wants};

	s->nplans = 0;
	forget_recalls(s);
	prepare(s, &job, relids);
	s->planned = job.ms > 0 && cal_sandbox_run(&job) && job.done == 1;
	s->failed = !s->planned;
	if (s->failed)
	{
		s->statement->trouble = job.trouble;
		return false;
	}
	s->base = s->cost = Max(cost, COST_MIN);
	s->usec = s->statement->usec / (Max(s->statement->calls, 1) * s->base);
	s->overlooked = overlooked(s, &fetches);
	note_repeats(s);
	remember(s, 0, 0, cost, &fetches);
	return true;
}

/*
 * Plan under those sets of which the outcome is not known yet; false if that
 * did not succeed for all.
 */
bool
cal_subject_plan(CalSubject *s, const uint64 *sets, int n,
				 TimestampTz deadline)
{
	Oid			relids[TABLES_MAX];
	uint64	   *wanted;
	CalSandboxJob job = {.ms = cal_subject_time(deadline)};

	if (s->failed)
		return false;
	wanted = palloc(n * sizeof(uint64));
	for (int i = 0; i < n; i++)
		if (cal_subject_find(s, sets[i]) == NULL)
			wanted[job.nsets++] = sets[i];
	prepare(s, &job, relids);
	job.sets = wanted;
	job.costs = palloc((job.nsets + 1) * sizeof(double));
	job.used = palloc((job.nsets + 1) * sizeof(uint64));
	job.fetches = palloc0((job.nsets + 1) * sizeof(CalFetches));
	if (job.nsets > 0)
		s->failed = job.ms == 0 || !cal_sandbox_run(&job);
	for (int i = 0; i < job.done; i++)
		remember(s, wanted[i], job.used[i], job.costs[i], &job.fetches[i]);
	pfree(job.fetches);
	pfree(job.costs);
	pfree(job.used);
	pfree(wanted);
	return !s->failed;
}

/* The cost with what was chosen, and without some existing indexes; or -1. */
double
cal_subject_without(CalSubject *s, const Oid *hidden, int nhidden,
					TimestampTz deadline)
{
	Oid			relids[TABLES_MAX];
	uint64		used;
	double		cost;
	CalSandboxJob job = {.ms = cal_subject_time(deadline),.nsets = 1,
		.sets = &s->set,.costs = &cost,.used = &used,
	.hidden = hidden,.nhidden = nhidden};

	prepare(s, &job, relids);
	if (job.ms == 0 || !cal_sandbox_run(&job) || job.done < 1)
		return -1;
	return cost;
}
