/*
 * pools_party.h
 *		Whose the session of a process slot is.
 */
#ifndef CAL_POOLS_PARTY_H
#define CAL_POOLS_PARTY_H

#include "store/party.h"
#include "store/pools.h"

extern void cal_pools_party_of_member(const CalPoolMember *member,
									  CalParty *party);
extern uint64 cal_pools_party_of_process(int procno, int pid,
										 CalParty *party);

#endif							/* CAL_POOLS_PARTY_H */
