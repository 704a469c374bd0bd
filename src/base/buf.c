/* SPDX-License-Identifier: ISC */
#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ .maximum = b->maximum };
}

void buf_clear(struct buf *b)
{
	b->length = 0;
	b->failed = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Make room for @more bytes and the NUL. */
static bool buf_reserve(struct buf *b, size_t more)
{
	size_t maximum = b->maximum ? b->maximum : BUF_MAXIMUM;
	size_t capacity = b->capacity ? b->capacity : 256;
	char *data;

	if (b->failed)
		return false;
	if (more >= maximum || b->length >= maximum - more) {
		b->failed = -EFBIG;
		return false;
	}
	if (b->length + more < b->capacity)
		return true;
	while (capacity <= b->length + more)
		capacity *= 2;
	data = realloc(b->data, capacity);
	if (!data) {
		b->failed = -ENOMEM;
		return false;
	}
	b->data = data;
	b->capacity = capacity;
	return true;
}

void buf_expect(struct buf *b, size_t more)
{
	(void)buf_reserve(b, more);
}

void buf_add(struct buf *b, const void *data, size_t length)
{
	if (!buf_reserve(b, length))
		return;
	memcpy(b->data + b->length, data, length);
	b->length += length;
	b->data[b->length] = '\0';
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_string(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_format(struct buf *b, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length < 0)
		b->failed = -EINVAL;
	else if (buf_reserve(b, (size_t)length)) {
		(void)vsnprintf(b->data + b->length, (size_t)length + 1, format, again);
		b->length += (size_t)length;
	}
	va_end(again);
	va_end(args);
}

/* How many bytes from @s on would be seen by a reader as they are. */
static size_t visible_run(const char *s, size_t length)
{
	size_t run = 0, n;

	for (; run < length; run += n) {
		n = utf8_visible(s + run, length - run);
		if (!n)
			break;
	}
	return run;
}

void buf_add_visible(struct buf *b, const char *s)
{
	size_t left = strlen(s), run;

	for (; left; s += run, left -= run) {
		run = visible_run(s, left);
		if (run) {
			buf_add(b, s, run);
			continue;
		}
		buf_add_format(b, "\\x%02x", (unsigned char)*s);
		run = 1;
	}
}

char *buf_take(struct buf *b)
{
	char *data;

	buf_add(b, "", 0);
	if (b->failed) {
		buf_done(b);
		return NULL;
	}
	data = b->data;
	b->data = NULL;
	buf_done(b);
	return data;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}
