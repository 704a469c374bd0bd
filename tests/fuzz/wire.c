/* SPDX-License-Identifier: ISC */
/* Any bytes as a frame of a channel: what the decoder accepts is what the table says. */
#include <stdlib.h>
#include <string.h>

#include "../../src/broker/message.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ambit_field all_fields[] = {
	{ "number", AMBIT_FIELD_INTEGER, -3, 300 },
	{ "bytes", AMBIT_FIELD_BYTES, 2, 40 },
	{ "text", AMBIT_FIELD_TEXT, 0, 20 },
	{ "component", AMBIT_FIELD_COMPONENT, 1, 12 },
};
static const struct ambit_field file_fields[] = {
	{ "file", AMBIT_FIELD_DESCRIPTOR, 0, AMBIT_KIND_FILE },
	{ "socket", AMBIT_FIELD_DESCRIPTOR, 0, AMBIT_KIND_SOCKET },
};
static const struct ambit_message_type all = AMBIT_MESSAGE("all", all_fields);
static const struct ambit_message_type files = AMBIT_MESSAGE("files", file_fields);
static const struct ambit_message_type nothing = { "nothing", NULL, 0 };
static const struct ambit_permit permits[] = {
	{ &all, 1, 1, 1 },
	{ &files, 1, 1, 1 },
	{ &nothing, 1, 1, 1 },
};

static const struct frame_slot *slot(const struct frame *f, const char *name, uint32_t types)
{
	const struct frame_slot *found = frame_find(f, name, types);

	require(found != NULL);
	return found;
}

/* Inside the frame, with a NUL behind. */
static void check_bytes(const struct frame_slot *s, const uint8_t *data, size_t size, size_t most)
{
	require(s->length <= most && s->data >= data && s->data + s->length < data + size);
	require(s->data[s->length] == '\0');
}

static void check_all(const struct frame *f, const uint8_t *data, size_t size)
{
	const struct frame_slot *number = slot(f, "number", FIELD_BIT(INTEGER));
	const struct frame_slot *bytes = slot(f, "bytes", FIELD_BIT(BYTES));
	const struct frame_slot *text = slot(f, "text", FIELD_BIT(TEXT));
	const struct frame_slot *component = slot(f, "component", FIELD_BIT(COMPONENT));

	require(number->number >= -3 && number->number <= 300);
	check_bytes(bytes, data, size, 40);
	check_bytes(text, data, size, 20);
	check_bytes(component, data, size, 12);
	require(bytes->length >= 2 && component->length >= 1);
	require(strlen((const char *)text->data) == text->length);
	require(!strchr((const char *)component->data, '/'));
	/* Nothing but the fields: header, number, three lengths and NULs. */
	require(size == 8 + 8 + 3 * 5 + bytes->length + text->length + component->length);
	require(!frame_find(f, "number", FIELD_BIT(TEXT)) && !frame_find(f, "other", UINT32_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ambit_error err = { 0 };
	struct table *t = NULL;

	require(table_new(permits, 3, true, &t, &err) == AMBIT_OK);
	for (size_t fds = 0; fds < 4; fds++) {
		struct frame f = { 0 };

		err_clear(&err);
		if (frame_decode(t, data, size, fds, &f, &err) != AMBIT_OK) {
			require(err.code == AMBIT_E_PROTOCOL && err.text[0] && !f.message);
			continue;
		}
		require(size <= t->frame_max && fds == f.message->fd_count);
		if (f.message == &t->messages[0])
			check_all(&f, data, size);
		else
			require(size == sizeof(struct frame_header));
	}
	free(t);
	return 0;
}
