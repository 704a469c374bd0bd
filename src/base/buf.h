/* SPDX-License-Identifier: ISC */
/*
 * buf.h - a growing byte buffer with a hard maximum
 *
 * Appending never fails at the call: the first failure sticks and is asked for once, at the
 * end, so that printers stay free of error handling. The text is always NUL-terminated.
 */
#ifndef AMBIT_BASE_BUF_H
#define AMBIT_BASE_BUF_H

#include "attr.h"

struct buf {
	char *data; /* owned; NULL while empty */
	size_t length;
	size_t capacity;
	size_t maximum; /* 0 = BUF_MAXIMUM */
	int failed;	/* 0, -ENOMEM or -EFBIG; sticks */
};

#define BUF_MAXIMUM ((size_t)64 << 20)
#define AUTO_BUF    __attribute__((cleanup(buf_done)))

void buf_done(struct buf *b);
void buf_clear(struct buf *b);
/* Make room in advance for @more bytes, instead of several times on the way. */
void buf_expect(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *data, size_t length);
void buf_add_char(struct buf *b, char c);
void buf_add_string(struct buf *b, const char *s);
void buf_add_format(struct buf *b, const char *format, ...) PRINTF(2, 3);
/* A sentence with names from outside in it: \xHH for what utf8_visible() does not let pass. */
void buf_add_visible(struct buf *b, const char *s);
/* The finished text, to be ended with free(), or NULL when an append failed. Empties @b. */
char *buf_take(struct buf *b);
/* The text so far; never NULL. Borrowed until the next append. */
const char *buf_text(const struct buf *b);

#endif
