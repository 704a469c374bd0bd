/* SPDX-License-Identifier: ISC */
/*
 * channel.h - typed messages between two processes, of which one may be somebody else's by now
 *
 * A message is a list of fields, and a field says what is acceptable. A channel has a table for
 * each direction: which messages may come, in which phase, and how often. What no table names is
 * refused. The receiver checks all of it before the program sees a message: a number is in its
 * range, text is UTF-8, a path component is one, nothing is missing and nothing left over.
 *
 *	static const struct ambit_field lease_fields[] = {
 *		{ "address", AMBIT_FIELD_INTEGER, 1, UINT32_MAX },
 *		{ "seconds", AMBIT_FIELD_INTEGER, 60, 86400 },
 *		{ "domain", AMBIT_FIELD_TEXT, 0, 253 },
 *	};
 *	static const struct ambit_message_type lease = AMBIT_MESSAGE("lease", lease_fields);
 *	static const struct ambit_permit to_writer[] = {
 *		{ &lease, AMBIT_PHASE(0), 4, AMBIT_UNLIMITED },
 *	};
 *	static const struct ambit_channel_protocol leases = AMBIT_ONE_WAY(to_writer);
 *
 *	ambit_channel_begin(channel, "lease");
 *	ambit_channel_put_integer(channel, "address", 0x0a000001);
 *	ambit_channel_put_integer(channel, "seconds", 3600);
 *	ambit_channel_put_text(channel, "domain", "example.org");
 *	ambit_channel_send(channel, 1000, &err);
 *
 * Channels are made by a group: see group.h.
 */
#ifndef AMBIT_CHANNEL_H
#define AMBIT_CHANNEL_H

#ifndef AMBIT_H
#error "include <ambit.h>, which includes this file"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a field can be. Append only; the numbers are ABI. */
enum ambit_field_type {
	AMBIT_FIELD_INTEGER = 0,   /* from minimum to maximum */
	AMBIT_FIELD_BYTES = 1,	   /* any; from minimum to maximum bytes */
	AMBIT_FIELD_TEXT = 2,	   /* as ambit_validate_utf8(); from minimum to maximum bytes */
	AMBIT_FIELD_COMPONENT = 3, /* as ambit_validate_component(); to maximum bytes */
	AMBIT_FIELD_DESCRIPTOR = 4 /* open on one of the kinds in maximum, AMBIT_KIND_... */
};

/* What a descriptor may be open on: or them. */
enum ambit_descriptor_kind {
	AMBIT_KIND_FILE = 1,
	AMBIT_KIND_PIPE = 2,
	AMBIT_KIND_SOCKET = 4,
	AMBIT_KIND_DEVICE = 8,
	AMBIT_KIND_DIRECTORY = 16, /* a way to other files, where nothing else forbids it */
	AMBIT_KIND_OTHER = 32	   /* what only the kernel makes: event, timer, process ... */
};

/**
 * struct ambit_field - A field of a message
 * @name:    Up to 31 letters, digits, "-" or "_"; unique in the message
 * @type:    enum ambit_field_type
 * @minimum: The least number, or the fewest bytes; 0 for a descriptor
 * @maximum: The greatest number, the most bytes, or the kinds of a descriptor
 */
struct ambit_field {
	const char *name;
	uint32_t type;
	int64_t minimum;
	int64_t maximum;
};

/**
 * struct ambit_message_type - A message: its fields in their order
 * @name:        As the name of a field; unique in a direction of a channel
 * @fields:      In the order in which they are sent; NULL for none
 * @field_count: At most 64, of them at most 16 descriptors
 */
struct ambit_message_type {
	const char *name;
	const struct ambit_field *fields;
	size_t field_count;
};

#define AMBIT_MESSAGE(name_, fields_)                                                              \
	{                                                                                          \
		(name_), (fields_), sizeof(fields_) / sizeof((fields_)[0])                         \
	}

#define AMBIT_PHASE(number_) (UINT32_C(1) << (number_))
#define AMBIT_ANY_PHASE	     UINT32_MAX
#define AMBIT_UNLIMITED	     UINT32_MAX

/**
 * struct ambit_permit - A message that may come, when, and how often
 * @message:   Which
 * @phases:    In which phases of the receiver: AMBIT_PHASE(0) | AMBIT_PHASE(3); 0 for never
 * @per_phase: So often from one ambit_channel_phase() to the next; 0 for never
 * @in_all:    So often in the life of the channel; 0 for never
 */
struct ambit_permit {
	const struct ambit_message_type *message;
	uint32_t phases;
	uint32_t per_phase;
	uint32_t in_all;
};

