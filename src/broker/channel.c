/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A channel is a pair of local SOCK_SEQPACKET sockets: a frame is a message, sent and received
 * whole, and nobody else is behind it. An end has a table for what comes and one for what goes;
 * both processes got the same from the group. The sender runs the decoder over its own frame, so a
 * fault of the program is said where it was made, and what the receiver refuses is no accident.
 *
 * The receiver's rules: room for the longest message of the table and not a byte more, whatever
 * the other side says; no room for descriptors where none may come, so the kernel drops them and
 * tells; the first thing that does not fit closes this end, and it stays closed. A receive is one
 * system call when the message is there: the deadline is an option of the socket, set when it
 * changes, and a process that waits looks up once a second whether its group is still there.
 */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "../base/fd.h"
#include "../base/sys.h"
#include "worker_wire.h"

enum { SLICE_US = 1000000, PHASES = 32 };

struct counted {
	uint32_t phase, all;
};

struct received_fds {
	size_t count;
	int list[MESSAGE_FDS_MAX];
};

struct ambit_channel {
	char peer[MESSAGE_NAME_SIZE];
	int fd, next_fd;
	const struct table *in, *out;
	struct channel_home home;
	/* received */
	struct counted *counted; /* owned; one for each message of @in */
	uint8_t *in_data;	 /* owned; @in->frame_max */
	struct frame frame;
	struct received_fds fds; /* owned until taken: -1 */
	uint64_t patience_us;	 /* what the socket knows: 0 for ever */
	uint32_t phase_bit;
	struct ambit_error missed; /* the first of this message that was not there to be taken */
	/* being sent */
	uint8_t *out_data; /* owned; @out->frame_max */
	const struct table_message *sending;
	size_t used, field, sent_fd_count;
	int sent_fds[MESSAGE_FDS_MAX];
	struct ambit_error fault; /* of begin and put */
	/* scratch: too large for every call to zero it on the stack */
	struct ambit_error why;
	struct frame checked;
};

uint64_t channel_deadline(int timeout_ms)
{
	if (timeout_ms < 0)
		return 0;
	return timeout_ms ? worker_now_us() + (uint64_t)timeout_ms * 1000 : 1;
}

int channel_pair(int ret_fds[2])
{
	int fds[2] = { -1, -1 };
	int r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);

	for (int i = 0; i < 2 && r >= 0; i++) {
		fds[i] = fd_above_standard(fds[i]);
		r = fds[i] < 0 ? fds[i] : 0;
	}
	if (r < 0) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		return r;
	}
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

/* ---- begin and end ------------------------------------------------------------------------- */

struct ambit_channel *channel_new(const char *peer, int fd, const struct table *in,
				  const struct table *out, const struct channel_home *home)
{
	struct ambit_channel *c = calloc(1, sizeof(*c));

	if (!c) {
		fd_close(&fd);
		return NULL;
	}
	c->fd = fd;
	c->next_fd = -1;
	memcpy(c->peer, peer, strlen(peer) + 1);
	c->in = in;
	c->out = out;
	c->home = *home;
	c->phase_bit = AMBIT_PHASE(0);
	c->counted = calloc(in->message_count + 1, sizeof(*c->counted));
	c->in_data = malloc(in->frame_max);
	c->out_data = malloc(out->frame_max);
	if (!c->counted || !c->in_data || !c->out_data) {
		channel_free(c);
		return NULL;
	}
	return c;
}

static void drop_fds(struct ambit_channel *c)
{
	for (size_t i = 0; i < c->fds.count; i++)
		fd_close(&c->fds.list[i]);
	c->fds.count = 0;
	c->frame.message = NULL;
}

void channel_free(struct ambit_channel *c)
{
	if (!c)
		return;
	drop_fds(c);
	fd_close(&c->fd);
	fd_close(&c->next_fd);
	free(c->counted);
	free(c->in_data);
	free(c->out_data);
	free(c);
}

