/* SPDX-License-Identifier: ISC */
/*
 * message.c - tables of messages, and the decoder of frames: no system call, no allocation beyond
 * the table itself
 *
 * The decoder trusts nothing but the table. Each length is compared with what is left before it is
 * used, each value with its row, and the frame has to be used up.
 */
#include "message.h"

#include <stdlib.h>
#include <string.h>

enum { COMPONENT_MAX = 255, KINDS_ALL = AMBIT_KIND_OTHER * 2 - 1 };

/* ---- tables -------------------------------------------------------------------------------- */

bool message_is_name(const char *name)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_-";
	size_t n = name ? strspn(name, characters) : 0;

	return n > 0 && n < MESSAGE_NAME_SIZE && name[n] == '\0';
}

/* The most bytes that a field takes in a frame. */
static size_t field_room(const struct ambit_field *f)
{
	switch ((enum ambit_field_type)f->type) {
	case AMBIT_FIELD_INTEGER:
		return sizeof(int64_t);
	case AMBIT_FIELD_BYTES:
	case AMBIT_FIELD_TEXT:
	case AMBIT_FIELD_COMPONENT:
		return sizeof(uint32_t) + (size_t)f->maximum + 1;
	case AMBIT_FIELD_DESCRIPTOR:
		break;
	}
	return 0;
}

static bool field_is_sound(const struct ambit_field *f, bool descriptors)
{
	const int64_t most = f->type == AMBIT_FIELD_COMPONENT ? COMPONENT_MAX : MESSAGE_FRAME_MAX;

	if (!message_is_name(f->name) || f->type > AMBIT_FIELD_DESCRIPTOR ||
	    f->minimum > f->maximum)
		return false;
	if (f->type == AMBIT_FIELD_INTEGER)
		return true;
	if (f->type == AMBIT_FIELD_DESCRIPTOR)
		return descriptors && f->minimum == 0 && f->maximum > 0 && f->maximum <= KINDS_ALL;
	return f->minimum >= 0 && f->maximum <= most;
}

static bool is_repeated(const struct ambit_field *fields, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(fields[i].name, fields[at].name) == 0)
			return true;
	return false;
}

static enum ambit_code check_fields(const struct ambit_message_type *m, bool descriptors,
				    struct ambit_error *err)
{
	size_t fds = 0, room = sizeof(struct frame_header);

	if (m->field_count > MESSAGE_FIELDS_MAX || (!m->fields && m->field_count))
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			       "the message %s has %zu fields, %d are possible", m->name,
			       m->field_count, MESSAGE_FIELDS_MAX);
	for (size_t i = 0; i < m->field_count; i++) {
		const struct ambit_field *f = &m->fields[i];

		if (!field_is_sound(f, descriptors) || is_repeated(m->fields, i)) {
			(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
				      "field %zu of the message %s: name, type or limits are wrong",
				      i + 1, m->name);
			return err_hint(err, "a descriptor needs a protocol that passes some");
		}
		fds += f->type == AMBIT_FIELD_DESCRIPTOR;
		room += field_room(f);
	}
	if (fds > MESSAGE_FDS_MAX || room > MESSAGE_FRAME_MAX)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			       "the message %s has %zu descriptors and up to %zu bytes: too many",
			       m->name, fds, room);
	return AMBIT_OK;
}

static enum ambit_code check_permits(const struct ambit_permit *permits, size_t count,
				     bool descriptors, struct ambit_error *err)
{
	if (count > MESSAGE_COUNT_MAX || (!permits && count))
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
			       "a channel has %zu messages in a direction, %d are possible", count,
			       MESSAGE_COUNT_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct ambit_message_type *m = permits[i].message;
		enum ambit_code code;

		if (!m || !message_is_name(m->name))
			return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
				       "message %zu of a channel has no name", i + 1);
		for (size_t j = 0; j < i; j++)
			if (strcmp(permits[j].message->name, m->name) == 0)
				return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_NONE, 0,
					       "the message %s is in a table twice", m->name);
		code = check_fields(m, descriptors, err);
		if (code != AMBIT_OK)
			return code;
	}
	return AMBIT_OK;
}

