/*
 * pools_party.c
 *		Whose the session of a process slot is.
 *
 * Owns: nothing.  Called for blocking and alerts, by the worker and by readers.
 * What serves a client is known by its pool; of other processes there are only
 * the OIDs that core keeps.  Takes the locks of the store of pools.
 */
#include "postgres.h"

#include "storage/proc.h"

#include "platform/process.h"
#include "store/pools_party.h"

/* Of a client's connection. */
void
cal_pools_party_of_member(const CalPoolMember *member, CalParty *party)
{
	const CalPoolKey *pool = &member->pool;

	memset(party, 0, sizeof(*party));
	strlcpy(party->application, pool->application, NAMEDATALEN);
	party->userid = pool->userid;
	party->dbid = pool->dbid;
	party->encoding = pool->encoding;
	if (pool->application[0] != '\0')
		return;
	party->family = pool->family;
	memcpy(party->address, pool->address, sizeof(party->address));
}

/*
 * Of any process that may keep others waiting: also one that serves no client
 * (no slot: -1), and transactions that wait to be committed, which have none
 * (pid 0).  Returns the opener of its transaction, if there is one, and with the
 * party the role that ran it; the session is still whose it was when it began.
 */
uint64
cal_pools_party_of_process(int procno, int pid, CalParty *party)
{
	CalPoolMember member;

	if (procno >= 0 && cal_pools_member(procno, &member) && member.pid == pid)
	{
		cal_pools_party_of_member(&member, party);
		if (member.opener != 0)
			party->opener_user = member.opener_user;
		return member.opener;
	}
	memset(party, 0, sizeof(*party));
	strlcpy(party->application, pid == 0 ? "(prepared)" : "(background)",
			NAMEDATALEN);
	if (procno >= 0 && cal_process_pid(procno) == pid)
	{
		party->userid = ProcGlobal->allProcs[procno].roleId;
		party->dbid = ProcGlobal->allProcs[procno].databaseId;
	}
	return 0;
}
