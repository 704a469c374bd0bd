/* SPDX-License-Identifier: ISC */
/* judge_calls.c - connect, bind and listen */
#include "judge_in.h"

/* ---- connect ---- */

static int protocol_of(const struct judge_request *q)
{
	return q->kind == JUDGE_TCP ? NET_TCP : NET_UDP;
}

int judge_outgoing(struct judge_request *q)
{
	struct judge_target target;
	int r;

	if (q->kind == JUDGE_UNIX)
		return q->address.family == AF_UNIX ? judge_unix_address(q) : -EINVAL;
	if (q->kind == JUDGE_NETLINK)
		return judge_is_kernel(&q->address) ? 0 : -EACCES;
	r = judge_target(&q->address, true, &target);
	if (r < 0)
		return r;
	return judge_allows(q->judge->kit, false, protocol_of(q), &target) ? 0 : -EACCES;
}

/* Most refusals need no socket: no rule of any protocol names the address. */
static int refuse_early(struct judge_request *q)
{
	struct judge_target target;
	int r;

	if (q->address.family == AF_UNSPEC || q->address.family == AF_UNIX ||
	    q->address.family == AF_NETLINK)
		return 0;
	r = judge_target(&q->address, true, &target);
	if (r < 0)
		return r;
	return judge_allows(q->judge->kit, false, 0, &target) ? 0 : -EACCES;
}

int judge_connect(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	int r = judge_read_address(q, args[1], (int)args[2]);

	if (r >= 0)
		r = refuse_early(q);
	if (r >= 0)
		r = judge_take(q, (int)args[0]);
	/* Without a family the socket is disconnected: done here too, as that and nothing else. */
	if (r >= 0 && q->address.family != AF_UNSPEC)
		r = judge_outgoing(q);
	return r < 0 ? r : sys_connect(q->fd, q->address.bytes, q->address.length);
}

/* ---- bind ---- */

/*
 * A port the kernel picks is harmless where connecting is granted: connect(2) would pick one too.
 * Listening on it is another question, asked by listen(2). What a socket of netlink is bound to
 * is a number of its own, and groups whose messages the kernel lets it hear.
 */
static bool may_bind(const struct judge_request *q, const struct judge_target *target)
{
	const struct kit *kit = q->judge->kit;

	if (q->kind == JUDGE_NETLINK)
		return q->address.family == AF_NETLINK;
	if (q->kind == JUDGE_UNIX || q->address.family == AF_NETLINK)
		return false;
	return judge_allows(kit, true, protocol_of(q), target) ||
	       (!target->port && judge_may_connect(kit, protocol_of(q)));
}

int judge_bind(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	struct judge_target target = { 0 };
	int r = judge_read_address(q, args[1], (int)args[2]);

	if (r >= 0 && q->address.family == AF_UNIX)
		return -EACCES; /* no right names a local address of one's own */
	if (r >= 0 && q->address.family != AF_NETLINK)
		r = judge_target(&q->address, false, &target);
	if (r >= 0)
		r = judge_take(q, (int)args[0]);
	if (r < 0)
		return r;
	if (!may_bind(q, &target))
		return -EACCES;
	return sys_bind(q->fd, q->address.bytes, q->address.length);
}

/* ---- listen ---- */

/*
 * Is the socket's own port granted? One without a port would get any: that is what "listen 0"
 * grants, and it is granted a port in use too, for only the kernel can have chosen that.
 */
static bool listens_well(struct judge_request *q)
{
	struct judge_target target, picked;

	q->address.length = JUDGE_ADDRESS_MAX;
	if (sys_getsockname(q->fd, q->address.bytes, &q->address.length) < 0 ||
	    judge_target(&q->address, false, &target) < 0)
		return false;
	picked = target;
	picked.port = 0;
	return judge_allows(q->judge->kit, true, NET_TCP, &target) ||
	       judge_allows(q->judge->kit, true, NET_TCP, &picked);
}

/*
 * Between the look and the act another thread may disconnect the socket, whose port can be another
 * one then: looked at again, and taken back.
 */
int judge_listen(struct judge_request *q)
{
	const __u64 *args = q->notice.data.args;
	int r = judge_take(q, (int)args[0]);

	if (r < 0)
		return r;
	if (q->kind != JUDGE_TCP || !listens_well(q))
		return -EACCES;
	r = sys_listen(q->fd, (int)args[1]);
	if (r < 0 || listens_well(q))
		return r;
	IGNORE_RESULT(sys_shutdown(q->fd, SHUT_RDWR)); /* ENOTCONN: it does not listen */
	return -EACCES;
}
