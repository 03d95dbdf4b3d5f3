/*
 * groups.c
 *		Statements that differ only in the length of a list are one group.
 *
 * Owns: a map of fixed size from core's query id to the id of the group, one
 * cell for each value of the hash.  Called by capture/.  No lock: a cell is
 * two atomic words, and the id is written last and read first and last, so
 * that a reader never pairs the halves of two writers.  A newcomer takes the
 * cell of whoever was there; he is found again at his next parse analysis.
 */
#include "postgres.h"

#include "port/atomics.h"

#include "store/groups.h"

#define CELLS	8192			/* a power of two */

typedef struct Cell
{
	pg_atomic_uint64 queryid;
	pg_atomic_uint64 group;
} Cell;

static Cell *cells = NULL;

static Size
groups_size(void)
{
	return CELLS * sizeof(Cell);
}

static void
groups_init(void *base, LWLockPadded *locks)
{
	cells = base;
	for (int i = 0; i < CELLS; i++)
	{
		pg_atomic_init_u64(&cells[i].queryid, 0);
		pg_atomic_init_u64(&cells[i].group, 0);
	}
}

const CalArea cal_groups_area = {"groups", groups_size, groups_init, 0};

static inline Cell *
cell_of(uint64 queryid)
{
	return &cells[(queryid ^ (queryid >> 32)) & (CELLS - 1)];
}

/* The group of a query id, or 0 if it has not been analysed lately. */
uint64
cal_groups_find(uint64 queryid)
{
	Cell	   *cell = cell_of(queryid);
	uint64		group;

	if (pg_atomic_read_u64(&cell->queryid) != queryid)
		return 0;
	pg_read_barrier();
	group = pg_atomic_read_u64(&cell->group);
	pg_read_barrier();
	return pg_atomic_read_u64(&cell->queryid) == queryid ? group : 0;
}

/* Remember the group of a query id. */
void
cal_groups_put(uint64 queryid, uint64 group)
{
	Cell	   *cell = cell_of(queryid);

	pg_atomic_write_u64(&cell->queryid, 0);
	pg_write_barrier();
	pg_atomic_write_u64(&cell->group, group);
	pg_write_barrier();
	pg_atomic_write_u64(&cell->queryid, queryid);
}

/* Rows of caliper.info. */
void
cal_groups_info(CalInfoEmit emit, void *arg)
{
	double		used = 0;

	for (int i = 0; i < CELLS; i++)
		used += (pg_atomic_read_u64(&cells[i].queryid) != 0);
	emit(arg, "groups", "entries", used, "entries");
	emit(arg, "groups", "entries_max", CELLS, "entries");
}
