/* SPDX-License-Identifier: ISC */
/* connect.c - TCP and UDP: what is granted arrives, and nothing else, however it is spelt */
#include "box.h"

#include "../../tap.h"

#include <string.h>
#include <sys/socket.h>

TEST_TIMEOUT(tcp_by_address_and_port, 60)
{
	struct server *granted = serve_tcp("127.0.0.1"), *port = serve_tcp("127.0.0.1");
	struct server *address = serve_tcp("127.0.0.2");
	const char *acts =
		text("tcp 127.0.0.1 %u;tcp 127.0.0.1 %u;tcp 127.0.0.2 %u;tcp-later 127.0.0.1 %u;"
		     "tcp-later 127.0.0.1 %u;tcp-again 127.0.0.1 %u 127.0.0.1 %u;tcp 127.0.0.1 1",
		     port_of(granted), port_of(port), port_of(address), port_of(granted),
		     port_of(port), port_of(granted), port_of(port));
	long came = 0;

	serve();
	CHECK_STR(bare(acts), "ok ok ok ok ok ok ECONNREFUSED"); /* nothing but the box says no */
	came = came_to(port) + came_to(address);
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.1 %u", port_of(granted)), acts),
			  "ok EACCES EACCES ok EACCES EACCES EACCES");
		CHECK_INT(came_to(port) + came_to(address), came);
	}
	CHECK_INT(came_to(granted), 3 + 3 * 3);
}

/* A syscall line can make sockets of another kind: what they send is judged however it is sent. */
TEST_TIMEOUT(other_sockets_are_judged, 60)
{
	struct server *tcp = serve_tcp("127.0.0.1"), *udp = serve_udp("127.0.0.1");
	const char *acts =
		text("udp-connect 127.0.0.1 %u;udp-sendto 127.0.0.1 %u;"
		     "udp-sendmsg 127.0.0.1 %u;udp-sendmmsg 127.0.0.1 %u;tcp 127.0.0.1 %u",
		     port_of(udp), port_of(udp), port_of(udp), port_of(udp), port_of(tcp));
	static const char *const addresses[] = { "127.0.0.1", "*" };

	serve();
	CHECK_STR(bare(acts), "ok ok ok 2:3,5 ok");
	CHECK_INT(came_to(udp), 5);
	FOR_IDENTITIES(id)
	for (int i = 0; i < 2; i++) {
		NOTE("%s: %s", id, addresses[i]);
		CHECK_STR(box(id,
			      text("connect tcp %s %u\nsyscall socket", addresses[i], port_of(tcp)),
			      acts),
			  "EACCES EACCES EACCES EACCES ok");
	}
	CHECK_INT(came_to(udp), 5);
}

/* A refused port, and a granted one where nobody listens, are different answers. */
TEST_TIMEOUT(tcp_errors_come_through, 60)
{
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, "connect tcp 127.0.0.1 1-2",
			      "tcp 127.0.0.1 1;tcp 127.0.0.1 3;tcp-later 127.0.0.1 2"),
			  "ECONNREFUSED EACCES ECONNREFUSED");
		CHECK_STR(box(id, "connect tcp 127.0.0.1 1-2", "no-socket 127.0.0.1 1"),
			  "ENOTSOCK EBADF EFAULT EINVAL");
	}
}

TEST_TIMEOUT(tcp_networks_and_any, 60)
{
	struct server *s = serve_tcp("0.0.0.0");
	const char *acts = text("tcp 127.0.0.1 %u;tcp 127.1.2.3 %u;tcp 127.2.0.1 %u", port_of(s),
				port_of(s), port_of(s));

	serve();
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.0/15 %u", port_of(s)), acts),
			  "ok ok EACCES");
		CHECK_STR(box(id, "connect tcp * *\nconnect udp 127.0.0.1 9", acts), "ok ok ok");
	}
}

TEST_TIMEOUT(ipv6, 60)
{
	struct server *six = serve_tcp("::1"), *other = serve_tcp("::1"),
		      *four = serve_tcp("127.0.0.1");
	const char *acts =
		text("tcp ::1 %u;tcp ::1 %u;tcp :: %u;tcp 127.0.0.1 %u;tcp ::ffff:127.0.0.1 %u",
		     port_of(six), port_of(other), port_of(six), port_of(four), port_of(four));

	serve();
	CHECK_STR(bare(acts), "ok ok ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id,
			      text("connect tcp ::1 %u\nconnect tcp ::1 %u", port_of(six),
				   port_of(four)),
			      acts),
			  "ok EACCES ok EACCES EACCES");
	}
}

