/*
 * literal.h
 *		Makes the normalised text of a statement parse again.
 */
#ifndef CAL_LITERAL_H
#define CAL_LITERAL_H

extern char *cal_literal_cast(const char *source);

#endif							/* CAL_LITERAL_H */
