/*
 * pool_key.h
 *		What makes a pool: a word in which the stores talk.
 */
#ifndef CAL_POOL_KEY_H
#define CAL_POOL_KEY_H

/* Compared as bytes, so what is not in use is zero. */
typedef struct CalPoolKey
{
	char		application[NAMEDATALEN];
	char		label[NAMEDATALEN];
	Oid			userid;
	Oid			dbid;
	uint16		encoding;		/* of both names */
	uint16		family;			/* 4, 6, or 0 without an internet address */
	uint8		address[16];
} CalPoolKey;

#endif							/* CAL_POOL_KEY_H */
