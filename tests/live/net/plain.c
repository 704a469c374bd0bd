/* SPDX-License-Identifier: ISC */
/* plain.c - acts that are one call, or what one call hides */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int family_of(const struct act *a)
{
	return strchr(a->word[1], ':') ? AF_INET6 : AF_INET;
}

/* ---- TCP ---- */

static void tcp_with(const struct act *a, int family, int protocol, int flags)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, protocol);

	say_result(fd < 0 ? -1 : tcp_visit(fd, &to, length));
	close(fd);
}

static void tcp(const struct act *a)
{
	tcp_with(a, family_of(a), 0, 0);
}

static void mptcp(const struct act *a)
{
	tcp_with(a, family_of(a), 262 /* IPPROTO_MPTCP */, 0);
}

/* Without blocking: EINPROGRESS, or the refusal at once. */
static void tcp_later(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = connect(fd, &to.any, length), error = 0;
	struct pollfd ready = { fd, POLLOUT, 0 };
	socklen_t size = sizeof(error);

	if (r < 0 && errno == EINPROGRESS && poll(&ready, 1, 5000) == 1)
		r = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (r >= 0 && error) {
		errno = error;
		r = -1;
	}
	say_result(r);
	close(fd);
}

/* Connected, disconnected, and away to the next address. */
static void tcp_again(const struct act *a)
{
	union address to, none = { .any.sa_family = AF_UNSPEC };
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	long r = tcp_visit(fd, &to, length);

	if (r >= 0)
		r = connect(fd, &none.any, sizeof(none.any));
	length = address_of(&a->word[3], &to);
	say_result(r < 0 ? r : tcp_visit(fd, &to, length));
	close(fd);
}

static void open_sendto(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC, 0);

	say_result(sendto(fd, "x", 1, MSG_FASTOPEN, &to.any, length));
	close(fd);
}

static void open_sendmsg(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct iovec part = { (char[]){ "x" }, 1 };
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = length, .msg_iov = &part, .msg_iovlen = 1
	};

	say_result(sendmsg(fd, &message, MSG_FASTOPEN));
	close(fd);
}

static void open_option(const struct act *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)a;
	say_result(setsockopt(fd, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &(int){ 1 },
			      sizeof(int)));
	close(fd);
}

/* ---- UDP ---- */

static void udp_connect(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r = connect(fd, &to.any, length);

	say_result(r < 0 ? r : send(fd, "c", 1, 0));
	close(fd);
}

static void udp_sendto(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	say_result(sendto(fd, "t", 1, 0, &to.any, length));
	close(fd);
}

/* An IPv6 socket takes an address of IPv4 too. */
static void udp_foreign(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	say_result(sendto(fd, "f", 1, 0, &to.any, length));
	close(fd);
}

static struct msghdr message_to(union address *to, socklen_t length, struct iovec *parts,
				size_t count)
{
	return (struct msghdr){
		.msg_name = to, .msg_namelen = length, .msg_iov = parts, .msg_iovlen = count
	};
}

static void udp_sendmsg(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec parts[2] = { { (char[]){ "m" }, 1 }, { (char[]){ "sg" }, 2 } };
	struct msghdr message = message_to(&to, length, parts, 2);

	say_result(sendmsg(fd, &message, 0));
	close(fd);
}

/* Two messages; "N:LENGTH,LENGTH" says what was answered. */
static void udp_sendmmsg(const struct act *a)
{
	union address to, second;
	socklen_t length = address_of(&a->word[1], &to);
	socklen_t other = address_of(a->count > 3 ? &a->word[3] : &a->word[1], &second);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0), r;
	struct iovec parts[2] = { { (char[]){ "one" }, 3 }, { (char[]){ "seven" }, 5 } };
	struct mmsghdr messages[2] = { { message_to(&to, length, &parts[0], 1), 99 },
				       { message_to(&second, other, &parts[1], 1), 99 } };

	r = sendmmsg(fd, messages, 2, 0);
	if (r < 0)
		say_result(r);
	else
		say("%d:%u,%u", r, messages[0].msg_len, messages[1].msg_len);
	close(fd);
}

/* With ancillary data: what kind, by the words LEVEL TYPE. */
static void udp_control(const struct act *a)
{
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec part = { (char[]){ "k" }, 1 };
	struct msghdr message = message_to(&to, length, &part, 1);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = (int)number_of(a->word[3]),
				  .cmsg_type = (int)number_of(a->word[4]) } };

	message.msg_control = &control;
	message.msg_controllen = sizeof(control);
	say_result(sendmsg(fd, &message, 0));
	close(fd);
}

