/*
 * commenter.h
 *	  Reads the tags of a sqlcommenter comment out of a statement's text.
 */
#ifndef CAL_BASE_COMMENTER_H
#define CAL_BASE_COMMENTER_H

#define CAL_ROUTE_LEN			96
#define CAL_TRACEPARENT_LEN		56	/* 2-32-16-2 hexadecimal digits, and NUL */

/* how far from either end of the text we look, and for how many keys */
#define CAL_COMMENTER_WINDOW	2048
#define CAL_COMMENTER_KEYS		32

/* both are NUL-terminated, valid in the encoding asked for, empty if absent */
typedef struct CalTags
{
	char		route[CAL_ROUTE_LEN];
	char		traceparent[CAL_TRACEPARENT_LEN];
} CalTags;

extern bool cal_commenter_parse(const char *text, size_t len, int encoding,
								CalTags *out);

#endif							/* CAL_BASE_COMMENTER_H */
