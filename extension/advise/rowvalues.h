/*
 * rowvalues.h
 *		How large the values of an expression are in the rows of a sample, and
 *		how often they recur.
 */
#ifndef CAL_ROWVALUES_H
#define CAL_ROWVALUES_H

#include "advise/rowsample.h"

/* Of a column (its Var) or an expression. */
typedef struct CalRowValues
{
	Node	   *expr;
	int			step;			/* every so manieth row is known */
	char		align;
	bool		packs;			/* up to 127 bytes it needs no alignment */
	uint32	   *hash;			/* by row; of the value as it is stored */
	uint16	   *size;			/* by row; as an index stores it, 0: null */
	double		nulls;			/* share of rows */
	double		width;			/* mean size of the others, as they come */
} CalRowValues;

/* Evaluated the first time only; in the sandbox. */
extern CalRowValues *cal_rowvalues_get(CalRowSample *sample, Node *expr);

/* How often keys recur among rows of a sample. */
typedef struct CalRecurrence
{
	int			rows;			/* that were looked at */
	int			places;			/* pairs of a key and a block that it is in */
	int			in_blocks[4];	/* keys that are in 1, 2 and 3 blocks */
	int			once_rows;		/* rows of those in a single one */
	bool		all;			/* there are no other rows */
	int			nkeys;			/* different keys, and of each: */
	int		   *key_rows;
	int		   *key_blocks;
	double	   *key_bytes;		/* sizes, together */
} CalRecurrence;

/* Of which rows: those of a part, every step'th, as far as they count. */
typedef struct CalRowChoice
{
	const CalRowPart *part;
	int			step;
	const bool *counts;			/* by row; NULL: all */
	const uint32 *hash;			/* by row, of the key */
	const uint16 *size;			/* by row, of anything */
} CalRowChoice;

/* The result is in the current memory context. */
extern void cal_rowvalues_recur(const CalRowSample *sample,
								const CalRowChoice *choice,
								CalRecurrence *result);

/* Different keys among so many rows, of which these were some. */
extern double cal_rowvalues_distinct(const CalRecurrence *recurrence,
									 double total);

/*
 * Keys that were not seen, but would be in so many times as many places; from
 * how many were seen in one, two and three.  If there is a tail of ever rarer
 * keys, it has no end (1), or one soon (0).
 */
extern double cal_rowvalues_unseen(const int seen_in[4], double growth,
								   double endless);

/* What ANALYZE would have made of the same rows. */
extern double cal_rowvalues_as_analyze(const CalRecurrence *recurrence,
									   double total);

#endif							/* CAL_ROWVALUES_H */