/**
 * struct ambit_channel_protocol - What may be said on a channel
 * @size:        sizeof(struct ambit_channel_protocol), set by the macros
 * @there:       What the first process of ambit_group_connect() may say to the second
 * @there_count: Up to 256
 * @back:        What the second may say to the first
 * @back_count:  Up to 256
 * @descriptors: Descriptors may be passed; otherwise one that comes is a fault of the other side
 *
 * The longest message of a direction has at most 128 KiB.
 */
struct ambit_channel_protocol {
	size_t size;
	const struct ambit_permit *there;
	size_t there_count;
	const struct ambit_permit *back;
	size_t back_count;
	bool descriptors;
};

#define AMBIT_TWO_WAYS(there_, back_)                                                              \
	{                                                                                          \
		sizeof(struct ambit_channel_protocol), (there_),                                   \
			sizeof(there_) / sizeof((there_)[0]), (back_),                             \
			sizeof(back_) / sizeof((back_)[0]), false                                  \
	}
#define AMBIT_ONE_WAY(there_)                                                                      \
	{                                                                                          \
		sizeof(struct ambit_channel_protocol), (there_),                                   \
			sizeof(there_) / sizeof((there_)[0]), NULL, 0, false                       \
	}

struct ambit_untrusted;

/* One end of a channel. */
struct ambit_channel;

/* ---- sending ------------------------------------------------------------------------------- */

/**
 * ambit_channel_begin() - Begin a message
 * @channel: Borrowed; what was begun and not sent is forgotten
 * @message: Its name
 *
 * What is wrong here, or with a field that is put, is said by ambit_channel_send().
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_begin(struct ambit_channel *channel, const char *message);

/**
 * ambit_channel_put_integer() - Put the next field: a number
 * @channel: Borrowed
 * @field:   Its name: fields are put in the order of the table
 * @number:  The number
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_put_integer(struct ambit_channel *channel, const char *field,
					    int64_t number);

/**
 * ambit_channel_put_bytes() - Put the next field: bytes
 * @channel: Borrowed
 * @field:   Its name
 * @data:    Copied; may be NULL when @length is 0
 * @length:  In bytes
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_put_bytes(struct ambit_channel *channel, const char *field,
					  const void *data, size_t length);

/**
 * ambit_channel_put_text() - Put the next field: text, or a path component
 * @channel: Borrowed
 * @field:   Its name
 * @text:    Copied
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_put_text(struct ambit_channel *channel, const char *field,
					 const char *text);

/**
 * ambit_channel_put_descriptor() - Put the next field: a descriptor
 * @channel: Borrowed
 * @field:   Its name
 * @fd:      Borrowed until ambit_channel_send(); the receiver gets a duplicate
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_put_descriptor(struct ambit_channel *channel, const char *field,
					       int fd);

/**
 * ambit_channel_send() - Send the message that was begun
 * @channel:    Borrowed
 * @timeout_ms: Wait so long for room; 0 not at all, negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * Whether it may be sent now is the receiver's table's business. After a failure the message has
 * to be begun again.
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_USAGE    the message does not fit its table, or a descriptor of it is not open;
 *                    nothing was sent
 *   AMBIT_E_TIMEOUT  the other end did not make room in time
 *   AMBIT_E_CLOSED   the other end, or this one, is closed
 *   AMBIT_E_RESOURCE, AMBIT_E_DENIED  the kernel refused it
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_send(struct ambit_channel *channel, int timeout_ms, struct ambit_error *err);

/* ---- receiving ----------------------------------------------------------------------------- */