void channel_offer(struct ambit_channel *c, int fd)
{
	fd_close(&c->next_fd);
	c->next_fd = fd;
}

const char *channel_peer(const struct ambit_channel *c)
{
	return c->peer;
}

int channel_fd(const struct ambit_channel *c)
{
	return c->fd;
}

static enum ambit_code closed(const struct ambit_channel *c, int sys_errno, struct ambit_error *err)
{
	return err_set(err, AMBIT_E_CLOSED, AMBIT_LAYER_RUN, sys_errno,
		       "the channel to %s is closed", c->peer);
}

static enum ambit_code timed_out(const struct ambit_channel *c, const char *what,
				 struct ambit_error *err)
{
	return err_set(err, AMBIT_E_TIMEOUT, AMBIT_LAYER_RUN, 0, "%s %s in time", c->peer, what);
}

static bool group_is_over(const struct ambit_channel *c)
{
	return c->home.is_over && c->home.is_over(c->home.argument);
}

/* ---- sending ------------------------------------------------------------------------------- */

static void fault(struct ambit_channel *c, const char *what, const char *name)
{
	(void)err_set(&c->fault, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "to %s: %s %.*s", c->peer, what,
		      MESSAGE_NAME_SIZE, name ? name : "(NULL)");
}

void channel_begin(struct ambit_channel *c, const char *message)
{
	int number = message ? table_find(c->out, message) : -1;

	err_empty(&c->fault);
	c->sending = NULL;
	c->sent_fd_count = c->field = 0;
	c->used = sizeof(struct frame_header);
	if (number < 0)
		fault(c, "no table has the message", message);
	else
		c->sending = &c->out->messages[number];
}

/* Into the frame, unless that is full: its room is what the table's longest message needs. */
static void append(struct ambit_channel *c, const void *data, size_t length)
{
	if (length > c->out->frame_max - c->used) {
		fault(c, "too long is the message", c->sending->name);
		return;
	}
	if (length && data)
		memcpy(c->out_data + c->used, data, length);
	c->used += length;
}

/* A descriptor's @data is the number; it comes beside the frame. */
static void put_descriptor(struct ambit_channel *c, const void *data)
{
	if (data)
		memcpy(&c->sent_fds[c->sent_fd_count++], data, sizeof(int));
}

void channel_put(struct ambit_channel *c, const char *field, uint32_t types, const void *data,
		 size_t length)
{
	const struct table_field *f;

	if (c->fault.code)
		return;
	if (!c->sending) {
		fault(c, "no message was begun for the field", field);
		return;
	}
	f = &table_fields(c->out)[c->sending->first_field + c->field];
	if (c->field == c->sending->field_count || !field || strcmp(f->name, field) != 0 ||
	    !(types & (1u << f->type)) || length > UINT32_MAX || (!data && length)) {
		fault(c, "not the next field, or not of its type:", field);
		return;
	}
	c->field++;
	if (f->type == AMBIT_FIELD_DESCRIPTOR) {
		put_descriptor(c, data);
	} else if (f->type == AMBIT_FIELD_INTEGER) {
		append(c, data, length);
	} else {
		const uint32_t n = (uint32_t)length;

		append(c, &n, sizeof(n));
		append(c, data, length);
		append(c, "", 1);
	}
}

/* What the receiver would refuse is not sent. */
static enum ambit_code check_frame(struct ambit_channel *c, struct ambit_error *err)
{
	struct frame_header header;
	enum ambit_code code;

	if (!c->sending && !c->fault.code)
		fault(c, "no message was begun", "");
	if (c->fault.code) {
		*err = c->fault;
		return AMBIT_E_USAGE;
	}
	header.number = (uint32_t)(c->sending - c->out->messages);
	header.length = (uint32_t)c->used;
	memcpy(c->out_data, &header, sizeof(header));
	err_empty(&c->why);
	code = frame_decode(c->out, c->out_data, c->used, c->sent_fd_count, &c->checked, &c->why);
	return code == AMBIT_OK ? code
				: err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, 0, "to %s: %s",
					  c->peer, c->why.text);
}

