/* SPDX-License-Identifier: ISC */
/*
 * judge_send.c - sendto, sendmsg and sendmmsg
 *
 * The message is copied whole: at most 64 KiB, which no datagram of UDP exceeds; of a stream the
 * rest is left for the next call, as the kernel itself may do. sendmmsg sends up to 64 messages
 * at a time, by UDP only, and answers how many, as it may too.
 */
#include "judge_in.h"

#include <signal.h>

enum { MESSAGES_MAX = 64 };
enum {
	FLAGS_KNOWN = MSG_CONFIRM | MSG_DONTROUTE | MSG_DONTWAIT | MSG_EOR | MSG_MORE |
		      MSG_NOSIGNAL | MSG_OOB,
};

/* ---- one message, copied ---- */

static int check_flags(struct judge_request *q, uint64_t flags)
{
	/* The kernel would go on reading our copy; where there is no room programs do without. */
	if (flags & MSG_ZEROCOPY)
		return -ENOBUFS;
	if (flags & MSG_FASTOPEN)
		return -EACCES;
	q->flags = (int)flags & FLAGS_KNOWN;
	return 0;
}

/* Total length of the pieces, cut down to what there is room for; -errno. */
static int measure(struct judge_request *q, size_t *count)
{
	struct judge_part *parts = q->room->parts;
	size_t room = JUDGE_PAYLOAD_MAX, i;

	for (i = 0; i < *count; i++) {
		if (parts[i].length > PTRDIFF_MAX)
			return -EINVAL;
		if (parts[i].length > room) {
			q->too_long = true;
			parts[i].length = room;
		}
		room -= parts[i].length;
		if (!room && i + 1 < *count)
			q->too_long = true;
		if (!room)
			break;
	}
	*count = i < *count ? i + 1 : i;
	return (int)(JUDGE_PAYLOAD_MAX - room);
}

static int read_payload(struct judge_request *q, size_t count)
{
	struct judge_thread *m = q->room;
	int length;
	struct iovec here = { m->payload, 0 };
	ssize_t n = 0;

	q->too_long = false;
	length = measure(q, &count);
	if (length < 0)
		return length;
	here.iov_len = (size_t)length;
	if (length)
		n = sys_process_vm_readv((pid_t)q->notice.pid, &here,
					 (const struct iovec *)(const void *)m->parts, count);
	q->length = (size_t)length;
	return n == length ? 0 : n == -EPERM ? -EACCES : -EFAULT;
}

/* The message whose header is at @from; *@parts is what is left of the allowance of pieces. */
static int read_message(struct judge_request *q, uint64_t from, size_t *parts)
{
	struct judge_message header;
	int r = judge_read(q, &header, from, sizeof(header));

	if (r < 0)
		return r;
	if (header.part_count > *parts)
		return -EMSGSIZE;
	*parts -= header.part_count;
	q->has_address = false;
	if (header.name && header.name_length)
		r = judge_read_address(q, header.name,
				       header.name_length > JUDGE_ADDRESS_MAX ? JUDGE_ADDRESS_MAX
									      : header.name_length);
	if (r >= 0)
		r = judge_read(q, q->room->parts, header.parts,
			       header.part_count * sizeof(struct judge_part));
	if (r >= 0)
		r = read_payload(q, header.part_count);
	q->control_length = 0;
	if (r >= 0 && header.control && header.control_length)
		r = judge_read_control(q, header.control, header.control_length);
	return r;
}

/* ---- the act ---- */

/* Whoever did not ask to be spared is told by a signal that nobody listens any more. */
static void tell_broken(const struct judge_request *q)
{
	if (q->type == SOCK_STREAM && !(q->flags & MSG_NOSIGNAL) && judge_is_alive(q))
		IGNORE_RESULT(sys_kill((pid_t)q->notice.pid, SIGPIPE)); /* ESRCH: it was killed */
}

