/*
 * waits.c
 *		What running statements wait for, as the worker samples it.
 *
 * Owns: its slice of shared memory, one record per process slot that can run
 * statements, on a cache line of its own.  Its first word is written by the
 * process of that slot alone, the rest by the worker alone, so there is no
 * lock.  The backend says that a run began or ended with one store each; the
 * worker looks at what core publishes of its wait, and counts.
 *
 * A profile is a sample: what is shorter than the interval may be missed, and
 * without a worker there is none.  Never reads the clock, never allocates,
 * never waits.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/proc.h"
#include "utils/wait_event.h"

#include "store/waits.h"
#include "version_compat.h"

typedef union Record
{
	struct
	{
		volatile uint32 run;	/* odd while a run is under way */
		volatile uint32 sampled;	/* the run that the profile is of */
		CalWaitProfile profile;
	}			s;
	char		pad[PG_CACHE_LINE_SIZE];
} Record;

typedef struct Waits
{
	uint32		nrecords;
	uint64		passes;			/* of the worker, which alone writes them */
	uint64		samples;
	Record		record[FLEXIBLE_ARRAY_MEMBER];
} Waits;

static Waits *waits;
CAL_HOT volatile uint32 *cal_waits_run = NULL;

static Record *mine;			/* of this process, once it ran something */

static Size waits_size(void);
static void waits_init(void *base, LWLockPadded *locks);

const CalArea cal_waits_area = {"waits", waits_size, waits_init, 0};

/* Where the records begin: on a cache line. */
#define RECORDS_OFFSET	CACHELINEALIGN(offsetof(Waits, record))

/* Memory for one record per process slot. */
static Size
waits_size(void)
{
	return add_size(RECORDS_OFFSET, mul_size(sizeof(Record), MaxBackends));
}

/* The slice is there, and zero. */
static void
waits_init(void *base, LWLockPadded *locks)
{
	waits = base;
	waits->nrecords = MaxBackends;
}

/* The record of a process slot. */
static inline Record *
record_of(uint32 procno)
{
	return (Record *) ((char *) waits + RECORDS_OFFSET) + procno;
}

/* Find this process's record; one without gets a private one. */
void
cal_waits_attach(void)
{
	static Record nobody;

	mine = &nobody;
	if (waits && MyProc && CAL_MY_PROC_NUMBER() < waits->nrecords)
		mine = record_of(CAL_MY_PROC_NUMBER());
	cal_waits_run = &mine->s.run;
}

/*
 * What the worker saw of a run of this process, the latest one; false if it
 * saw none of it.  To be asked before the next run begins.
 */
bool
cal_waits_profile(uint32 run, CalWaitProfile *out)
{
	memset(out, 0, sizeof(*out));
	if (run == 0 || mine == NULL || mine->s.sampled != run)
		return false;
	pg_read_barrier();
	*out = mine->s.profile;
	return true;
}

/* Which of our classes core's wait event belongs to. */
static CalWaitClass
class_of(uint32 wait_event_info)
{
	if (wait_event_info == 0)
		return CAL_WAIT_NONE;
	switch (wait_event_info & 0xFF000000)
	{
		case PG_WAIT_LOCK:
			return CAL_WAIT_LOCK;
		case PG_WAIT_LWLOCK:
			return CAL_WAIT_LWLOCK;
		case PG_WAIT_IO:
			return CAL_WAIT_IO;
		case PG_WAIT_CLIENT:
			return CAL_WAIT_CLIENT;
		case PG_WAIT_IPC:
			return CAL_WAIT_IPC;
		case PG_WAIT_TIMEOUT:
			return CAL_WAIT_TIMEOUT;
		default:
			return CAL_WAIT_OTHER;
	}
}

/* Count one look at a run; a run seen for the first time starts at zero. */
static void
count_sample(Record *record, uint32 run, CalWaitClass what)
{
	if (record->s.sampled != run)
	{
		memset(&record->s.profile, 0, sizeof(record->s.profile));
		pg_write_barrier();
		record->s.sampled = run;
	}
	record->s.profile.samples[what]++;
	waits->samples++;
}

/*
 * One pass over all process slots.  Whoever is not in a run and does not wait
 * for a client parses, plans or commits, or is no backend: seen sorts it out.
 */
void
cal_waits_sample(CalWaitSeen seen, void *arg)
{
	if (waits == NULL)
		return;
	for (uint32 i = 0; i < waits->nrecords; i++)
	{
		Record	   *record = record_of(i);
		PGPROC	   *proc = &ProcGlobal->allProcs[i];
		uint32		run = record->s.run;
		CalWaitClass what;

		if (proc->pid == 0)
			continue;
		what = class_of(*(volatile uint32 *) &proc->wait_event_info);
		pg_read_barrier();
		if ((run & 1) == 0 ? what == CAL_WAIT_CLIENT : record->s.run != run)
			continue;
		if (run & 1)
			count_sample(record, run, what);
		seen(arg, (int) i, what);
	}
	waits->passes++;
}

/* The rows of caliper.info. */
void
cal_waits_info(CalInfoEmit emit, void *arg)
{
	emit(arg, "waits", "passes", waits->passes, "passes");
	emit(arg, "waits", "samples", waits->samples, "samples");
}
