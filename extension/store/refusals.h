/*
 * refusals.h
 *		Clients that were refused a connection: who, why, how often.
 */
#ifndef CAL_REFUSALS_H
#define CAL_REFUSALS_H

#include "datatype/timestamp.h"
#include "platform/info.h"
#include "platform/memory.h"
#include "store/holders.h"

/* Why; cal_refusals_reason() has the names. */
typedef enum CalRefusalReason
{
	CAL_REFUSED_CLIENTS,		/* max_connections */
	CAL_REFUSED_RESERVED,		/* what is left is for others */
	CAL_REFUSED_ROLE,			/* CONNECTION LIMIT of the role */
	CAL_REFUSED_DATABASE,		/* ... of the database */
	CAL_REFUSED_STARTING,
	CAL_REFUSED_STOPPING,
	CAL_REFUSED_RECOVERY,
	CAL_REFUSED_AUTHENTICATION,
	CAL_REFUSED_OTHER
} CalRefusalReason;

#define CAL_REFUSAL_REASONS (CAL_REFUSED_OTHER + 1)

/*
 * Who and why.  Compared as bytes, so what is not in use is zero.  Names are
 * as the client gave them, in UTF-8, and nobody has vouched for them.
 */
typedef struct CalRefusalKey
{
	char		application[NAMEDATALEN];
	char		usename[NAMEDATALEN];
	char		datname[NAMEDATALEN];
	uint8		address[16];
	uint16		family;			/* 4, 6, or 0 without an internet address */
	uint16		reason;
	int			sqlstate;
} CalRefusalKey;

/* As a reader sees it. */
typedef struct CalRefusal
{
	CalRefusalKey key;			/* of the sum (other): the reason alone */
	bool		other;
	bool		held;			/* holders are known */
	uint64		refused;
	TimestampTz first_at;		/* 0: not known */
	TimestampTz last_at;
	CalHolders	holders;		/* at last_at */
} CalRefusal;

extern const CalArea cal_refusals_area;

extern void cal_refusals_note(const CalRefusalKey *key,
							  const CalHolders *holders, TimestampTz at);

/* Readers.  The total falls to 0 with a reset. */
extern const char *cal_refusals_reason(int reason);
extern int	cal_refusals_room(void);
extern int	cal_refusals_read(CalRefusal *out);
extern uint64 cal_refusals_total(TimestampTz *last_at);
extern void cal_refusals_restore(const CalRefusal *saved);
extern void cal_refusals_reset(void);
extern void cal_refusals_info(CalInfoEmit emit, void *arg);

#endif							/* CAL_REFUSALS_H */