/* Into the table's message @number and the fields from @first on. */
static void fill_message(struct table *t, uint32_t number, uint32_t first,
			 const struct ambit_permit *p)
{
	struct table_field *fields = (struct table_field *)(uintptr_t)table_fields(t) + first;
	struct table_message *m = &t->messages[number];
	size_t room = sizeof(struct frame_header);

	memcpy(m->name, p->message->name, strlen(p->message->name) + 1);
	m->first_field = first;
	m->field_count = (uint32_t)p->message->field_count;
	m->phases = p->phases;
	m->per_phase = p->per_phase;
	m->in_all = p->in_all;
	for (size_t i = 0; i < p->message->field_count; i++) {
		const struct ambit_field *f = &p->message->fields[i];

		memcpy(fields[i].name, f->name, strlen(f->name) + 1);
		fields[i].type = f->type;
		fields[i].minimum = f->minimum;
		fields[i].maximum = f->maximum;
		m->fd_count += f->type == AMBIT_FIELD_DESCRIPTOR;
		room += field_room(f);
	}
	if (room > t->frame_max)
		t->frame_max = (uint32_t)room;
	if (m->fd_count > t->fd_max)
		t->fd_max = m->fd_count;
}

enum ambit_code table_new(const struct ambit_permit *permits, size_t count, bool descriptors,
			  struct table **ret, struct ambit_error *err)
{
	enum ambit_code code = check_permits(permits, count, descriptors, err);
	size_t fields = 0, size;
	uint32_t first = 0;
	struct table *t;

	if (code != AMBIT_OK)
		return code;
	for (size_t i = 0; i < count; i++)
		fields += permits[i].message->field_count;
	size = sizeof(*t) + count * sizeof(struct table_message) +
	       fields * sizeof(struct table_field);
	t = calloc(1, size);
	if (!t)
		return err_memory(err, AMBIT_LAYER_NONE);
	t->size = (uint32_t)size;
	t->message_count = (uint32_t)count;
	t->field_count = (uint32_t)fields;
	t->frame_max = sizeof(struct frame_header);
	for (uint32_t i = 0; i < count; i++) {
		fill_message(t, i, first, &permits[i]);
		first += t->messages[i].field_count;
	}
	*ret = t;
	return AMBIT_OK;
}

int table_find(const struct table *t, const char *message)
{
	for (uint32_t i = 0; i < t->message_count; i++)
		if (strcmp(t->messages[i].name, message) == 0)
			return (int)i;
	return -1;
}

/* ---- frames -------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *at;
	size_t left;
	size_t fds_used;
};

static enum ambit_code refuse(struct ambit_error *err, const char *what)
{
	return err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0, "%s", what);
}

static bool take(struct reader *r, void *out, size_t n)
{
	if (r->left < n)
		return false;
	memcpy(out, r->at, n);
	r->at += n;
	r->left -= n;
	return true;
}

static enum ambit_code read_integer(struct reader *r, const struct table_field *f,
				    struct frame_slot *slot, struct ambit_error *err)
{
	if (!take(r, &slot->number, sizeof(slot->number)))
		return refuse(err, "the frame ends too early");
	if (slot->number < f->minimum || slot->number > f->maximum)
		return err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			       "%lld is not from %lld to %lld", (long long)slot->number,
			       (long long)f->minimum, (long long)f->maximum);
	return AMBIT_OK;
}

static enum ambit_code read_bytes(struct reader *r, const struct table_field *f,
				  struct frame_slot *slot, struct ambit_error *err)
{
	uint32_t length;

	if (!take(r, &length, sizeof(length)))
		return refuse(err, "the frame ends too early");
	if (length < f->minimum || length > f->maximum)
		return err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			       "%lu bytes are not from %lld to %lld", (unsigned long)length,
			       (long long)f->minimum, (long long)f->maximum);
	if (r->left <= length) /* the NUL has to be there, too */
		return refuse(err, "the frame ends too early");
	if (r->at[length] != '\0')
		return refuse(err, "no NUL follows the bytes");
	slot->data = r->at;
	slot->length = length;
	r->at += length + 1;
	r->left -= (size_t)length + 1;
	return AMBIT_OK;
}

