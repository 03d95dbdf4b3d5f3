/*
 * address.h
 *		Where a client comes from, as stores keep it.
 */
#ifndef CAL_ADDRESS_H
#define CAL_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "libpq/pqcomm.h"

/* The family is 4, 6, or 0 without an internet address; 16 bytes are zero. */
static inline uint16
cal_address_take(const SockAddr *from, uint8 *address)
{
	if (from->addr.ss_family == AF_INET)
	{
		memcpy(address, &((const struct sockaddr_in *) &from->addr)->sin_addr, 4);
		return 4;
	}
	if (from->addr.ss_family == AF_INET6)
	{
		memcpy(address, &((const struct sockaddr_in6 *) &from->addr)->sin6_addr, 16);
		return 6;
	}
	return 0;
}

#endif							/* CAL_ADDRESS_H */
