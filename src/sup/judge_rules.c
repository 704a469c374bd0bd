/* SPDX-License-Identifier: ISC */
/*
 * judge_rules.c - is this address granted?
 *
 * Pure. Addresses are compared in their binary form, after what can be spelt in several ways has
 * got one: an IPv4 address inside an IPv6 one is the IPv4 address, and the unspecified address, to
 * which the kernel connects as to loopback, is loopback.
 */
#include "judge_in.h"

#include <linux/rtnetlink.h>

enum { IN_LENGTH = sizeof(struct sockaddr_in), IN6_LENGTH_MIN = 24 /* RFC 2133: without scope */ };

static bool is_zero(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

/* ::ffff:a.b.c.d */
static bool is_mapped(const uint8_t *address)
{
	return is_zero(address, 10) && address[10] == 0xff && address[11] == 0xff;
}

static uint16_t port_of(const void *port)
{
	const uint8_t *p = port;

	return (uint16_t)(p[0] << 8 | p[1]);
}

/* 0.0.0.0 in place of an address to go to means this host. */
static void settle_ipv4(uint8_t *bytes, bool outgoing)
{
	if (!outgoing || !is_zero(bytes, 4))
		return;
	bytes[0] = 127;
	bytes[3] = 1;
}

static void copy(uint8_t *to, const uint8_t *from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = from[i];
}

static int target_ipv6(struct judge_address *a, bool outgoing, struct judge_target *ret)
{
	uint8_t *bytes = a->in6.sin6_addr.s6_addr;

	if (a->length < IN6_LENGTH_MIN)
		return -EINVAL;
	a->in6.sin6_flowinfo = 0;
	ret->port = port_of(&a->in6.sin6_port);
	if (is_mapped(bytes)) {
		settle_ipv4(bytes + 12, outgoing);
		ret->family = AF_INET;
		copy(ret->bytes, bytes + 12, 4);
		return 0;
	}
	if (outgoing && is_zero(bytes, 16))
		bytes[15] = 1;
	ret->family = AF_INET6;
	copy(ret->bytes, bytes, 16);
	return 0;
}

int judge_target(struct judge_address *a, bool outgoing, struct judge_target *ret)
{
	uint8_t *bytes = (uint8_t *)&a->in.sin_addr;

	*ret = (struct judge_target){ 0 };
	if (a->family == AF_INET6)
		return target_ipv6(a, outgoing, ret);
	if (a->family != AF_INET)
		return -EAFNOSUPPORT;
	if (a->length < IN_LENGTH)
		return -EINVAL;
	settle_ipv4(bytes, outgoing);
	ret->family = AF_INET;
	ret->port = port_of(&a->in.sin_port);
	copy(ret->bytes, bytes, 4);
	return 0;
}

bool judge_is_kernel(const struct judge_address *a)
{
	return a->length >= sizeof(a->nl) && a->family == AF_NETLINK && !a->nl.nl_pid &&
	       !a->nl.nl_groups;
}

bool judge_only_asks(const void *message, size_t length)
{
	static const uint16_t asks[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE,
					 RTM_GETNEIGH };
	const unsigned char *bytes = message;
	size_t at = 0;

	while (length - at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *header = (const void *)(bytes + at);
		bool known = false;

		if (header->nlmsg_len < sizeof(*header) || header->nlmsg_len > length - at)
			return false;
		for (size_t i = 0; i < ARRAY_COUNT(asks); i++)
			known |= header->nlmsg_type == asks[i];
		if (!known)
			return false;
		if (NLMSG_ALIGN(header->nlmsg_len) >= length - at)
			return true;
		at += NLMSG_ALIGN(header->nlmsg_len);
	}
	return false;
}

static const struct judge_rule *rule_at(const struct kit *kit, uint32_t i)
{
	return (const struct judge_rule *)kit_data(kit, kit->rules) + i;
}

static bool within(const struct judge_rule *rule, const struct judge_target *t)
{
	unsigned whole = rule->prefix_bits / 8, rest = rule->prefix_bits % 8;
	uint8_t mask = (uint8_t)(0xff00U >> rest);

	if (!rule->family)
		return true;
	if (rule->family != t->family || rule->prefix_bits > 128)
		return false;
	for (unsigned i = 0; i < whole; i++)
		if (rule->address[i] != t->bytes[i])
			return false;
	return !rest || (rule->address[whole] & mask) == (t->bytes[whole] & mask);
}

/*
 * "listen 0" grants a port that the kernel picks. A socket that has one got it so: every bind(2)
 * to a port by its number was judged.
 */
static bool has_port(const struct judge_rule *rule, uint16_t port)
{
	return port >= rule->port_first && port <= rule->port_last;
}

bool judge_allows(const struct kit *kit, bool listen, int protocol, const struct judge_target *t)
{
	for (uint32_t i = 0; i < kit->rule_count; i++) {
		const struct judge_rule *rule = rule_at(kit, i);

		if (rule->protocol && (rule->protocol == protocol || !protocol) &&
		    rule->listen == listen && has_port(rule, t->port) && within(rule, t))
			return true;
	}
	return false;
}

bool judge_may_connect(const struct kit *kit, int protocol)
{
	for (uint32_t i = 0; i < kit->rule_count; i++)
		if (rule_at(kit, i)->protocol == protocol && !rule_at(kit, i)->listen)
			return true;
	return false;
}
