/* SPDX-License-Identifier: ISC */
#include "json.h"

#include <inttypes.h>

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

static void add_escaped(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			buf_add_format(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_add_format(out, "\\u%04x", c);
		else
			buf_add_char(out, (char)c);
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
