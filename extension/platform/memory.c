/*
 * memory.c
 *		One block of shared memory, cut into the slices of the stores.
 *
 * Owns: the block named "pg_caliper", its tranche of lightweight locks and
 * the list of slices.  Called by _PG_init (declare), by the shared memory
 * hooks (request, startup), by every SQL function (require) and by the view
 * of memory use (area).  Each slice belongs to one store, which guards it
 * with the locks it asked for here; this file takes no lock but core's
 * AddinShmemInitLock.  It never grows after server start and knows nothing of
 * what the slices hold.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "platform/memory.h"

/* The block starts on a page, so that its first slices are on few. */
#define ALIGNMENT 4096

static const CalArea *const *declared = NULL;
static int	ndeclared = 0;
static bool ready = false;

/* Remember which slices exist; the order is the order in memory. */
void
cal_memory_declare(const CalArea *const *areas, int nareas)
{
	declared = areas;
	ndeclared = nareas;
}

/* A slice starts on a cache line, so that neighbours never share one. */
static Size
slice_size(const CalArea *area)
{
	return CACHELINEALIGN(area->size());
}

/* All slices together. */
static Size
total_size(void)
{
	Size		size = 0;

	for (int i = 0; i < ndeclared; i++)
		size = add_size(size, slice_size(declared[i]));
	return add_size(size, ALIGNMENT);
}

/* All locks together. */
static int
total_locks(void)
{
	int			n = 0;

	for (int i = 0; i < ndeclared; i++)
		n += declared[i]->nlocks;
	return n;
}

/* In shmem_request_hook: ask for what the settings say we need. */
void
cal_memory_request(void)
{
	RequestAddinShmemSpace(total_size());
	RequestNamedLWLockTranche("pg_caliper", total_locks());
}

/*
 * In shmem_startup_hook: cut the block.  After a crash of a backend the
 * postmaster comes here again with new memory.
 */
void
cal_memory_startup(void)
{
	LWLockPadded *locks;
	char	   *base;
	bool		found;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	base = ShmemInitStruct("pg_caliper", total_size(), &found);
	base = (char *) TYPEALIGN(ALIGNMENT, base);
	locks = GetNamedLWLockTranche("pg_caliper");

	if (!found)
		memset(base, 0, total_size() - ALIGNMENT);
	for (int i = 0; i < ndeclared; i++)
	{
		if (!found)
			declared[i]->init(base, locks);
		base += slice_size(declared[i]);
		locks += declared[i]->nlocks;
	}
	LWLockRelease(AddinShmemInitLock);
	ready = true;
}

/* Whether the library was preloaded and has its memory. */
bool
cal_memory_ready(void)
{
	return ready;
}

/* First line of each SQL function: say politely what is missing. */
void
cal_memory_require(void)
{
	if (!ready)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_caliper must be loaded via \"shared_preload_libraries\""),
				 errdetail("It collects in shared memory that only the starting server can reserve."),
				 errhint("Add pg_caliper to \"shared_preload_libraries\" and "
						 "restart the server.")));
}

/* Refuse to go on if SQL declares another row than the library gives. */
void
cal_memory_require_columns(int declared, int given)
{
	if (declared != given)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_caliper's library and its SQL objects do not fit together"),
				 errdetail("The library gives %d columns, the function declares %d.",
						   given, declared),
				 errhint("Run ALTER EXTENSION pg_caliper UPDATE.")));
}

/* How many slices there are. */
int
cal_memory_areas(void)
{
	return ndeclared;
}

/* Name and size of one slice, for caliper.info. */
const char *
cal_memory_area(int i, Size *size)
{
	*size = slice_size(declared[i]);
	return declared[i]->name;
}
