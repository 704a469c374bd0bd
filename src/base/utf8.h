/* SPDX-License-Identifier: ISC */
/* utf8.h - is it text? */
#ifndef AMBIT_BASE_UTF8_H
#define AMBIT_BASE_UTF8_H

#include "attr.h"

/*
 * Decode the character at @text, which has @length bytes. Returns how many bytes it takes, or 0 for
 * an end or for what RFC 3629 does not know: overlong forms, surrogates, beyond U+10FFFF.
 */
size_t utf8_decode(const unsigned char *text, size_t length, uint32_t *ret_character);
/*
 * How many bytes the character at @text takes that may go to a screen as it is: 0 for what is none
 * and for those a terminal obeys (C0, DEL, C1) or that hide or reorder what a reader sees.
 */
size_t utf8_visible(const char *text, size_t length);

#endif
