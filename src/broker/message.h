/* SPDX-License-Identifier: ISC */
/*
 * message.h - tables of messages, and frames that fit them
 *
 * A table is what may be said in one direction of a channel: one block without pointers, which
 * goes to the process as it is. A frame is a header and the fields in the table's order: a number
 * has 8 bytes; bytes and text have a length of 4, that many bytes, and a NUL; a descriptor has
 * none, it comes beside the frame. Numbers are the machine's own: no frame leaves it.
 */
#ifndef AMBIT_BROKER_MESSAGE_H
#define AMBIT_BROKER_MESSAGE_H

#include "../base/err.h"

enum {
	MESSAGE_NAME_SIZE = 32,
	MESSAGE_COUNT_MAX = 256, /* of a direction */
	MESSAGE_FIELDS_MAX = 64,
	MESSAGE_FDS_MAX = 16,
	MESSAGE_FRAME_MAX = 128 << 10,
};

struct table_field {
	char name[MESSAGE_NAME_SIZE];
	uint32_t type; /* enum ambit_field_type */
	uint32_t spare;
	int64_t minimum, maximum;
};

struct table_message {
	char name[MESSAGE_NAME_SIZE];
	uint32_t first_field, field_count;
	uint32_t phases, per_phase, in_all;
	uint32_t fd_count;
};

struct table {
	uint32_t size; /* of all of it, in bytes */
	uint32_t message_count, field_count;
	uint32_t frame_max; /* of the longest message */
	uint32_t fd_max;    /* of the one with the most descriptors */
	uint32_t spare;
	struct table_message messages[]; /* then the fields of all */
};

struct frame_header {
	uint32_t number; /* of the message: its place in the table */
	uint32_t length; /* of the frame, this header included */
};

/* Where a field of a frame is. */
struct frame_slot {
	int64_t number;	     /* the integer; of a descriptor, which of those that came */
	const uint8_t *data; /* bytes, with a NUL behind them */
	size_t length;
};

/* A frame, taken apart: slots point into its bytes. */
struct frame {
	const struct table_message *message; /* NULL: none */
	const struct table_field *fields;
	struct frame_slot slots[MESSAGE_FIELDS_MAX];
};

static inline const struct table_field *table_fields(const struct table *t)
{
	return (const struct table_field *)(const void *)&t->messages[t->message_count];
}

/* A name of a process, message or field. */
bool message_is_name(const char *name);

/*
 * Check permits and make a table of them, to be ended with free(); what the rows say is copied.
 * AMBIT_E_USAGE names the row that is wrong.
 */
enum ambit_code table_new(const struct ambit_permit *permits, size_t count, bool descriptors,
			  struct table **ret, struct ambit_error *err) MUST_CHECK;
/* The number of a message; -1 for an unknown one. */
int table_find(const struct table *t, const char *message);

/* Which message is it? NULL: none, and @err says why. */
const struct table_message *frame_begin(const struct table *t, const uint8_t *data, size_t length,
					struct ambit_error *err);
/*
 * Take apart @length bytes that came with @fd_count descriptors. @ret is written only on success,
 * and borrows from @data. AMBIT_E_PROTOCOL says what does not fit.
 */
enum ambit_code frame_decode(const struct table *t, const uint8_t *data, size_t length,
			     size_t fd_count, struct frame *ret,
			     struct ambit_error *err) MUST_CHECK;
/* A field by name and types that will do; NULL when there is none. */
const struct frame_slot *frame_find(const struct frame *f, const char *field, uint32_t types);

#define FIELD_BIT(type) (1u << AMBIT_FIELD_##type)

#endif
