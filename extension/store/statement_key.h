/*
 * statement_key.h
 *		What makes a statement one of its own.
 */
#ifndef CAL_STATEMENT_KEY_H
#define CAL_STATEMENT_KEY_H

/* Whose statement it is; compared as bytes, so the padding is zero. */
typedef struct CalStatementKey
{
	uint64		queryid;		/* 0: failed before it had an id */
	Oid			userid;
	Oid			dbid;
	uint16		application;	/* see names.h */
	uint16		toplevel;		/* 1 or 0 */
	uint32		zero;
} CalStatementKey;

/* Spread the key over partitions and buckets; a handful of instructions. */
static inline uint32
cal_statement_hash(const CalStatementKey *key)
{
	uint64		h = key->queryid;

	h ^= ((uint64) key->userid << 32) | key->dbid;
	h ^= ((uint64) key->application << 17) | key->toplevel;
	h *= UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (h >> 32);
}

StaticAssertDecl(sizeof(CalStatementKey) == 3 * sizeof(uint64),
				 "keys are compared word by word");

static inline bool
cal_statement_key_equal(const CalStatementKey *a, const CalStatementKey *b)
{
	const uint64 *x = (const uint64 *) a;
	const uint64 *y = (const uint64 *) b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

#endif							/* CAL_STATEMENT_KEY_H */
