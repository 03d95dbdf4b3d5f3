/*
 * subject.c
 *		A statement for which indexes are sought, and what it would cost.
 *
 * Owns: the memory of what was planned already.  Called by the selection.  A
 * plan that was the best with many indexes at hand, and used only a few of
 * them, is the best with those few as well: so most questions are answered
 * without planning.  Plans in the sandbox only.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/timestamp.h"

#include "advise/sandbox.h"
#include "advise/subject.h"

#define TABLES_MAX	32			/* of a statement, named to the sandbox */
#define MS_MAX		2000		/* for one visit to the sandbox */

/* The bit of a candidate in the statement's sets; 0 if it is none of its. */
uint64
cal_subject_bit(const CalSubject *s, const CalHypothetical *c)
{
	for (int i = 0; i < s->ncandidates; i++)
		if (s->candidate[i] == c)
			return UINT64CONST(1) << i;
	return 0;
}

/* Consider a candidate for the statement. */
void
cal_subject_add(CalSubject *s, CalHypothetical *candidate)
{
	if (s->ncandidates < CAL_HYPOTHETICAL_MAX &&
		cal_subject_bit(s, candidate) == 0)
		s->candidate[s->ncandidates++] = candidate;
}

/* What is known of the plan under a set, or NULL. */
const CalPlanned *
cal_subject_find(const CalSubject *s, uint64 set)
{
	for (int i = 0; i < s->nplans; i++)
	{
		const CalPlanned *p = &s->plan[i];

		if ((set & ~p->set) == 0 && (p->used & ~set) == 0)
			return p;
	}
	return NULL;
}

/* Remember a plan. */
static void
remember(CalSubject *s, uint64 set, uint64 used, double cost)
{
	if (s->nplans == s->room)
	{
		s->room = Max(16, 2 * s->room);
		s->plan = s->plan ? repalloc(s->plan, s->room * sizeof(CalPlanned))
			: palloc(s->room * sizeof(CalPlanned));
	}
	s->plan[s->nplans].set = set;
	s->plan[s->nplans].used = used;
	s->plan[s->nplans++].cost = cost;
}

/* Time for one visit to the sandbox: no statement gets all that is left. */
static int
time_for_one(TimestampTz deadline)
{
	long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
													   deadline);

	return left <= 0 ? 0 : (int) Max(100, Min(MS_MAX, left / 8));
}

/*
 * Plan under those sets of which the outcome is not known yet; false if that
 * did not succeed for all.  If not even the first plan came out, that is the
 * statement's trouble.
 */
bool
cal_subject_plan(CalSubject *s, const uint64 *sets, int n,
				 TimestampTz deadline)
{
	Oid			relids[TABLES_MAX];
	uint64	   *wanted = palloc(n * sizeof(uint64));
	CalSandboxJob job = {.owner = s->statement->userid,
		.text = s->statement->text,
		.search_path = s->statement->search_path,
		.relids = relids,
		.nrelids = Min(s->statement->npredicates, TABLES_MAX),
		.indexes = s->candidate,.nindexes = s->ncandidates,
	.ms = time_for_one(deadline),.sets = wanted};
	bool		all;

	for (int i = 0; i < job.nrelids; i++)
		relids[i] = s->statement->predicate[i].key.relid;
	for (int i = 0; i < n; i++)
		if (cal_subject_find(s, sets[i]) == NULL)
			wanted[job.nsets++] = sets[i];
	if (job.nsets == 0 || s->failed)
		return !s->failed;
	job.costs = palloc(job.nsets * sizeof(double));
	job.used = palloc(job.nsets * sizeof(uint64));
	job.trouble = "the time limit";
	all = job.ms > 0 && cal_sandbox_run(&job);
	for (int i = 0; i < job.done; i++)
		remember(s, wanted[i], job.used[i], job.costs[i]);
	s->failed = !all;
	if (s->nplans == 0)
		s->statement->trouble = job.trouble;
	return all;
}
