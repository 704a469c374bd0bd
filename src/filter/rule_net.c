/* SPDX-License-Identifier: ISC */
/*
 * rule_net.c - rules of the socket calls
 *
 * Which sockets may be made is a list of the want (set.c makes rules of it). An address is behind
 * a pointer: connect, bind, sendto with an address and sendmsg go to the listener where the want
 * says that addresses matter. MSG_FASTOPEN connects without connect() and past Landlock: never.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "rule_words.h"

/* clang-format off */
#define SOCKET_TYPE (UINT32_MAX & ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC))

const struct rule socket_rules[SOCKET_RULES] = {
	{ .has = FACT_KILL, PROBE(EACCES), CONDS(EQ(0, AF_UNIX)),
	  .reason = "getpwnam() of glibc looks for nscd" },
};

/*
 * A pair is connected to itself; but a datagram socket can still send to any other address, by
 * sendmsg, where no filter sees it.
 */
static const uint32_t pair_types[] = { SOCK_STREAM, SOCK_SEQPACKET };
const struct rule socketpair_rules[SOCKETPAIR_RULES] = {
	{ .has = CALL_BIT(SOCKETPAIR), ALLOW,
	  CONDS(EQ(0, AF_UNIX), IN_MASK(1, SOCKET_TYPE, pair_types)),
	  .reason = "a local pair that reaches nobody else" },
	{ .has = CALL_BIT(SOCKETPAIR) | FACT_UNIX_DATAGRAM, ALLOW,
	  CONDS(EQ(0, AF_UNIX), MASK(1, SOCKET_TYPE, SOCK_DGRAM)),
	  .reason = "unix datagram sockets are granted" },
};

const struct rule connect_rules[CONNECT_RULES] = {
	{ .has = FACT_NOTIFY_CONNECT, NOTIFY, .reason = "the address is judged outside" },
	{ .has = CALL_BIT(CONNECT), ALLOW, .reason = "granted" },
};
/* A resolver binds to a port that the kernel picks: only a judge sees which was asked for. */
const struct rule bind_rules[BIND_RULES] = {
	{ .has = FACT_NOTIFY_LISTEN, NOTIFY, .reason = "the address is judged outside" },
	{ .has = CALL_BIT(LISTEN), ALLOW, .reason = "granted" },
	{ .has = FACT_BINDS, ALLOW, .reason = "names are looked up" },
};
const struct rule listen_rules[LISTEN_RULES] = {
	{ .has = FACT_NOTIFY_LISTEN, NOTIFY, .reason = "the address is judged outside" },
	{ .has = CALL_BIT(LISTEN), ALLOW, .reason = "granted" },
};

const struct rule accept_rules[ACCEPT_RULES] = {
	{ .has = CALL_BIT(LISTEN), ALLOW, .reason = "granted" },
	{ .has = FACT_ACCEPT, ALLOW, .reason = "a socket that listens was passed in" },
};

#define NO_FAST_OPEN(flags) MASK(flags, MSG_FASTOPEN, 0)
const struct rule sendto_rules[SENDTO_RULES] = {
	{ .has = CALL_BIT(SOCKET_IO), ALLOW, CONDS(EQ(4, 0), NO_FAST_OPEN(3)),
	  .reason = "to where the socket is connected" },
	{ .has = FACT_NOTIFY_CONNECT, NOTIFY, CONDS(NO_FAST_OPEN(3)),
	  .reason = "the address is judged outside" },
	{ .has = CALL_BIT(CONNECT), ALLOW, CONDS(NO_FAST_OPEN(3)), .reason = "granted" },
};
/* A stream goes where it is connected, whatever its message names: none is looked at then. */
#define MESSAGE_RULES(flags)                                                                       \
	{                                                                                          \
		{ .has = FACT_NOTIFY_SEND, NOTIFY, CONDS(NO_FAST_OPEN(flags)),                     \
		  .reason = "its address, if it has one, is judged outside" },                     \
		{ .has = CALL_BIT(SOCKET_IO), ALLOW, CONDS(NO_FAST_OPEN(flags)),                   \
		  .reason = "granted" },                                                           \
	}
const struct rule sendmsg_rules[SENDMSG_RULES] = MESSAGE_RULES(2);
const struct rule sendmmsg_rules[SENDMMSG_RULES] = MESSAGE_RULES(3);

