/* SPDX-License-Identifier: ISC */
/* str.h - small questions about strings */
#ifndef AMBIT_BASE_STR_H
#define AMBIT_BASE_STR_H

#include "attr.h"

bool str_starts(const char *text, const char *prefix);
static inline bool str_equal(const char *a, const char *b)
{
	return __builtin_strcmp(a, b) == 0;
}
/*
 * Edits (insert, delete, replace, swap) between two words, at most @limit + 1. For "did you mean".
 */
size_t str_distance(const char *a, const char *b, size_t limit);
/*
 * A printable copy of untrusted bytes into @out: quotes, backslash and all that utf8_visible() does
 * not let pass become \xHH escapes, so that a terminal never obeys them, nor a reader is misled.
 * Always NUL-terminated, cut between characters; returns @out.
 */
const char *str_escape(char *out, size_t size, const char *text, size_t length);
/* The same in place, for a sentence: each such byte becomes '?', quotes and backslash stay. */
void str_make_visible(char *text);

#endif
