/*
 * facts.h
 *		The DETAIL of a line in the server log: key=value, key=value.
 */
#ifndef CAL_FACTS_H
#define CAL_FACTS_H

#include "lib/stringinfo.h"

/* What is empty or zero is left out, but for durations. */
extern void cal_facts_text(StringInfo out, const char *key, const char *value,
						   int encoding);
extern void cal_facts_ms(StringInfo out, const char *key, double usec);
extern void cal_facts_number(StringInfo out, const char *key, uint64 value);
extern void cal_facts_id(StringInfo out, const char *key, uint64 value);

#endif							/* CAL_FACTS_H */