/* What most text is. */
static bool is_printable(const struct frame_slot *slot)
{
	for (size_t i = 0; i < slot->length; i++)
		if (slot->data[i] < 0x20 || slot->data[i] > 0x7e)
			return false;
	return true;
}

/* The validators of untrusted.h, on bytes that have a NUL behind them. */
static enum ambit_code check_text(const struct table_field *f, const struct frame_slot *slot,
				  struct ambit_error *err)
{
	const struct ambit_untrusted u = { sizeof(u), (uint8_t *)(uintptr_t)slot->data,
					   slot->length, slot->length + 1 };
	const char *text;

	if (f->type == AMBIT_FIELD_TEXT)
		return is_printable(slot) ? AMBIT_OK
					  : ambit_validate_utf8(&u, slot->length, &text, err);
	return f->type == AMBIT_FIELD_COMPONENT ? ambit_validate_component(&u, &text, err)
						: AMBIT_OK;
}

static enum ambit_code read_field(struct reader *r, const struct table_field *f,
				  struct frame_slot *slot, struct ambit_error *err)
{
	enum ambit_code code;

	*slot = (struct frame_slot){ 0 };
	if (f->type == AMBIT_FIELD_INTEGER)
		return read_integer(r, f, slot, err);
	if (f->type == AMBIT_FIELD_DESCRIPTOR) {
		slot->number = (int64_t)r->fds_used++;
		return AMBIT_OK;
	}
	code = read_bytes(r, f, slot, err);
	return code == AMBIT_OK ? check_text(f, slot, err) : code;
}

const struct table_message *frame_begin(const struct table *t, const uint8_t *data, size_t length,
					struct ambit_error *err)
{
	struct frame_header header;
	struct reader r = { data, length, 0 };

	if (!take(&r, &header, sizeof(header)) || header.length != length) {
		(void)refuse(err, "a frame whose length is wrong");
		return NULL;
	}
	if (header.number >= t->message_count) {
		(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			      "message number %lu, which no table has",
			      (unsigned long)header.number);
		return NULL;
	}
	return &t->messages[header.number];
}

enum ambit_code frame_decode(const struct table *t, const uint8_t *data, size_t length,
			     size_t fd_count, struct frame *ret, struct ambit_error *err)
{
	const struct table_message *m = frame_begin(t, data, length, err);
	enum ambit_code code;
	struct reader r;

	if (!m)
		return AMBIT_E_PROTOCOL;
	ret->message = NULL;
	ret->fields = table_fields(t) + m->first_field;
	r = (struct reader){ data + sizeof(struct frame_header),
			     length - sizeof(struct frame_header), 0 };
	for (uint32_t i = 0; i < m->field_count; i++) {
		code = read_field(&r, &ret->fields[i], &ret->slots[i], err);
		if (code != AMBIT_OK) {
			(void)err_prefix(err, "message %s, field %s", m->name, ret->fields[i].name);
			return code;
		}
	}
	if (r.left)
		return err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			       "message %s: %zu bytes are left over", m->name, r.left);
	if (fd_count != m->fd_count)
		return err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_NONE, 0,
			       "message %s came with %zu descriptors instead of %lu", m->name,
			       fd_count, (unsigned long)m->fd_count);
	ret->message = m;
	return AMBIT_OK;
}

const struct frame_slot *frame_find(const struct frame *f, const char *field, uint32_t types)
{
	for (uint32_t i = 0; f->message && i < f->message->field_count; i++)
		if (strcmp(f->fields[i].name, field) == 0)
			return types & (1u << f->fields[i].type) ? &f->slots[i] : NULL;
	return NULL;
}