static int send_copy(struct judge_request *q)
{
	struct iovec part = { q->room->payload, q->length };
	struct judge_message message = { .parts = (uintptr_t)&part, .part_count = 1 };
	int r;

	if (q->has_address) {
		message.name = (uintptr_t)q->address.bytes;
		message.name_length = (int32_t)q->address.length;
	}
	if (q->control_length) {
		message.control = (uintptr_t)q->room->control;
		message.control_length = q->control_length;
	}
	r = (int)sys_sendmsg(q->fd, (const struct msghdr *)(const void *)&message,
			     q->flags | MSG_NOSIGNAL);
	if (r == -EPIPE)
		tell_broken(q);
	return r;
}

/* The message is copied, the socket taken: may it leave through this one? */
static int judge_message(struct judge_request *q)
{
	int r = q->control_length ? judge_control(q) : 0;

	if (q->kind == JUDGE_TCP)
		q->has_address = false; /* the kernel does not look at it either */
	if (q->too_long && q->type != SOCK_STREAM)
		return -EMSGSIZE;
	if (r >= 0 && q->kind == JUDGE_NETLINK && !judge_only_asks(q->room->payload, q->length))
		return -EPERM;
	return r >= 0 && q->has_address ? judge_outgoing(q) : r;
}

static int send_one(struct judge_request *q)
{
	int r = judge_message(q);

	return r < 0 ? r : send_copy(q);
}

/* ---- the calls ---- */

int judge_sendto(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	int r = check_flags(q, args[3]);

	q->room->parts[0] = (struct judge_part){ args[1], args[2] };
	if (r >= 0 && args[4])
		r = judge_read_address(q, args[4], (int)args[5]);
	if (r >= 0)
		r = read_payload(q, 1);
	if (r >= 0)
		r = judge_take(q, (int)args[0]);
	return r < 0 ? r : send_one(q);
}

int judge_sendmsg(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	size_t parts = JUDGE_PARTS_MAX;
	int r = check_flags(q, args[2]);

	if (r >= 0)
		r = read_message(q, args[1], &parts);
	if (r >= 0)
		r = judge_take(q, (int)args[0]);
	return r < 0 ? r : send_one(q);
}

/*
 * How long the message at @entry was. The asker sleeps until we answer and cannot be gone without
 * its number being free for a while: numbers are given out in turn.
 */
static int write_length(const struct judge_request *q, uint64_t entry)
{
	unsigned length = (unsigned)q->length;
	const struct iovec here = { &length, sizeof(length) };
	const struct iovec there = {
		(void *)(uintptr_t)(entry + offsetof(struct judge_messages, length)), sizeof(length)
	};

	if (!judge_is_alive(q))
		return -EFAULT;
	return sys_process_vm_writev((pid_t)q->notice.pid, &here, &there, 1) == sizeof(length)
		       ? 0
		       : -EFAULT;
}

/* Messages one after the other until one fails; how many went, or the error of the first. */
static int send_many(struct judge_request *q, uint64_t entry, uint64_t count, size_t parts)
{
	int sent = 0, r = 0;

	for (; (uint64_t)sent < count && sent < MESSAGES_MAX;
	     sent++, entry += sizeof(struct judge_messages)) {
		if (sent)
			r = read_message(q, entry, &parts);
		if (r >= 0)
			r = judge_is_alive(q) ? judge_message(q) : -EFAULT;
		if (r >= 0)
			r = write_length(q, entry);
		if (r >= 0)
			r = send_copy(q);
		if (r < 0)
			break;
	}
	return sent ? sent : r;
}

int judge_sendmmsg(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	uint64_t count = (unsigned)args[2];
	size_t parts = JUDGE_PARTS_MAX;
	int r = check_flags(q, args[3]);

	if (r < 0 || !count)
		return r;
	r = read_message(q, args[1], &parts);
	if (r >= 0)
		r = judge_take(q, (int)args[0]);
	if (r < 0)
		return r;
	if (q->kind != JUDGE_UDP)
		return -EOPNOTSUPP;
	return send_many(q, args[1], count, parts);
}