/* What is granted, spelt otherwise, is still granted: it is the address that counts. */
TEST_TIMEOUT(spellings_of_a_granted_address, 60)
{
	struct server *s = serve_tcp("127.0.0.1");
	unsigned p = port_of(s);
	const char *acts = text(
		"tcp ::ffff:127.0.0.1 %u;tcp ::ffff:7f00:1 %u;tcp 0.0.0.0 %u;tcp ::ffff:0.0.0.0 %u;"
		"tcp 127.1 %u;tcp 0x7f.1 %u;tcp 0177.0.0.1 %u;tcp 2130706433 %u",
		p, p, p, p, p, p, p, p);

	serve();
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.1 %u", p), acts),
			  "ok ok ok ok ok ok ok ok");
	}
}

/* E97: 127.0.0.1 is not granted, another address is; the server listens on all of them. */
TEST_TIMEOUT(spellings_of_a_refused_address, 60)
{
	static const char *const spellings[] = {
		"127.0.0.1",
		"127.1",
		"0x7f.1",
		"0177.0.0.1",
		"2130706433",
		"0.0.0.0",
		"::ffff:127.0.0.1",
		"::ffff:0.0.0.0",
		"::",
		"::1",
		"::127.0.0.1",
		"64:ff9b::127.0.0.1",
		"2002:7f00:1::",
		"::ffff:0:127.0.0.1",
		"::1%1",
		"fe80::1%1",
	};
	struct server *four = serve_tcp("0.0.0.0");
	const char *acts = "", *refused = "";

	serve();
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		acts = text("%s%stcp %s %u", acts, i ? ";" : "", spellings[i], port_of(four));
		refused = text("%s%sEACCES", refused, i ? " " : "");
	}
	CHECK_HAS(bare(text("tcp 127.1 %u;tcp ::ffff:127.0.0.1 %u;tcp 0.0.0.0 %u", port_of(four),
			    port_of(four), port_of(four))),
		  "ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.2 %u", port_of(four)), acts), refused);
		CHECK_STR(box(id, text("connect tcp 127.0.0.2 %u", port_of(four)),
			      text("tcp 127.0.0.2 %u;tcp ::ffff:127.0.0.2 %u", port_of(four),
				   port_of(four))),
			  "ok ok");
	}
	CHECK_INT(came_to(four), 3 + 2 * 3);
}

/* E93, E94: the ways to connect that do not go through connect(2), or by another protocol. */
TEST_TIMEOUT(other_ways_to_connect, 60)
{
	struct server *s = serve_tcp("127.0.0.1"), *other = serve_tcp("127.0.0.1");
	const char *acts = text(
		"mptcp 127.0.0.1 %u;open-sendto 127.0.0.1 %u;open-sendmsg 127.0.0.1 %u;open-option",
		port_of(other), port_of(other), port_of(other));
	const char *granted =
		text("mptcp 127.0.0.1 %u;open-sendto 127.0.0.1 %u;open-sendmsg 127.0.0.1 %u",
		     port_of(s), port_of(s), port_of(s));

	serve();
	/*
	 * A kernel may lack MPTCP or fast open; without a box the last two at least are no EPERM.
	 */
	CHECK(!strstr(bare("open-option"), "EPERM"));
	FOR_IDENTITIES(id)
	{
		const char *policy =
			text("connect tcp 127.0.0.1 %u\nconnect udp 127.0.0.1 9", port_of(s));
		const char *by_port = text("connect tcp * %u", port_of(s));
		char out[256];

		NOTE("%s", id);
		CHECK(strlen(box(id, policy, acts)) < sizeof(out));
		(void)strcpy(out, box(id, policy, acts));
		CHECK(!strstr(out, "ok"));
		CHECK(!strstr(box(id, policy, granted), "ok"));
		CHECK(!strstr(box(id, by_port, acts), "ok"));
		CHECK_STR(box(id, policy, text("tcp 127.0.0.1 %u", port_of(s))), "ok");
	}
	CHECK_INT(came_to(other), 0);
	CHECK_INT(came_to(s), 3);
}

