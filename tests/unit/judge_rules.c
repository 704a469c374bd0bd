/* SPDX-License-Identifier: ISC */
#include "../../src/sup/judge_in.h"
#include "../tap.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <string.h>

static struct judge_address address(const char *host, unsigned port)
{
	struct judge_address a = { .length = sizeof(a.in) };

	if (strchr(host, ':')) {
		a.length = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)port);
		a.in6.sin6_flowinfo = 7;
		CHECK_INT(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons((uint16_t)port);
		CHECK_INT(inet_pton(AF_INET, host, &a.in.sin_addr), 1);
	}
	return a;
}

static struct judge_rule rule(bool listen, int protocol, const char *network, unsigned bits,
			      unsigned first, unsigned last)
{
	struct judge_rule r = { .listen = listen,
				.protocol = (uint8_t)protocol,
				.prefix_bits = (uint8_t)bits,
				.port_first = (uint16_t)first,
				.port_last = (uint16_t)last };

	if (network) {
		r.family = strchr(network, ':') ? AF_INET6 : AF_INET;
		CHECK_INT(inet_pton(r.family, network, r.address), 1);
	}
	return r;
}

struct rules {
	struct kit kit;
	struct judge_rule list[4];
};

static struct rules with(struct judge_rule r)
{
	struct rules k = { .kit = { .rules = offsetof(struct rules, list), .rule_count = 1 },
			   .list = { r } };

	return k;
}

static bool connects(const struct rules *k, const char *host, unsigned port)
{
	struct judge_address a = address(host, port);
	struct judge_target t;

	CHECK_INT(judge_target(&a, true, &t), 0);
	return judge_allows(&k->kit, false, NET_TCP, &t);
}