/*
 * setsockopt: level and name together, and only what tunes one's own traffic. Not: filters and
 * BPF, marks and interfaces, transparent and foreign addresses, source routes, multicast
 * membership, fast open, repair, upper layer protocols, encapsulation.
 */
static const uint32_t socket_options[] = {
	SO_REUSEADDR, SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE, SO_PRIORITY,
	SO_LINGER, SO_REUSEPORT, SO_PASSCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO, SO_SNDTIMEO,
	SO_TIMESTAMP, SO_TIMESTAMPNS, SO_RXQ_OVFL, SO_LOCK_FILTER, SO_INCOMING_CPU, SO_ZEROCOPY,
	63 /* SO_TIMESTAMP_NEW */, 64 /* SO_TIMESTAMPNS_NEW */, 66 /* SO_RCVTIMEO_NEW */,
	67 /* SO_SNDTIMEO_NEW */,
};
static const uint32_t tcp_options[] = {
	TCP_NODELAY, TCP_MAXSEG, TCP_CORK, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_SYNCNT,
	TCP_LINGER2, TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP, TCP_QUICKACK, TCP_CONGESTION,
	TCP_THIN_LINEAR_TIMEOUTS, TCP_THIN_DUPACK, TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT, TCP_INQ,
};
static const uint32_t udp_options[] = { UDP_CORK, 103 /* UDP_SEGMENT */, 104 /* UDP_GRO */ };
static const uint32_t ip_options[] = {
	IP_TOS, IP_TTL, IP_PKTINFO, IP_MTU_DISCOVER, IP_RECVERR, IP_RECVTTL, IP_RECVTOS,
	IP_BIND_ADDRESS_NO_PORT, IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_MULTICAST_LOOP,
};
/* Out of a range of one port the kernel picks that one: no judge sees it asked for. */
#define IP_LOCAL_PORT_RANGE_ 51
static const uint32_t ipv6_options[] = {
	IPV6_UNICAST_HOPS, IPV6_MULTICAST_IF, IPV6_MULTICAST_HOPS, IPV6_MULTICAST_LOOP,
	IPV6_MTU_DISCOVER, IPV6_RECVERR, IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT,
	IPV6_DONTFRAG, IPV6_RECVTCLASS, IPV6_TCLASS, IPV6_ADDR_PREFERENCES,
};
#define SOL_NETLINK_ 270
static const uint32_t netlink_options[] = {
	3 /* NETLINK_PKTINFO */, 10 /* NETLINK_CAP_ACK */, 11 /* NETLINK_EXT_ACK */,
	12 /* NETLINK_GET_STRICT_CHK */,
};
#define OPTIONS(level, table, why)                                                                 \
	{                                                                                          \
		.has = CALL_BIT(SOCKET_IO), ALLOW, CONDS(EQ(1, level), IN(2, table)),              \
		.reason = (why)                                                                    \
	}
/* A local pair answers these with EOPNOTSUPP itself. */
#define PROTOCOL(level, table, why)                                                        \
	{                                                                                          \
		.has = CALL_BIT(SOCKET_IO), .hasnt = FACT_PAIRS, ALLOW,                            \
		CONDS(EQ(1, level), IN(2, table)), .reason = (why)                                 \
	}
const struct rule setsockopt_rules[SETSOCKOPT_RULES] = {
	OPTIONS(SOL_SOCKET, socket_options, "buffers, timeouts, reuse of addresses"),
	PROTOCOL(IPPROTO_TCP, tcp_options, "delays, keepalive, congestion"),
	PROTOCOL(IPPROTO_IP, ip_options, "type of service, errors, where to send multicast"),
	{ .has = CALL_BIT(SOCKET_IO) | FACT_ANY_PORT, ALLOW,
	  CONDS(EQ(1, IPPROTO_IP), EQ(2, IP_LOCAL_PORT_RANGE_)),
	  .reason = "every port is granted" },
	PROTOCOL(IPPROTO_IPV6, ipv6_options, "hop limit, errors, where to send multicast"),
	PROTOCOL(IPPROTO_UDP, udp_options, "segmentation"),
	PROTOCOL(SOL_NETLINK_, netlink_options, "shape of answers"),
};
/* clang-format on */