/**
 * ambit_channel_phase() - Say which messages may come from now on
 * @channel: Borrowed; begins in phase 0
 * @phase:   From 0 to 31; in any other no message is permitted
 *
 * Counts anew how often each comes in a phase.
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_phase(struct ambit_channel *channel, unsigned phase);

/**
 * ambit_channel_receive() - Take the next message
 * @channel:    Borrowed; the message before, and descriptors not taken from it, are gone
 * @timeout_ms: Wait so long; 0 not at all, negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, or
 *   AMBIT_E_TIMEOUT   none came in time
 *   AMBIT_E_CLOSED    the other process has ended, or has closed its end, or the whole group is
 *                     about to end; see ambit_channel_reopen()
 *   AMBIT_E_PROTOCOL  what came does not fit the table: this end is closed now
 *   AMBIT_E_RESOURCE  the kernel ran out of something; when that is numbers for descriptors
 *                     (EMFILE in @err->sys_errno) their message is lost, and the next may come
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_receive(struct ambit_channel *channel, int timeout_ms, struct ambit_error *err);

/**
 * ambit_channel_message() - Which message was received
 * @channel: Borrowed
 *
 * Return: Its name, borrowed for the life of the channel; NULL when there is none.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT const char *ambit_channel_message(const struct ambit_channel *channel);

/**
 * ambit_channel_get_integer() - A number of the message received
 * @channel:    Borrowed
 * @field:      Its name
 * @ret_number: In the range of the table
 * @err:        Filled on failure; may be NULL
 *
 * Return: AMBIT_OK; AMBIT_E_USAGE when the message has no such field of this type.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_get_integer(const struct ambit_channel *channel, const char *field,
			  int64_t *ret_number, struct ambit_error *err);

/**
 * ambit_channel_get_text() - Text, or a path component, of the message received
 * @channel:  Borrowed
 * @field:    Its name
 * @ret_text: NUL-terminated, borrowed until the next receive
 * @err:      Filled on failure; may be NULL
 *
 * Return: AMBIT_OK or AMBIT_E_USAGE, as above.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_get_text(const struct ambit_channel *channel, const char *field,
		       const char **ret_text, struct ambit_error *err);

/**
 * ambit_channel_get_bytes() - Bytes of the message received, which nobody has looked at yet
 * @channel: Borrowed
 * @field:   Its name
 * @ret:     Filled: begin it as AMBIT_UNTRUSTED_INIT, validate what it holds
 * @err:     Filled on failure; may be NULL
 *
 * Return: AMBIT_OK, AMBIT_E_USAGE, or AMBIT_E_RESOURCE without memory.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_get_bytes(const struct ambit_channel *channel, const char *field,
			struct ambit_untrusted *ret, struct ambit_error *err);

/**
 * ambit_channel_get_descriptor() - Take a descriptor of the message received
 * @channel: Borrowed
 * @field:   Its name
 * @ret_fd:  Close-on-exec, 3 or above, the caller's to close; of a kind of the table
 * @err:     Filled on failure; may be NULL
 *
 * What is done with it can still be hostile: it may block, and the sender has it, too.
 *
 * Return: AMBIT_OK; AMBIT_E_USAGE, also when it was taken before.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_get_descriptor(struct ambit_channel *channel, const char *field, int *ret_fd,
			     struct ambit_error *err);

/**
 * ambit_channel_take_integer() - A number of the message received, asked about later
 * @channel: Borrowed
 * @field:   Its name
 *
 * A message of many fields is read like this, and asked about once:
 *
 *	address = ambit_channel_take_integer(channel, "address");
 *	domain = ambit_channel_take_text(channel, "domain");
 *	if (ambit_channel_taken(channel, &err) != AMBIT_OK)
 *		...
 *
 * Return: The number, in the range of the table; 0 from the first failure on.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT int64_t ambit_channel_take_integer(struct ambit_channel *channel, const char *field);

/**
 * ambit_channel_take_text() - Text, or a path component, in the same way
 * @channel: Borrowed
 * @field:   Its name
 *
 * Return: NUL-terminated, borrowed until the next receive; "" from the first failure on.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT const char *ambit_channel_take_text(struct ambit_channel *channel, const char *field);

/**
 * ambit_channel_take_bytes() - Bytes of the message received, in the same way
 * @channel: Borrowed
 * @field:   Its name
 * @ret:     Filled, as by ambit_channel_get_bytes(); as it was from the first failure on
 *
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT void ambit_channel_take_bytes(struct ambit_channel *channel, const char *field,
					   struct ambit_untrusted *ret);

/**
 * ambit_channel_taken() - Was everything there that was taken since the message came?
 * @channel: Borrowed
 * @err:     The first failure; may be NULL
 *
 * Return: AMBIT_OK, or as the first ambit_channel_get_...() that failed would have returned.
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code ambit_channel_taken(struct ambit_channel *channel,
								  struct ambit_error *err);

/* ---- the end ------------------------------------------------------------------------------- */

/**
 * ambit_channel_fd() - A descriptor that is readable when a message, or the end, is there
 * @channel: Borrowed
 *
 * Return: A descriptor owned by the channel, -1 when it is closed. Another after
 * ambit_channel_reopen().
 * Threads: one thread at a time per channel. Since: 0.1
 */
AMBIT_EXPORT int ambit_channel_fd(const struct ambit_channel *channel);

/**
 * ambit_channel_reopen() - Go on with the process that was started in place of the other one
 * @channel:    Borrowed; begins anew in phase 0, with all quotas
 * @timeout_ms: Wait so long for it; 0 not at all, negative for ever
 * @err:        Filled on failure; may be NULL
 *
 * In the process that called ambit_group_start() it never waits: ambit_group_wait() brings the
 * new end.
 *
 * Return: AMBIT_OK; AMBIT_E_TIMEOUT; AMBIT_E_CLOSED when the group has ended.
 * Threads: one thread at a time per process, of all its channels. Since: 0.1
 */
AMBIT_EXPORT AMBIT_MUST_CHECK enum ambit_code
ambit_channel_reopen(struct ambit_channel *channel, int timeout_ms, struct ambit_error *err);

#ifdef __cplusplus
}
#endif

#endif /* AMBIT_CHANNEL_H */
