/*
 * privilege.c
 *		The one gate in front of other users' data.
 *
 * Owns: the rule who may see a row that names a user's statements, tags,
 * addresses or table statistics, and who may plan a statement again.  Called
 * by every set-returning function and by the index advisor.  Takes no lock;
 * looks roles up in the catalogs, so it is never called while one is held.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "platform/privilege.h"

/* Whether the caller may read the statistics of everybody. */
bool
cal_privilege_sees_all(void)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
}

/* Whether the caller may read what belongs to this owner. */
bool
cal_privilege_sees(Oid owner)
{
	if (OidIsValid(owner) && has_privs_of_role(GetUserId(), owner))
		return true;
	return cal_privilege_sees_all();
}

/*
 * Whether the caller may have code run with the owner's rights.  To read all
 * statistics is not enough: that is a right to look, not to act.
 */
bool
cal_privilege_acts_for(Oid owner)
{
	return OidIsValid(owner) && has_privs_of_role(GetUserId(), owner);
}
