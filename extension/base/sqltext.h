/*
 * sqltext.h
 *	  Replaces the constants of a statement's text by parameter symbols.
 */
#ifndef CAL_BASE_SQLTEXT_H
#define CAL_BASE_SQLTEXT_H

/*
 * A stretch of the text to be replaced: a constant, by "$n", or a list (from
 * the first byte of its first element to the last byte of its last one), by
 * "$n" and a comment that stands for the other elements.
 */
typedef struct CalSqlEdit
{
	int			offset;
	int			length;
	int			param;			/* the number to print */
	bool		list;
} CalSqlEdit;

extern size_t cal_sqltext_normalise(const CalSqlEdit *edits, int nedits,
									const char *src, size_t len,
									char *dst, size_t dstsize);

#endif							/* CAL_BASE_SQLTEXT_H */