TEST_TIMEOUT(udp_every_way, 60)
{
	struct server *s = serve_udp("127.0.0.1"), *other = serve_udp("127.0.0.1"),
		      *six = serve_udp("::1");
	unsigned p = port_of(s), q = port_of(other);
	const char *good =
		text("udp-connect 127.0.0.1 %u;udp-sendto 127.0.0.1 %u;udp-sendmsg 127.0.0.1 %u;"
		     "udp-sendmmsg 127.0.0.1 %u;udp-foreign 127.0.0.1 %u;udp-foreign "
		     "::ffff:127.0.0.1 %u",
		     p, p, p, p, p, p);
	const char *bad =
		text("udp-connect 127.0.0.1 %u;udp-sendto 127.0.0.1 %u;udp-sendmsg 127.0.0.1 %u;"
		     "udp-sendmmsg 127.0.0.1 %u;udp-foreign 127.0.0.1 %u;udp-foreign "
		     "::ffff:127.0.0.1 %u;"
		     "udp-sendto 0.0.0.0 %u;udp-sendto ::1 %u;udp-connect 127.0.0.2 %u",
		     q, q, q, q, q, q, q, port_of(six), p);
	long before;

	serve();
	CHECK_STR(bare(good), "ok ok ok 2:3,5 ok ok");
	CHECK_STR(bare(bad), "ok ok ok 2:3,5 ok ok ok ok ok");
	before = came_to(other) + came_to(six);
	FOR_IDENTITIES(id)
	{
		const char *policy = text("connect udp 127.0.0.1 %u", p);

		NOTE("%s", id);
		CHECK_STR(box(id, policy, good), "ok ok ok 2:3,5 ok ok");
		CHECK_STR(box(id, policy, bad),
			  "EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES");
		/*
		 * Of two messages the second goes nowhere: one is answered, its length alone
		 * written.
		 */
		CHECK_STR(box(id, policy, text("udp-sendmmsg 127.0.0.1 %u 127.0.0.1 %u", p, q)),
			  "1:3,99");
		CHECK_STR(box(id, policy, text("tcp 127.0.0.1 %u", p)), "EACCES");
	}
	CHECK_INT(came_to(other) + came_to(six), before);
	CHECK_INT(came_to(s), 7 + 3 * 8);
}

TEST_TIMEOUT(udp_messages, 60)
{
	struct server *s = serve_udp("127.0.0.1");
	unsigned p = port_of(s);

	serve();
	FOR_IDENTITIES(id)
	{
		const char *policy = text("connect udp 127.0.0.1 %u", p);

		NOTE("%s", id);
		CHECK_STR(box(id, policy,
			      text("udp-size 127.0.0.1 %u 65507;udp-size 127.0.0.1 %u "
				   "65508;udp-size 127.0.0.1 %u 100000;"
				   "udp-size 127.0.0.1 %u 0",
				   p, p, p, p)),
			  "ok EMSGSIZE EMSGSIZE ok");
		/* IP_TOS passes; IP_RETOPTS, a source route, and descriptors do not. */
		CHECK_STR(box(id, policy,
			      text("udp-control 127.0.0.1 %u 0 1;udp-control 127.0.0.1 %u 0 "
				   "7;udp-control 127.0.0.1 %u 1 1",
				   p, p, p)),
			  "ok EPERM EPERM");
	}
	CHECK_INT(came_to(s), 3 * 3);
}

/* E95: only what is granted can be made. Numbers are family/type: 1 unix, 2 IPv4, 10 IPv6. */
TEST_TIMEOUT(families, 60)
{
	CHECK_HAS(bare("families"), "2/1");
	CHECK_HAS(bare("families"), "1/2");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, "", "families"), "made");
		CHECK_STR(box(id, "connect tcp 127.0.0.1 9", "families"), "made,2/1,10/1");
		CHECK_STR(box(id, "connect udp 127.0.0.1 9", "families"), "made,2/2,10/2");
		CHECK_STR(box(id, "listen tcp 9\nlisten udp 9", "families"),
			  "made,2/1,2/2,10/1,10/2");
		/* type 3 of AF_UNIX is made as datagrams are; 132 is SCTP, 136 UDP-Lite, 255 raw */
		CHECK_HAS(box(id, "unix /dev/null", "families"), "made,1/1,1/2");
		CHECK_STR(box(id, "connect tcp * *\nconnect udp * *",
			      "make 2 1 132;make 2 1 262;make 2 2 136;make 2 3 255;make 16 3 "
			      "0;make 40 1 0;make 17 3 0;"
			      "make 38 5 0"),
			  "EACCES EACCES EACCES EACCES EACCES EACCES EACCES EACCES");
	}
}