/* A whole datagram, or one that is too large: as many bytes as the last word says. */
static void udp_size(const struct act *a)
{
	static char bytes[1 << 17];
	union address to;
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_DGRAM | SOCK_CLOEXEC, 0);

	say_result(sendto(fd, bytes, (size_t)number_of(a->word[3]), 0, &to.any, length));
	close(fd);
}

/* ---- bind and listen ---- */

/* "bind ADDRESS PORT tcp|udp [listen]" */
static void bind_to(const struct act *a)
{
	union address at;
	socklen_t length = address_of(&a->word[1], &at);
	int type = !strcmp(a->word[3], "udp") ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(family_of(a), type | SOCK_CLOEXEC, 0);
	long r;

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	r = fd < 0 ? -1 : bind(fd, &at.any, length);
	if (r >= 0 && a->count > 4)
		r = listen(fd, 5);
	say_result(r);
	close(fd);
}

/* The kernel is told to pick from one port only: IP_LOCAL_PORT_RANGE, then port 0. */
static void bind_range(const struct act *a)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	const uint32_t port = (uint32_t)number_of(a->word[1]), range = port << 16 | port;
	int type = !strcmp(a->word[2], "udp") ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	long r = setsockopt(fd, IPPROTO_IP, 51, &range, sizeof(range));

	say_result(r < 0 ? r : bind(fd, (struct sockaddr *)&any, sizeof(any)));
	close(fd);
}

static void listen_unbound(const struct act *a)
{
	int fd = socket(!strcmp(a->word[1], "6") ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
			0);

	say_result(listen(fd, 5));
	close(fd);
}

/* A port the kernel picks for connecting is none to listen on afterwards. */
static void listen_after(const struct act *a)
{
	union address to, none = { .any.sa_family = AF_UNSPEC };
	socklen_t length = address_of(&a->word[1], &to);
	int fd = socket(family_of(a), SOCK_STREAM | SOCK_CLOEXEC, 0);
	long r = tcp_visit(fd, &to, length);

	if (r >= 0)
		r = connect(fd, &none.any, sizeof(none.any));
	say_result(r < 0 ? r : listen(fd, 5));
	close(fd);
}

/* ---- local sockets ---- */

static void local_at(const char *path, size_t length, int type)
{
	union address to = { .un = { .sun_family = AF_UNIX } };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(to.un.sun_path, path, length);
	if (fd < 0)
		say_result(fd);
	else if (type == SOCK_DGRAM)
		say_result(sendto(fd, "d", 1, 0, &to.any,
				  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)));
	else
		say_result(tcp_visit(fd, &to,
				     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)));
	close(fd);
}

static void local(const struct act *a)
{
	local_at(a->word[1], strlen(a->word[1]) + 1, SOCK_STREAM);
}

static void local_in(const struct act *a)
{
	if (chdir(a->word[1]) < 0)
		say_result(-1);
	else
		local_at(a->word[2], strlen(a->word[2]) + 1, SOCK_STREAM);
}

static void local_datagram(const struct act *a)
{
	local_at(a->word[1], strlen(a->word[1]) + 1, SOCK_DGRAM);
}

static void local_abstract(const struct act *a)
{
	char name[100] = "";

	(void)snprintf(name + 1, sizeof(name) - 1, "%s", a->word[1]);
	local_at(name, strlen(a->word[1]) + 1, SOCK_STREAM);
}

/* A descriptor through a local pair and back out of it: what comes is what went. */
static void local_pass(const struct act *a)
{
	int pair[2], pipe_ends[2], got;
	char byte = 'p', back = 0;
	struct iovec part = { &byte, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_LEN(sizeof(int)) };

	(void)a;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pipe(pipe_ends) < 0) {
		say_result(-1);
		return;
	}
	memcpy(CMSG_DATA(&control.header), &pipe_ends[1], sizeof(int));
	if (sendmsg(pair[0], &message, 0) != 1 || recvmsg(pair[1], &message, 0) != 1) {
		say_result(-1);
		return;
	}
	memcpy(&got, CMSG_DATA(&control.header), sizeof(int));
	if (write(got, "w", 1) == 1 && read(pipe_ends[0], &back, 1) == 1 && back == 'w')
		say("passed");
	else
		say("lost");
}

/* ---- what can be made at all ---- */

