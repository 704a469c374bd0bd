/* SPDX-License-Identifier: ISC */
/* network.c - E61 (sending), E88, E89, E93 to E97: every way to reach a socket outside */
#include "attempts.h"
#include "outside.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { PROTOCOL_MPTCP = 262, PROTOCOL_SCTP = 132, PROTOCOL_DCCP = 33, FAMILY_SMC = 43 };

static struct sockaddr_in loopback(long port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	return at;
}

/* Until the handshake is over: 0, or the error it ended in. */
static long finish(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t length = sizeof(int);
	int err = 0;

	if (poll(&p, 1, 2000) <= 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length) < 0)
		return -errno;
	return -err;
}

static long connect_by(int family, int type, int protocol, long port)
{
	struct sockaddr_in at = loopback(port);
	long fd = OUTCOME(socket(family, type | SOCK_CLOEXEC, protocol));

	if (fd < 0)
		return fd;
	long r = OUTCOME(connect((int)fd, (const struct sockaddr *)&at, sizeof(at)));
	close((int)fd);
	return r;
}

static long port_of(const struct inside *in)
{
	return fact_number(in, "port", -1);
}

enum verdict network_tcp(const struct inside *in)
{
	return judge(in, "TCP connect to the forbidden port",
		     connect_by(AF_INET, SOCK_STREAM, 0, port_of(in)), NO_NETWORK);
}

enum verdict network_mptcp(const struct inside *in)
{
	return judge(in, "MPTCP connect to the forbidden port",
		     connect_by(AF_INET, SOCK_STREAM, PROTOCOL_MPTCP, port_of(in)), NO_NETWORK);
}

/* Protocols this kernel may lack; then the control says so. */
enum verdict network_other_streams(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "SCTP", connect_by(AF_INET, SOCK_STREAM, PROTOCOL_SCTP, port_of(in)),
		  NO_NETWORK);
	tally_add(&t, "SMC", connect_by(FAMILY_SMC, SOCK_STREAM, 0, port_of(in)), NO_NETWORK);
	tally_add(&t, "DCCP", connect_by(AF_INET, 6, PROTOCOL_DCCP, port_of(in)), NO_NETWORK);
	return tally_end(&t);
}

enum send_call { BY_SENDTO, BY_SENDMSG, BY_SENDMMSG };

static long send_by(int fd, enum send_call call, struct sockaddr_in *at, int flags)
{
	struct iovec data = { (char[]){ "hello" }, 5 };
	struct mmsghdr many = { .msg_hdr = { .msg_name = at,
					     .msg_namelen = sizeof(*at),
					     .msg_iov = &data,
					     .msg_iovlen = 1 } };

	if (call == BY_SENDTO)
		return OUTCOME(sendto(fd, "hello", 5, flags, (struct sockaddr *)at, sizeof(*at)));
	if (call == BY_SENDMSG)
		return OUTCOME(sendmsg(fd, &many.msg_hdr, flags));
	return OUTCOME(sendmmsg(fd, &many, 1, flags));
}

/* Connecting by sending: TCP fast open. */
static long fast_open(long port, enum send_call call, int protocol)
{
	struct sockaddr_in at = loopback(port);
	long fd = OUTCOME(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol));

	if (fd < 0)
		return fd;
	long r = send_by((int)fd, call, &at, MSG_FASTOPEN | MSG_NOSIGNAL);
	if (r == -EINPROGRESS)
		r = finish((int)fd);
	close((int)fd);
	return r;
}

enum verdict network_fast_open(const struct inside *in)
{
	struct tally t = TALLY(in);

	tally_add(&t, "sendto(MSG_FASTOPEN)", fast_open(port_of(in), BY_SENDTO, 0), NO_NETWORK);
	tally_add(&t, "sendmsg(MSG_FASTOPEN)", fast_open(port_of(in), BY_SENDMSG, 0), NO_NETWORK);
	tally_add(&t, "sendmmsg(MSG_FASTOPEN)", fast_open(port_of(in), BY_SENDMMSG, 0), NO_NETWORK);
	tally_add(&t, "MPTCP sendto(MSG_FASTOPEN)",
		  fast_open(port_of(in), BY_SENDTO, PROTOCOL_MPTCP), NO_NETWORK);
	return tally_end(&t);
}

