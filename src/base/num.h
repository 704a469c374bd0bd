/* SPDX-License-Identifier: ISC */
/* num.h - the only number parser: whole string or nothing, no sign, no space, no locale */
#ifndef AMBIT_BASE_NUM_H
#define AMBIT_BASE_NUM_H

#include "attr.h"

/* Decimal digits only. 0, -EINVAL, or -ERANGE above @maximum. @ret is written only on success. */
int num_parse(const char *text, size_t length, uint64_t maximum, uint64_t *ret) MUST_CHECK;
/* Decimal, 0x hexadecimal or 0 octal. */
int num_parse_any(const char *text, size_t length, uint64_t maximum, uint64_t *ret) MUST_CHECK;
/* Bytes: digits with an optional K, M, G or T (powers of 1024). */
int num_parse_bytes(const char *text, size_t length, uint64_t *ret) MUST_CHECK;
/* Milliseconds: digits with ms, s, m or h; a bare number is seconds. */
int num_parse_ms(const char *text, size_t length, uint64_t *ret) MUST_CHECK;
/* Decimal text of @value into @out (at least 21 bytes); returns the length. Async-signal-safe. */
size_t num_format(char *out, uint64_t value);

#endif
