/* SPDX-License-Identifier: ISC */
/* channel.h - one end of a channel: what is sent, what may be received */
#ifndef AMBIT_BROKER_CHANNEL_H
#define AMBIT_BROKER_CHANNEL_H

#include "message.h"

/* What an end asks of the process it is in; each may be NULL. */
struct channel_home {
	/* Has the group ended, as far as can be told without waiting? */
	bool (*is_over)(void *argument);
	/* Wait until @until_us (1: not at all, 0: for ever) for news of the group. 0 or -errno. */
	int (*wait_news)(void *argument, uint64_t until_us);
	void *argument;
};

/* Tables are borrowed, @fd taken, also on failure. NULL without memory. */
struct ambit_channel *channel_new(const char *peer, int fd, const struct table *in,
				  const struct table *out, const struct channel_home *home);
void channel_free(struct ambit_channel *c);
/* A new end to go on with: taken, kept until channel_reopen(). */
void channel_offer(struct ambit_channel *c, int fd);
const char *channel_peer(const struct ambit_channel *c);

/* As the functions of the header; deadlines in µs of worker_now_us(), 0 = never, 1 = at once. */
void channel_begin(struct ambit_channel *c, const char *message);
void channel_put(struct ambit_channel *c, const char *field, uint32_t types, const void *data,
		 size_t length);
enum ambit_code channel_send(struct ambit_channel *c, int timeout_ms,
			     struct ambit_error *err) MUST_CHECK;
void channel_phase(struct ambit_channel *c, unsigned phase);
enum ambit_code channel_receive(struct ambit_channel *c, int timeout_ms,
				struct ambit_error *err) MUST_CHECK;
const struct frame *channel_frame(const struct ambit_channel *c);
/* The first failure of ambit_channel_take_...() since the message came; its code tells if any. */
struct ambit_error *channel_missed(struct ambit_channel *c);
int channel_take_fd(struct ambit_channel *c, const struct frame_slot *slot);
int channel_fd(const struct ambit_channel *c);
enum ambit_code channel_reopen(struct ambit_channel *c, uint64_t until_us,
			       struct ambit_error *err) MUST_CHECK;
uint64_t channel_deadline(int timeout_ms);

/* Two ends of a channel, of a kind that keeps messages apart. 0 or -errno. */
int channel_pair(int ret_fds[2]) MUST_CHECK;

#endif