union control {
	char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
	struct cmsghdr head;
};

/* Without descriptors by the call that names no address: where addresses are judged it is free. */
static ssize_t send_frame(struct ambit_channel *c)
{
	const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
	const size_t size = sizeof(int) * c->sent_fd_count;
	struct iovec part = { c->out_data, c->used };
	union control control = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (!c->sent_fd_count)
		return sys_call(SYS_sendto, c->fd, (long)c->out_data, (long)c->used, flags, 0, 0);
	message.msg_control = control.bytes;
	message.msg_controllen = (socklen_t)CMSG_SPACE(size);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = (socklen_t)CMSG_LEN(size);
	memcpy(CMSG_DATA(&control.head), c->sent_fds, size);
	return sys_sendmsg(c->fd, &message, flags);
}

/* Room may have come by the deadline. AMBIT_OK to try again. */
static enum ambit_code wait_room(const struct ambit_channel *c, uint64_t until_us,
				 struct ambit_error *err)
{
	struct pollfd p = { c->fd, POLLOUT, 0 };
	const uint64_t now = worker_now_us();
	uint64_t left = SLICE_US;

	if (until_us && now >= until_us)
		return timed_out(c, "did not make room for a message", err);
	if (group_is_over(c))
		return closed(c, 0, err);
	if (until_us && until_us - now < left)
		left = until_us - now;
	IGNORE_RESULT(sys_poll(&p, 1, (int)(left / 1000 + 1))); /* EINTR: as if it was time */
	return AMBIT_OK;
}

enum ambit_code channel_send(struct ambit_channel *c, int timeout_ms, struct ambit_error *err)
{
	enum ambit_code code = check_frame(c, err);
	uint64_t until_us = UINT64_MAX; /* asked only where there is no room at once */

	c->sending = NULL;
	while (code == AMBIT_OK) {
		ssize_t n = c->fd < 0 ? -EPIPE : send_frame(c);

		if (n >= 0)
			return AMBIT_OK;
		if (n == -EAGAIN) {
			until_us = until_us == UINT64_MAX ? channel_deadline(timeout_ms) : until_us;
			code = wait_room(c, until_us, err);
		} else if (n == -EPIPE || n == -ECONNRESET)
			code = closed(c, (int)-n, err);
		else if (n == -EBADF && c->sent_fd_count)
			code = err_set(err, AMBIT_E_USAGE, AMBIT_LAYER_RUN, EBADF,
				       "to %s: a descriptor to send is not open", c->peer);
		else if (n != -EINTR)
			code = err_set(err, err_code_of_errno((int)-n), AMBIT_LAYER_RUN, (int)-n,
				       "cannot send to %s", c->peer);
	}
	return code;
}

/* ---- receiving ----------------------------------------------------------------------------- */

void channel_phase(struct ambit_channel *c, unsigned phase)
{
	c->phase_bit = phase < PHASES ? AMBIT_PHASE(phase) : 0;
	for (uint32_t i = 0; i < c->in->message_count; i++)
		c->counted[i].phase = 0;
}

/* The first thing that does not fit is the last that is looked at. */
static enum ambit_code violated(struct ambit_channel *c, const char *what, struct ambit_error *err)
{
	drop_fds(c);
	fd_close(&c->fd);
	(void)err_set(err, AMBIT_E_PROTOCOL, AMBIT_LAYER_RUN, 0, "from %s: %s", c->peer, what);
	return err_hint(err, "no honest process does so: treat %s as taken over", c->peer);
}

