/*
 * text_key.h
 *		Whose text it is.
 */
#ifndef CAL_TEXT_KEY_H
#define CAL_TEXT_KEY_H

/* A text belongs to one user and one database, so nobody sees another's. */
typedef struct CalTextKey
{
	uint64		id;				/* queryid, or hash of a plan's shape */
	Oid			userid;
	Oid			dbid;
} CalTextKey;

#endif							/* CAL_TEXT_KEY_H */
