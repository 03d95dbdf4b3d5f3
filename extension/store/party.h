/*
 * party.h
 *		Whose a session is, as blocking and alerts keep it.
 */
#ifndef CAL_PARTY_H
#define CAL_PARTY_H

/*
 * Compared as bytes, so what is not in use is zero.  Of a client that gave a
 * name, the address is not kept.
 */
typedef struct CalParty
{
	char		application[NAMEDATALEN];
	Oid			userid;			/* invalid: nobody's */
	Oid			dbid;
	uint16		encoding;		/* of the name */
	uint16		family;			/* 4, 6, or 0 without an internet address */
	uint8		address[16];
	Oid			opener_user;	/* who opened its transaction, after SET ROLE */
} CalParty;

#endif							/* CAL_PARTY_H */