/* Every family and type; the names of those that were made: "2/1" is TCP. */
static void families(const struct act *a)
{
	char made[512] = "made";
	size_t used = 4;

	(void)a;
	for (int family = 0; family < 50; family++)
		for (int type = 1; type <= 10; type++) {
			int fd = socket(family, type | SOCK_CLOEXEC, 0);

			if (fd < 0)
				continue;
			used += (size_t)snprintf(made + used, sizeof(made) - used, ",%d/%d", family,
						 type);
			close(fd);
		}
	say("%s", made);
}

static void make(const struct act *a)
{
	int fd = socket((int)number_of(a->word[1]), (int)number_of(a->word[2]),
			(int)number_of(a->word[3]));

	say_result(fd);
	close(fd);
}

/* ---- netlink ---- */

static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

static int ask_links(int fd, const char *how)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg message;
	} ask = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			      .nlmsg_type = RTM_GETLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct sockaddr_nl to = kernel;
	struct iovec part = { &ask, ask.header.nlmsg_len };
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &part, .msg_iovlen = 1
	};

	if (!strcmp(how, "sendmsg"))
		return (int)sendmsg(fd, &message, 0);
	if (!strcmp(how, "sendto"))
		return (int)sendto(fd, &ask, part.iov_len, 0, (const struct sockaddr *)&kernel,
				   sizeof(kernel));
	if (connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -1;
	return (int)send(fd, &ask, part.iov_len, 0);
}

/* What getifaddrs(3) does: bind, ask the kernel for its interfaces, and read one. */
static void netlink_ask(const struct act *a)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int r = bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel));
	union {
		struct nlmsghdr header;
		char bytes[32768];
	} told;

	if (r >= 0)
		r = ask_links(fd, a->word[1]);
	if (r >= 0)
		r = (int)recv(fd, &told, sizeof(told), 0);
	if (r >= 0 && told.header.nlmsg_type != RTM_NEWLINK) {
		errno = EPROTO;
		r = -1;
	}
	say_result(r);
	close(fd);
}

/* A change that changes nothing, by a message that names the kernel; what the kernel answers. */
static void netlink_set(const struct act *a)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg message;
	} set = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			      .nlmsg_type = RTM_NEWLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		  .message.ifi_index = 1 };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr message;
	} told;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	long r = sendto(fd, &set, set.header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
			sizeof(kernel));

	(void)a;
	if (r >= 0)
		r = recv(fd, &told, sizeof(told), 0);
	if (r >= 0 && told.message.error) {
		errno = -told.message.error;
		r = -1;
	}
	say_result(r);
	close(fd);
}

/* To a number that some process has, or to whoever is in a group. */
static void netlink_other(const struct act *a)
{
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK,
					.nl_pid = (uint32_t)number_of(a->word[1]),
					.nl_groups = (uint32_t)number_of(a->word[2]) };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	say_result(connect(fd, (const struct sockaddr *)&to, sizeof(to)));
	close(fd);
}

/* An address of netlink for TCP, and one of TCP for netlink. */
static void netlink_mixed(const struct act *a)
{
	const struct sockaddr_in in = { .sin_family = AF_INET };
	int tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	(void)a;
	say_result(bind(tcp_fd, (const struct sockaddr *)&kernel, sizeof(kernel)));
	say_result(bind(fd, (const struct sockaddr *)&in, sizeof(in)));
	say_result(connect(tcp_fd, (const struct sockaddr *)&kernel, sizeof(kernel)));
	close(fd);
	close(tcp_fd);
}

const struct act_row plain_acts[] = {
	{ "tcp", tcp },
	{ "tcp-later", tcp_later },
	{ "tcp-again", tcp_again },
	{ "mptcp", mptcp },
	{ "open-sendto", open_sendto },
	{ "open-sendmsg", open_sendmsg },
	{ "open-option", open_option },
	{ "udp-connect", udp_connect },
	{ "udp-sendto", udp_sendto },
	{ "udp-foreign", udp_foreign },
	{ "udp-sendmsg", udp_sendmsg },
	{ "udp-sendmmsg", udp_sendmmsg },
	{ "udp-control", udp_control },
	{ "udp-size", udp_size },
	{ "bind", bind_to },
	{ "bind-range", bind_range },
	{ "listen-unbound", listen_unbound },
	{ "listen-after", listen_after },
	{ "local", local },
	{ "local-in", local_in },
	{ "local-datagram", local_datagram },
	{ "local-abstract", local_abstract },
	{ "local-pass", local_pass },
	{ "families", families },
	{ "make", make },
	{ "netlink-ask", netlink_ask },
	{ "netlink-set", netlink_set },
	{ "netlink-other", netlink_other },
	{ "netlink-mixed", netlink_mixed },
	{ NULL, NULL },
};
