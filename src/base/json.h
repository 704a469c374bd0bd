/* SPDX-License-Identifier: ISC */
/*
 * json.h - a JSON writer: objects and arrays are opened and closed, commas look after themselves
 *
 * @name is the member's name, or NULL inside an array and for the whole document. Strings are bytes
 * as the kernel has them: what is no UTF-8 is written as \udc80 to \udcff, one for each byte.
 */
#ifndef AMBIT_BASE_JSON_H
#define AMBIT_BASE_JSON_H

#include "buf.h"

void json_open(struct buf *out, const char *name, char bracket);
void json_close(struct buf *out, char bracket);
void json_string(struct buf *out, const char *name, const char *value);
void json_number(struct buf *out, const char *name, uint64_t value);
void json_signed(struct buf *out, const char *name, int64_t value);
void json_bool(struct buf *out, const char *name, bool value);

#endif
