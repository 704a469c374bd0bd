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

#endif
