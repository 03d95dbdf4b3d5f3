/*
 * holders.h
 *		Who holds the connection slots at a moment.
 */
#ifndef CAL_HOLDERS_H
#define CAL_HOLDERS_H

/*
 * The application with the most connections; of one without a name, user and
 * address.  What is not in use is zero, since a checksum covers all of it.
 */
typedef struct CalHolders
{
	uint32		slots_used;		/* of those that max_connections grants */
	uint32		connections;	/* of that application; 0: there is none */
	uint32		idle_in_xact;	/* of these */
	Oid			userid;			/* invalid if it has several */
	uint16		encoding;		/* of the name */
	uint16		family;			/* 4, 6, or 0 without an internet address */
	uint8		address[16];
	char		application[NAMEDATALEN];
} CalHolders;

#endif							/* CAL_HOLDERS_H */
