/*
 * privilege.h
 *		The one gate in front of other users' data.
 */
#ifndef CAL_PRIVILEGE_H
#define CAL_PRIVILEGE_H

/* What a query column says where the gate is shut. */
#define CAL_HIDDEN_TEXT "<insufficient privilege>"

extern bool cal_privilege_sees_all(void);
extern bool cal_privilege_sees(Oid owner);
extern bool cal_privilege_acts_for(Oid owner);

#endif							/* CAL_PRIVILEGE_H */
