/* SPDX-License-Identifier: ISC */
#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "utf8.h"

/* A comma unless this is the first thing in its brackets. */
static void separate(struct buf *out)
{
	if (!out->length)
		return;
	switch (out->data[out->length - 1]) {
	case '{':
	case '[':
	case ':':
		return;
	default:
		buf_add_char(out, ',');
	}
}

/* A character by its number: beyond the basic plane as two halves. */
static void add_number(struct buf *out, uint32_t c)
{
	if (c > 0xffff)
		buf_add_format(out, "\\u%04x", 0xd800 + ((unsigned)(c - 0x10000) >> 10));
	buf_add_format(out, "\\u%04x", c > 0xffff ? 0xdc00 + (c & 0x3ff) : (unsigned)c);
}

/*
 * Names are bytes, JSON is Unicode. A byte that is no part of UTF-8 becomes the surrogate
 * U+DC00 + byte, escaped: always a JSON text, and what reads it can have the bytes back. What a
 * terminal would obey is escaped, too.
 */
static void add_escaped(struct buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);

	buf_add_char(out, '"');
	while (p < end) {
		uint32_t character;
		size_t length = utf8_decode(p, (size_t)(end - p), &character);

		if (!length)
			buf_add_format(out, "\\udc%02x", *p);
		else if (*p == '"' || *p == '\\')
			buf_add_format(out, "\\%c", *p);
		else if (!utf8_visible((const char *)p, length))
			add_number(out, character);
		else
			buf_add(out, p, length);
		p += length ? length : 1;
	}
	buf_add_char(out, '"');
}

static void begin(struct buf *out, const char *name)
{
	separate(out);
	if (!name)
		return;
	add_escaped(out, name);
	buf_add_char(out, ':');
}

void json_open(struct buf *out, const char *name, char bracket)
{
	begin(out, name);
	buf_add_char(out, bracket);
}

void json_close(struct buf *out, char bracket)
{
	buf_add_char(out, bracket);
}

void json_string(struct buf *out, const char *name, const char *value)
{
	begin(out, name);
	add_escaped(out, value);
}

void json_number(struct buf *out, const char *name, uint64_t value)
{
	begin(out, name);
	buf_add_format(out, "%" PRIu64, value);
}

void json_signed(struct buf *out, const char *name, int64_t value)
{
	begin(out, name);
	buf_add_format(out, "%" PRId64, value);
}

void json_bool(struct buf *out, const char *name, bool value)
{
	begin(out, name);
	buf_add_string(out, value ? "true" : "false");
}