/* connect() that only remembers, and a write that connects. */
enum verdict network_fast_open_option(const struct inside *in)
{
	struct sockaddr_in at = loopback(port_of(in));
	const int on = 1;
	long fd = OUTCOME(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	long r = fd;

	if (fd >= 0)
		r = OUTCOME(
			setsockopt((int)fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)));
	if (r >= 0)
		r = OUTCOME(connect((int)fd, (const struct sockaddr *)&at, sizeof(at)));
	if (r >= 0)
		r = OUTCOME(send((int)fd, "hello", 5, MSG_NOSIGNAL));
	if (r == -EINPROGRESS)
		r = finish((int)fd);
	return judge(in, "TCP_FASTOPEN_CONNECT, connect, write", r, NO_NETWORK);
}

enum verdict network_udp(const struct inside *in)
{
	static const char *const names[] = { "sendto", "sendmsg", "sendmmsg" };
	struct sockaddr_in at = loopback(fact_number(in, "udp", -1));
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(names); i++) {
		long fd = OUTCOME(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
		long r = fd < 0 ? fd : send_by((int)fd, (enum send_call)i, &at, 0);
		tally_add(&t, names[i], r, NO_NETWORK);
		if (fd >= 0)
			close((int)fd);
	}
	long fd = OUTCOME(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (fd >= 0) {
		fd = connect((int)fd, (struct sockaddr *)&at, sizeof(at)) < 0
			     ? -errno
			     : OUTCOME(write((int)fd, "hello", 5));
		/* a connected datagram socket learns by the next call that nobody listens */
	}
	tally_add(&t, "connect and write", fd, NO_NETWORK);
	return tally_end(&t);
}

/* A UDP datagram needs no answer: in an empty network of one's own sending it may work. */
static enum verdict packets_only(struct stage *s, enum verdict v)
{
	if (v != ESCAPED || s->control || stage_network_touched(s))
		return v;
	return STOPPED;
}

const struct drama drama_packets = { .judge = packets_only };

static const int no_family[] = { EPERM,	       EACCES,		ENOSYS,
				 EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT,
				 EINVAL,       EOPNOTSUPP,	0 };

/*
 * socket() and socketpair() of every family and type. @tcp: those a grant of TCP over IPv4 and
 * IPv6 needs are expected; local sockets are the business of their own grants.
 */
static enum verdict families(const struct inside *in, bool tcp)
{
	struct tally t = TALLY(in);
	unsigned refused = 0;
	char what[64];

	for (int family = 0; family <= 46; family++) {
		for (int type = 1; type <= 10; type++) {
			bool inet = family == AF_INET || family == AF_INET6;
			if (family == AF_UNIX || (tcp && inet && type == SOCK_STREAM))
				continue;
			long fd = OUTCOME(socket(family, type | SOCK_CLOEXEC, 0));
			if (fd >= 0)
				close((int)fd);
			refused += fd < 0;
			snprintf(what, sizeof(what), "socket(%d, %d)", family, type);
			if (fd >= 0)
				tally_add(&t, what, fd, no_family);
			else if (!in->control && fd != -EPERM && fd != -EACCES)
				tally_add(&t, what, fd, no_family);
		}
	}
	if (!in->control && t.escaped == 0 && t.untried == 0)
		return stopped("all %u of socket() are refused; other than EPERM: %.200s", refused,
			       t.stopped_text);
	return tally_end(&t);
}

enum verdict network_families_none(const struct inside *in)
{
	return families(in, false);
}

enum verdict network_families_tcp(const struct inside *in)
{
	return families(in, true);
}

/* Within the granted family and type, other protocols and raw sockets. */
enum verdict network_protocols(const struct inside *in)
{
	static const struct {
		const char *name;
		int family, type, protocol;
	} wanted[] = {
		{ "MPTCP", AF_INET, SOCK_STREAM, PROTOCOL_MPTCP },
		{ "SCTP", AF_INET, SOCK_STREAM, PROTOCOL_SCTP },
		{ "SMC over INET", AF_INET, SOCK_STREAM, 256 },
		{ "UDP", AF_INET, SOCK_DGRAM, IPPROTO_UDP },
		{ "UDP-Lite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
		{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ "raw", AF_INET, SOCK_RAW, IPPROTO_RAW },
		{ "packet", AF_PACKET, SOCK_RAW, 0 },
		{ "netlink route", AF_NETLINK, SOCK_RAW, 0 },
		{ "netlink audit", AF_NETLINK, SOCK_RAW, 9 },
		{ "AF_ALG", 38, SOCK_SEQPACKET, 0 },
		{ "vsock", 40, SOCK_STREAM, 0 },
		{ "XDP", 44, SOCK_RAW, 0 },
	};
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(wanted); i++) {
		long fd = OUTCOME(socket(wanted[i].family, wanted[i].type | SOCK_CLOEXEC,
					 wanted[i].protocol));
		if (fd >= 0)
			close((int)fd);
		/* unconfined, as an ordinary user, some are refused by the kernel itself */
		if (!in->control || fd >= 0)
			tally_add(&t, wanted[i].name, fd, no_family);
	}
	return tally_end(&t);
}

enum verdict network_unspec(const struct inside *in)
{
	struct sockaddr_in granted = loopback(fact_number(in, "granted", -1));
	struct sockaddr_in forbidden = loopback(port_of(in));
	struct sockaddr nothing = { .sa_family = AF_UNSPEC };
	long fd = OUTCOME(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (fd < 0 || connect((int)fd, (struct sockaddr *)&granted, sizeof(granted)) < 0)
		return untried("the granted port cannot be reached: %s", errno_word(errno));
	/* undone or not, the second connection is what counts */
	(void)!connect((int)fd, &nothing, sizeof(nothing));
	long r = OUTCOME(connect((int)fd, (struct sockaddr *)&forbidden, sizeof(forbidden)));
	return judge(in, "connect(AF_UNSPEC), then connect to the forbidden port", r,
		     REFUSALS(EPERM, EACCES, ENOSYS, EISCONN, EAFNOSUPPORT));
}

static long listen_on(bool bound, int type)
{
	struct sockaddr_in any = loopback(0);
	long fd = OUTCOME(socket(AF_INET, type | SOCK_CLOEXEC, 0));

	if (fd < 0)
		return fd;
	if (bound && bind((int)fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	if (listen((int)fd, 1) < 0)
		return -errno;
	return fd;
}

/* Judged outside: the port is told, and somebody knocks. */
static enum verdict listening(const struct inside *in, bool bound)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t length = sizeof(at);
	char word[64];
	long fd = listen_on(bound, SOCK_STREAM);

	if (fd < 0)
		return judge(in, bound ? "bind(0) and listen" : "listen on an unbound socket", fd,
			     NO_NETWORK);
	if (getsockname((int)fd, (struct sockaddr *)&at, &length) < 0)
		return untried("getsockname: %s", errno_word(errno));
	snprintf(word, sizeof(word), "knock %u", ntohs(at.sin_port));
	ask_outside(word);
	return acted("listening on port %u of an own network, or of the host's",
		     ntohs(at.sin_port));
}

enum verdict network_listen_unbound(const struct inside *in)
{
	return listening(in, false);
}

enum verdict network_listen_bound(const struct inside *in)
{
	return listening(in, true);
}

static void knock(struct stage *s, const char *word)
{
	unsigned port = 0;

	if (sscanf(word, "knock %u", &port) == 1 &&
	    connect_by(AF_INET, SOCK_STREAM, 0, (long)port) == 0)
		s->scratch = (int)port;
	play_reply(s);
}

static enum verdict nobody_opened(struct stage *s, enum verdict v)
{
	int port = s->scratch;

	s->scratch = -1;
	if (port <= 0)
		return v;
	snprintf(s->note, sizeof(s->note), "port %d accepted a connection from outside", port);
	return ESCAPED;
}

const struct drama drama_knock = { .answer = knock, .judge = nobody_opened };

/* 127.0.0.9 is granted; the same port under other addresses, and other spellings of loopback. */
enum verdict network_spellings(const struct inside *in)
{
	static const char *const v6[] = { "::ffff:127.0.0.1",
					  "::1",
					  "::",
					  "::127.0.0.1",
					  "64:ff9b::7f00:1",
					  "2002:7f00:1::",
					  "::ffff:0.0.0.0",
					  "::ffff:127.0.0.8",
					  "fe80::1" };
	static const char *const v4[] = { "127.0.0.1", "127.0.0.8", "0.0.0.0", "127.1.0.9" };
	long port = fact_number(in, "granted", -1);
	struct tally t = TALLY(in);

	for (size_t i = 0; i < COUNT(v6) + COUNT(v4); i++) {
		bool six = i < COUNT(v6);
		const char *text = six ? v6[i] : v4[i - COUNT(v6)];
		struct sockaddr_in6 at6 = { .sin6_family = AF_INET6,
					    .sin6_port = htons((uint16_t)port) };
		struct sockaddr_in at4 = loopback(port);
		inet_pton(six ? AF_INET6 : AF_INET, text,
			  six ? (void *)&at6.sin6_addr : &at4.sin_addr);
		at6.sin6_scope_id = strncmp(text, "fe80", 4) == 0 ? 1 : 0;
		long fd = OUTCOME(socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
		long r = fd < 0 ? fd
				: OUTCOME(connect((int)fd,
						  six ? (struct sockaddr *)&at6
						      : (struct sockaddr *)&at4,
						  six ? sizeof(at6) : sizeof(at4)));
		if (fd >= 0)
			close((int)fd);
		/* unconfined, some of these lead nowhere */
		if (!in->control || r >= 0)
			tally_add(&t, text, r, NO_NETWORK);
	}
	return tally_end(&t);
}

static int only_nine(struct stage *s)
{
	stage_fact(s, "only", "::ffff:127.0.0.9");
	return 0;
}

const struct drama drama_spellings = { .prepare = only_nine };

static long connect_unix(const char *name, bool abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	size_t length = strlen(name);

	if (length + 1 > sizeof(at.sun_path))
		return -ENAMETOOLONG;
	memcpy(at.sun_path + abstract, name, length);
	long fd = OUTCOME(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return fd;
	return OUTCOME(
		connect((int)fd, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + length)));
}

enum verdict network_abstract(const struct inside *in)
{
	if (!fact(in, "abstract")[0])
		return untried("no abstract socket given");
	return judge(in, "connect to an abstract socket outside",
		     connect_unix(fact(in, "abstract"), true), NO_NETWORK);
}

enum verdict network_pathname(const struct inside *in)
{
	return judge(in, "connect to a socket in a readable directory",
		     connect_unix(below(in, 0, "ro/socket"), false),
		     REFUSALS(EPERM, EACCES, ENOSYS, ECONNREFUSED, ENOENT, EAFNOSUPPORT));
}

/* A pair of local sockets answers for the interfaces of the network namespace it was made in. */
enum verdict network_interfaces(const struct inside *in)
{
	struct ifreq list[16];
	struct ifconf all = { .ifc_len = sizeof(list) };
	int pair[2];

	all.ifc_req = list;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return judge(in, "socketpair", -errno, NO_CALL);
	long r = OUTCOME(ioctl(pair[0], SIOCGIFCONF, &all));
	if (r < 0)
		return judge(in, "SIOCGIFCONF", r, REFUSALS(EPERM, EACCES, ENOTTY));
	if (all.ifc_len == 0)
		return stopped("there is no interface here");
	return escaped("%zu interfaces, %s the first", (size_t)all.ifc_len / sizeof(list[0]),
		       list[0].ifr_name);
}