/* All that the kernel gave us, so that nothing stays open. 0 or -errno; -EPROTO as below. */
static int collect_fds(struct ambit_channel *c, union control *control)
{
	struct cmsghdr *head = &control->head;
	int r = 0;

	if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	for (size_t i = 0; i < (head->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
		fd = fd_above_standard(fd);
		if (r == 0)
			r = fd < 0 ? fd : c->fds.count < MESSAGE_FDS_MAX ? 0 : -EPROTO;
		if (r == 0)
			c->fds.list[c->fds.count++] = fd;
		else
			fd_close(&fd);
	}
	return r;
}

/* A frame: its length, or -errno; -EPROTO for what no honest sender sends. */
static ssize_t receive_frame(struct ambit_channel *c, int flags)
{
	struct iovec part = { c->in_data, c->in->frame_max };
	union control control = { .head = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;
	int r = 0;

	if (c->in->fd_max) {
		message.msg_control = control.bytes;
		message.msg_controllen = (socklen_t)CMSG_SPACE(sizeof(int) * c->in->fd_max);
	}
	n = sys_recvmsg(c->fd, &message, flags | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return n;
	if (message.msg_control && message.msg_controllen)
		r = collect_fds(c, &control);
	if (message.msg_flags & MSG_TRUNC)
		r = -EPROTO;
	else if (r == 0 && (message.msg_flags & MSG_CTRUNC))
		/* There was room for another: then the kernel had no number here for it. */
		r = n && c->fds.count < c->in->fd_max ? -EMFILE : -EPROTO;
	return r < 0 ? r : n;
}

/* How long a receive may take is an option of the socket. 0 or -errno. */
static int set_patience(struct ambit_channel *c, uint64_t us)
{
	const struct timeval t = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
	long r;

	if (us == c->patience_us)
		return 0;
	r = sys_call(SYS_setsockopt, c->fd, SOL_SOCKET, SO_RCVTIMEO, (long)&t, sizeof(t), 0);
	if (r >= 0)
		c->patience_us = us;
	return (int)r;
}

/* As long as is left (0: for ever), but looking up now and then where there is a group. */
static uint64_t patience(const struct ambit_channel *c, uint64_t left_us)
{
	const uint64_t slice = c->home.is_over ? SLICE_US : 0;

	return slice && (!left_us || slice < left_us) ? slice : left_us;
}

/*
 * The length of a frame that came in time, or -errno; 0: no more will come. The first wait is as
 * long as the caller says, to the microsecond: the socket need not be told what it knows.
 */
static ssize_t await_frame(struct ambit_channel *c, int timeout_ms)
{
	const uint64_t span = timeout_ms > 0 ? (uint64_t)timeout_ms * 1000 : 0;
	const uint64_t until_us = span ? worker_now_us() + span : 0;
	uint64_t left = span;

	for (;;) {
		const bool wait = timeout_ms < 0 || left;
		ssize_t n = wait ? set_patience(c, patience(c, left)) : 0;

		if (n >= 0)
			n = receive_frame(c, wait ? 0 : MSG_DONTWAIT);
		/* Reset: closed with something unread; what was sent before is still there. */
		if (n != -EAGAIN && n != -EINTR && n != -ECONNRESET)
			return n;
		if (n == -EAGAIN && !wait)
			return -EAGAIN;
		if (n == -EAGAIN && group_is_over(c))
			return 0;
		if (span) {
			const uint64_t now = worker_now_us();

			left = now < until_us ? until_us - now : 0;
		}
	}
}

static uint32_t kind_of(int fd)
{
	struct stat st;

	if (sys_fstat(fd, &st) < 0)
		return 0;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return AMBIT_KIND_FILE;
	case S_IFIFO:
		return AMBIT_KIND_PIPE;
	case S_IFSOCK:
		return AMBIT_KIND_SOCKET;
	case S_IFCHR:
	case S_IFBLK:
		return AMBIT_KIND_DEVICE;
	case S_IFDIR:
		return AMBIT_KIND_DIRECTORY;
	default:
		return AMBIT_KIND_OTHER;
	}
}

static bool kinds_fit(const struct ambit_channel *c)
{
	const struct frame *f = &c->frame;

	for (uint32_t i = 0; i < f->message->field_count; i++)
		if (f->fields[i].type == AMBIT_FIELD_DESCRIPTOR &&
		    !(kind_of(c->fds.list[f->slots[i].number]) & (uint64_t)f->fields[i].maximum))
			return false;
	return true;
}

/* May it come now, and once more? */
static const char *refusal(const struct ambit_channel *c, const struct table_message *m)
{
	const struct counted *n = &c->counted[m - c->in->messages];

	if (!(m->phases & c->phase_bit))
		return "not in this phase";
	if (m->per_phase != AMBIT_UNLIMITED && n->phase >= m->per_phase)
		return "too often in this phase";
	return m->in_all != AMBIT_UNLIMITED && n->all >= m->in_all ? "too often" : NULL;
}

static void count(struct ambit_channel *c, const struct table_message *m)
{
	struct counted *n = &c->counted[m - c->in->messages];

	n->phase += n->phase < AMBIT_UNLIMITED;
	n->all += n->all < AMBIT_UNLIMITED;
}

static enum ambit_code judge_frame(struct ambit_channel *c, size_t length, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct table_message *m;
	const char *what;

	err_empty(&c->why);
	m = frame_begin(c->in, c->in_data, length, &c->why);
	if (!m)
		return violated(c, c->why.text, err);
	what = refusal(c, m);
	if (what)
		code = err_set(&c->why, AMBIT_E_PROTOCOL, AMBIT_LAYER_RUN, 0, "message %s: %s",
			       m->name, what);
	if (code == AMBIT_OK)
		code = frame_decode(c->in, c->in_data, length, c->fds.count, &c->frame, &c->why);
	if (code != AMBIT_OK)
		return violated(c, c->why.text, err);
	if (!kinds_fit(c))
		return violated(c, "a descriptor of another kind than the table has", err);
	count(c, m);
	return AMBIT_OK;
}

enum ambit_code channel_receive(struct ambit_channel *c, int timeout_ms, struct ambit_error *err)
{
	ssize_t n;

	drop_fds(c);
	c->missed.code = AMBIT_OK;
	if (c->fd < 0)
		return closed(c, 0, err);
	n = await_frame(c, timeout_ms);
	if (n > 0)
		return judge_frame(c, (size_t)n, err);
	if (n == -EAGAIN)
		return timed_out(c, "sent no message", err);
	if (n == -EPROTO)
		return violated(c, "a frame too long, or with descriptors that may not come", err);
	drop_fds(c); /* an empty frame may bring some, and so does one that is lost */
	if (n < 0)
		return err_set(err, err_code_of_errno((int)-n), AMBIT_LAYER_RUN, (int)-n,
			       "cannot receive from %s", c->peer);
	fd_close(&c->fd);
	return closed(c, 0, err);
}

const struct frame *channel_frame(const struct ambit_channel *c)
{
	return &c->frame;
}

struct ambit_error *channel_missed(struct ambit_channel *c)
{
	return &c->missed;
}

int channel_take_fd(struct ambit_channel *c, const struct frame_slot *slot)
{
	return fd_steal(&c->fds.list[slot->number]);
}

/* ---- another process in the place of the first --------------------------------------------- */

static void begin_anew(struct ambit_channel *c)
{
	drop_fds(c);
	fd_close(&c->fd);
	c->fd = fd_steal(&c->next_fd);
	c->patience_us = 0;
	c->phase_bit = AMBIT_PHASE(0);
	memset(c->counted, 0, (c->in->message_count + 1) * sizeof(*c->counted));
}

enum ambit_code channel_reopen(struct ambit_channel *c, uint64_t until_us, struct ambit_error *err)
{
	int r = 0;

	while (c->next_fd < 0 && r == 0)
		r = c->home.wait_news ? c->home.wait_news(c->home.argument, until_us) : -ETIMEDOUT;
	if (c->next_fd < 0)
		return r == -ETIMEDOUT ? timed_out(c, "was not started anew", err)
				       : closed(c, -r, err);
	begin_anew(c);
	return AMBIT_OK;
}