TEST(what_an_address_means)
{
	static const struct {
		const char *host;
		bool outgoing;
		int family;
		const char *means;
	} rows[] = {
		{ "127.0.0.1", true, AF_INET, "127.0.0.1" },
		{ "0.0.0.0", true, AF_INET, "127.0.0.1" },
		{ "0.0.0.0", false, AF_INET, "0.0.0.0" },
		{ "::ffff:10.1.2.3", true, AF_INET, "10.1.2.3" },
		{ "::ffff:0.0.0.0", true, AF_INET, "127.0.0.1" },
		{ "::ffff:0.0.0.0", false, AF_INET, "0.0.0.0" },
		{ "::", true, AF_INET6, "::1" },
		{ "::", false, AF_INET6, "::" },
		{ "::127.0.0.1", true, AF_INET6, "::127.0.0.1" },
		{ "::fffe:127.0.0.1", true, AF_INET6, "::fffe:7f00:1" },
		{ "64:ff9b::7f00:1", true, AF_INET6, "64:ff9b::7f00:1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judge_address a = address(rows[i].host, 4711), again;
		struct judge_target t, same;
		char show[INET6_ADDRSTRLEN];

		NOTE("%s", rows[i].host);
		CHECK_INT(judge_target(&a, rows[i].outgoing, &t), 0);
		CHECK_INT(t.family, rows[i].family);
		CHECK_INT(t.port, 4711);
		CHECK(inet_ntop(t.family, t.bytes, show, sizeof(show)) != NULL);
		CHECK_STR(show, rows[i].means);
		/* What is acted on is what was judged: a second look says the same. */
		again = a;
		CHECK_INT(judge_target(&again, rows[i].outgoing, &same), 0);
		CHECK(!memcmp(&t, &same, sizeof(t)) && !memcmp(a.bytes, again.bytes, a.length));
		if (a.family == AF_INET6)
			CHECK_INT(a.in6.sin6_flowinfo, 0);
	}
}

TEST(what_is_no_address)
{
	struct judge_address a = address("127.0.0.1", 1);
	struct judge_target t;

	a.length = 15;
	CHECK_INT(judge_target(&a, true, &t), -EINVAL);
	a = address("::1", 1);
	a.length = 23;
	CHECK_INT(judge_target(&a, true, &t), -EINVAL);
	a.length = 24; /* without the scope, as RFC 2133 had it */
	CHECK_INT(judge_target(&a, true, &t), 0);
	a.family = AF_UNSPEC;
	CHECK_INT(judge_target(&a, true, &t), -EAFNOSUPPORT);
	a.family = AF_UNIX;
	CHECK_INT(judge_target(&a, true, &t), -EAFNOSUPPORT);
}

TEST(who_is_the_kernel)
{
	const struct judge_address kernel = { .length = sizeof(kernel.nl),
					      .nl.nl_family = AF_NETLINK };
	struct judge_address a = kernel;

	CHECK(judge_is_kernel(&a));
	a.nl.nl_pid = 1;
	CHECK(!judge_is_kernel(&a));
	a = kernel;
	a.nl.nl_groups = 1;
	CHECK(!judge_is_kernel(&a));
	a = kernel;
	a.length--;
	CHECK(!judge_is_kernel(&a));
	a = kernel;
	a.family = AF_INET;
	CHECK(!judge_is_kernel(&a));
}

TEST(what_only_asks)
{
	struct {
		struct nlmsghdr first;
		uint32_t more;
		struct nlmsghdr second;
	} m = { { .nlmsg_len = 18, .nlmsg_type = RTM_GETLINK },
		0,
		{ .nlmsg_len = sizeof(m.second), .nlmsg_type = RTM_GETADDR } };

	CHECK(judge_only_asks(&m, sizeof(m)));
	CHECK(judge_only_asks(&m, 20));
	CHECK(judge_only_asks(&m, 18));
	CHECK(!judge_only_asks(&m, 17));
	CHECK(!judge_only_asks(&m, 15));
	CHECK(!judge_only_asks(&m, 0));
	CHECK(!judge_only_asks(&m, 21));
	m.second.nlmsg_type = RTM_NEWLINK;
	CHECK(!judge_only_asks(&m, sizeof(m)));
	m.second.nlmsg_type = RTM_GETNSID; /* it may name a descriptor */
	CHECK(!judge_only_asks(&m, sizeof(m)));
	m.first.nlmsg_len = 0;
	CHECK(!judge_only_asks(&m, sizeof(m)));
	m.first.nlmsg_len = UINT32_MAX;
	CHECK(!judge_only_asks(&m, sizeof(m)));
}

TEST(networks)
{
	struct rules k = with(rule(false, NET_TCP, "10.16.0.0", 12, 80, 90));

	CHECK(connects(&k, "10.16.0.0", 80) && connects(&k, "10.31.255.255", 90));
	CHECK(!connects(&k, "10.15.255.255", 80) && !connects(&k, "10.32.0.0", 80));
	CHECK(!connects(&k, "10.16.0.0", 79) && !connects(&k, "10.16.0.0", 91));
	CHECK(connects(&k, "::ffff:10.16.0.1", 80) && !connects(&k, "a10::", 80));
	k = with(rule(false, NET_TCP, "2001:db8::", 33, 0, 65535));
	CHECK(connects(&k, "2001:db8:7fff::1", 1) && !connects(&k, "2001:db8:8000::1", 1));
	k = with(rule(false, NET_TCP, "::1", 128, 5, 5));
	CHECK(connects(&k, "::1", 5) && connects(&k, "::", 5) && !connects(&k, "::2", 5));
	/* All of IPv6 is nothing of IPv4, however that is written. */
	k = with(rule(false, NET_TCP, "::", 0, 0, 65535));
	CHECK(connects(&k, "2001:db8::1", 5) && !connects(&k, "::ffff:127.0.0.1", 5));
	k = with(rule(false, NET_TCP, NULL, 0, 5, 5));
	CHECK(connects(&k, "192.0.2.1", 5) && connects(&k, "::1", 5) && !connects(&k, "::1", 6));
	/* A length beyond the address is no network at all. */
	k = with(rule(false, NET_TCP, "::1", 129, 5, 5));
	CHECK(!connects(&k, "::1", 5));
}

TEST(kinds_do_not_mix)
{
	struct judge_address a = address("192.0.2.1", 5);
	struct rules k = with(rule(false, NET_UDP, NULL, 0, 0, 65535));
	struct judge_target t;

	CHECK_INT(judge_target(&a, true, &t), 0);
	CHECK(judge_allows(&k.kit, false, NET_UDP, &t) &&
	      !judge_allows(&k.kit, false, NET_TCP, &t));
	CHECK(judge_allows(&k.kit, false, 0, &t) && !judge_allows(&k.kit, true, NET_UDP, &t));
	CHECK(judge_may_connect(&k.kit, NET_UDP) && !judge_may_connect(&k.kit, NET_TCP));
	k = with(rule(true, NET_TCP, NULL, 0, 0, 65535));
	CHECK(judge_allows(&k.kit, true, NET_TCP, &t) && !judge_allows(&k.kit, false, NET_TCP, &t));
	CHECK(!judge_may_connect(&k.kit, NET_TCP));
	k.kit.rule_count = 0;
	CHECK(!judge_allows(&k.kit, true, NET_TCP, &t));
	/* A rule for a local path names no address. */
	k = with((struct judge_rule){ .path = 8, .port_last = 65535 });
	CHECK(!judge_allows(&k.kit, false, 0, &t));
}
