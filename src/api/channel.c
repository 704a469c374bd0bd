/* SPDX-License-Identifier: ISC */
/* channel.c - exported functions on channels */
#include <string.h>

#include "../broker/channel.h"
#include "api.h"

static enum ambit_code usage(struct ambit_error *err)
{
	return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "a channel or a result is NULL");
}

/* ---- sending ------------------------------------------------------------------------------- */

/* Nothing is put into no channel: ambit_channel_send() says that there is none. */
static void put(struct ambit_channel *channel, const char *field, uint32_t types, const void *data,
		size_t length)
{
	if (channel)
		channel_put(channel, field, types, data, length);
}

void ambit_channel_begin(struct ambit_channel *channel, const char *message)
{
	if (channel)
		channel_begin(channel, message);
}

void ambit_channel_put_integer(struct ambit_channel *channel, const char *field, int64_t number)
{
	put(channel, field, FIELD_BIT(INTEGER), &number, sizeof(number));
}

void ambit_channel_put_bytes(struct ambit_channel *channel, const char *field, const void *data,
			     size_t length)
{
	put(channel, field, FIELD_BIT(BYTES), data, length);
}

void ambit_channel_put_text(struct ambit_channel *channel, const char *field, const char *text)
{
	/* NULL is no text: its length says that there should be some. */
	put(channel, field, FIELD_BIT(TEXT) | FIELD_BIT(COMPONENT), text, text ? strlen(text) : 1);
}

void ambit_channel_put_descriptor(struct ambit_channel *channel, const char *field, int fd)
{
	put(channel, field, FIELD_BIT(DESCRIPTOR), &fd, sizeof(fd));
}

enum ambit_code ambit_channel_send(struct ambit_channel *channel, int timeout_ms,
				   struct ambit_error *err)
{
	ERR_BEGIN(err);
	return channel ? channel_send(channel, timeout_ms, err) : usage(err);
}

/* ---- receiving ----------------------------------------------------------------------------- */

void ambit_channel_phase(struct ambit_channel *channel, unsigned phase)
{
	if (channel)
		channel_phase(channel, phase);
}

enum ambit_code ambit_channel_receive(struct ambit_channel *channel, int timeout_ms,
				      struct ambit_error *err)
{
	ERR_BEGIN(err);
	return channel ? channel_receive(channel, timeout_ms, err) : usage(err);
}

const char *ambit_channel_message(const struct ambit_channel *channel)
{
	const struct table_message *m = channel ? channel_frame(channel)->message : NULL;

	return m ? m->name : NULL;
}

/* A field of the message received, if it has one by this name of these types; else @err says so. */
static const struct frame_slot *find(const struct ambit_channel *channel, const char *field,
				     uint32_t types, const void *ret, struct ambit_error *err)
{
	const struct frame_slot *slot;

	if (!channel || !field || !ret) {
		(void)usage(err);
		return NULL;
	}
	slot = frame_find(channel_frame(channel), field, types);
	if (!slot)
		(void)err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			      "the message has no field %.*s of this type", MESSAGE_NAME_SIZE,
			      field);
	return slot;
}

enum ambit_code ambit_channel_get_integer(const struct ambit_channel *channel, const char *field,
					  int64_t *ret_number, struct ambit_error *err)
{
	const struct frame_slot *slot;

	ERR_BEGIN(err);
	slot = find(channel, field, FIELD_BIT(INTEGER), ret_number, err);
	if (!slot)
		return AMBIT_E_USAGE;
	*ret_number = slot->number;
	return AMBIT_OK;
}

enum ambit_code ambit_channel_get_text(const struct ambit_channel *channel, const char *field,
				       const char **ret_text, struct ambit_error *err)
{
	const struct frame_slot *slot;

	ERR_BEGIN(err);
	slot = find(channel, field, FIELD_BIT(TEXT) | FIELD_BIT(COMPONENT), ret_text, err);
	if (!slot)
		return AMBIT_E_USAGE;
	*ret_text = (const char *)slot->data;
	return AMBIT_OK;
}

enum ambit_code ambit_channel_get_bytes(const struct ambit_channel *channel, const char *field,
					struct ambit_untrusted *ret, struct ambit_error *err)
{
	const struct frame_slot *slot;

	ERR_BEGIN(err);
	slot = find(channel, field, FIELD_BIT(BYTES), ret, err);
	return slot ? ambit_untrusted_set(ret, slot->data, slot->length, err) : AMBIT_E_USAGE;
}

enum ambit_code ambit_channel_get_descriptor(struct ambit_channel *channel, const char *field,
					     int *ret_fd, struct ambit_error *err)
{
	const struct frame_slot *slot;
	int fd;

	ERR_BEGIN(err);
	slot = find(channel, field, FIELD_BIT(DESCRIPTOR), ret_fd, err);
	if (!slot)
		return AMBIT_E_USAGE;
	fd = channel_take_fd(channel, slot);
	if (fd < 0)
		return err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0,
			       "the descriptor %.*s was taken before", MESSAGE_NAME_SIZE, field);
	*ret_fd = fd;
	return AMBIT_OK;
}

/* Nothing more is given after the first failure: so one question at the end is enough. */
static struct ambit_error *missed(struct ambit_channel *channel)
{
	return channel && channel_missed(channel)->code == AMBIT_OK ? channel_missed(channel)
								    : NULL;
}

int64_t ambit_channel_take_integer(struct ambit_channel *channel, const char *field)
{
	struct ambit_error *err = missed(channel);
	int64_t number = 0;

	if (err)
		IGNORE_RESULT(ambit_channel_get_integer(channel, field, &number, err));
	return number;
}

const char *ambit_channel_take_text(struct ambit_channel *channel, const char *field)
{
	struct ambit_error *err = missed(channel);
	const char *text = "";

	if (err)
		IGNORE_RESULT(ambit_channel_get_text(channel, field, &text, err));
	return text;
}

void ambit_channel_take_bytes(struct ambit_channel *channel, const char *field,
			      struct ambit_untrusted *ret)
{
	struct ambit_error *err = missed(channel);

	if (err)
		IGNORE_RESULT(ambit_channel_get_bytes(channel, field, ret, err));
}

enum ambit_code ambit_channel_taken(struct ambit_channel *channel, struct ambit_error *err)
{
	ERR_BEGIN(err);
	if (!channel)
		return usage(err);
	if (missed(channel))
		return AMBIT_OK;
	*err = *channel_missed(channel);
	return err->code;
}

/* ---- the end ------------------------------------------------------------------------------- */

int ambit_channel_fd(const struct ambit_channel *channel)
{
	return channel ? channel_fd(channel) : -1;
}

enum ambit_code ambit_channel_reopen(struct ambit_channel *channel, int timeout_ms,
				     struct ambit_error *err)
{
	ERR_BEGIN(err);
	return channel ? channel_reopen(channel, channel_deadline(timeout_ms), err) : usage(err);
}
