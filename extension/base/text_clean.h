/*
 * text_clean.h
 *	  Clips texts at character boundaries and masks what must not be stored.
 */
#ifndef CAL_BASE_TEXT_CLEAN_H
#define CAL_BASE_TEXT_CLEAN_H

/* what a text that was clipped ends with */
#define CAL_TEXT_MARK		"..."

extern size_t cal_text_char_len(const char *s, size_t len, int encoding);
extern size_t cal_text_clip(const char *s, size_t len, size_t max,
							int encoding);
extern size_t cal_text_clean(char *dst, size_t dstsize, const char *src,
							 size_t len, int encoding, bool one_line);

#endif							/* CAL_BASE_TEXT_CLEAN_H */
