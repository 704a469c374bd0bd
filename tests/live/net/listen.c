/* SPDX-License-Identifier: ISC */
/* listen.c - bind and listen: the port that is granted, by the ways there are to get one */
#include "box.h"

#include "../../tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t length = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	CHECK(!getsockname(fd, (struct sockaddr *)&in, &length));
	close(fd);
	return ntohs(in.sin_port);
}

TEST_TIMEOUT(granted_port_only, 60)
{
	unsigned p = free_port(), q = free_port();
	const char *acts = text(
		"bind 127.0.0.1 %u tcp listen;bind 0.0.0.0 %u tcp listen;bind :: %u tcp listen;"
		"bind ::ffff:127.0.0.1 %u tcp listen;bind 127.0.0.1 %u tcp listen;bind 127.0.0.1 "
		"%u udp;"
		"bind 127.0.0.1 %u tcp",
		p, p, p, p, q, p, q);

	CHECK_STR(bare(acts), "ok ok ok ok ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("listen tcp %u", p), acts),
			  "ok ok ok ok EACCES EACCES EACCES");
		CHECK_STR(box(id, text("listen tcp 127.0.0.1 %u", p), acts),
			  "ok EACCES EACCES ok EACCES EACCES EACCES");
		CHECK_STR(box(id, text("listen udp %u", p),
			      text("bind 127.0.0.1 %u udp;bind 127.0.0.1 %u udp", p, q)),
			  "ok EACCES");
	}
}

/* E96: listen(2) without bind(2), or after a bind to any port, takes a port nobody granted. */
TEST_TIMEOUT(ports_the_kernel_picks, 60)
{
	struct server *s = serve_tcp("127.0.0.1");
	const char *acts = text("listen-unbound 4;listen-unbound 6;bind 127.0.0.1 0 tcp "
				"listen;bind :: 0 tcp listen;"
				"listen-after 127.0.0.1 %u",
				port_of(s));
	unsigned p = free_port();

	serve();
	CHECK_STR(bare(acts), "ok ok ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("listen tcp %u\nconnect tcp 127.0.0.1 %u", p, port_of(s)),
			      acts),
			  "EACCES EACCES EACCES EACCES EACCES");
		CHECK_STR(box(id, text("connect tcp 127.0.0.1 %u", port_of(s)), acts),
			  "EACCES EACCES EACCES EACCES EACCES");
		CHECK_STR(box(id, text("listen tcp 0\nconnect tcp 127.0.0.1 %u", port_of(s)), acts),
			  "ok ok ok ok ok");
		CHECK_STR(box(id, "listen tcp 127.0.0.1 0",
			      "bind 127.0.0.1 0 tcp listen;bind 0.0.0.0 0 tcp "
			      "listen;listen-unbound 4"),
			  "ok EACCES EACCES");
		CHECK_STR(box(id, "listen tcp 0", text("bind 127.0.0.1 %u tcp", p)), "EACCES");
	}
}

/* A port the kernel picks is not one that the program makes it pick. */
TEST_TIMEOUT(ranges_to_pick_from, 60)
{
	const unsigned p = free_port();
	const char *tcp = text("bind-range %u tcp", p), *udp = text("bind-range %u udp", p);

	if (strcmp(bare(tcp), "ok") != 0)
		SKIP("no ranges of ports (Linux 6.3)");
	CHECK_STR(bare(udp), "ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, "listen tcp 0", tcp), "EPERM");
		CHECK_STR(box(id, "listen udp 0", udp), "EPERM");
		CHECK_STR(box(id, "connect udp 127.0.0.1 9", udp), "EPERM");
		CHECK_STR(box(id, "connect udp 127.0.0.1 9\nlisten tcp *", udp), "EPERM");
		CHECK_STR(box(id, "connect tcp * 9\nlisten tcp 1024-65535", tcp), "EPERM");
		CHECK_STR(box(id, "listen tcp *", tcp), "ok");
		CHECK_STR(box(id, "listen tcp *\nlisten udp *\nconnect udp 127.0.0.1 9", udp),
			  "ok");
	}
	CHECK_STR(box("container", "connect tcp * 9", tcp), "EPERM");
}

/* Binding to no port in particular is harmless for whoever may connect: many clients do. */
TEST_TIMEOUT(clients_that_bind, 60)
{
	struct server *s = serve_tcp("127.0.0.1");

	serve();
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.1 %u", port_of(s)),
			      text("bind 127.0.0.1 0 tcp;bind 0.0.0.0 0 tcp;bind 127.0.0.1 0 "
				   "udp;bind 127.0.0.1 %u tcp",
				   free_port())),
			  "ok ok EACCES EACCES");
		CHECK_STR(box(id, "connect udp 127.0.0.1 9", "bind 127.0.0.1 0 udp"), "ok");
		CHECK_STR(box(id, "", "bind 127.0.0.1 0 tcp"),
			  "EACCES"); /* no socket to begin with */
	}
}

/* The promise to look names up: from a port that the kernel picks, and no other. */
TEST_TIMEOUT(resolvers_bind_to_no_port, 60)
{
	unsigned p = free_port(), q = free_port();
	const char *acts = text("bind 0.0.0.0 0 udp;bind :: 0 udp;bind 0.0.0.0 %u udp;bind "
				"127.0.0.1 %u udp;bind :: %u udp;bind 0.0.0.0 %u tcp",
				p, q, q, q);

	CHECK_STR(bare(acts), "ok ok ok ok ok ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, "promises \"stdio dns\"", acts),
			  "ok ok EACCES EACCES EACCES EACCES");
		CHECK_STR(box(id, text("promises \"stdio dns\"\nlisten udp %u", p), acts),
			  "ok ok ok EACCES EACCES EACCES");
	}
}

/* Whoever may look at routes binds sockets of netlink, and listens with none. */
TEST_TIMEOUT(routes_listen_on_nothing, 60)
{
	static const char *const promises[] = { "route", "wroute", "route dns" };
	static const char *const acts = "listen-unbound 4;listen-unbound 6;netlink-ask connect";

	CHECK_STR(bare(acts), "ok ok ok");
	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		FOR_IDENTITIES(id)
		{
			NOTE("%s %s", id, promises[i]);
			CHECK_STR(box(id,
				      text("promises \"stdio %s\"\nconnect tcp * 9", promises[i]),
				      acts),
				  "EACCES EACCES ok");
		}
}

/* Where addresses are judged the kernel can be asked for interfaces, and nobody else is reached. */
TEST_TIMEOUT(judged_netlink, 60)
{
	static const char *const judged[] = { "connect udp 127.0.0.1 9", "listen tcp 9" };
	static const char *const ask = "netlink-ask sendto;netlink-ask sendmsg;netlink-ask connect";

	CHECK_STR(bare(ask), "ok ok ok");
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++)
		FOR_IDENTITIES(id)
		{
			const char *policy = text("promises \"stdio route\"\n%s", judged[i]);

			NOTE("%s %s", id, judged[i]);
			CHECK_STR(box(id, policy, ask), "ok ok ok");
			CHECK_STR(box(id, policy, "netlink-other 1 0;netlink-other 0 1"),
				  "EACCES EACCES");
			CHECK_STR(box(id, text("%s\nconnect tcp 127.0.0.1 9", policy),
				      "netlink-mixed"),
				  "EACCES EACCES EAFNOSUPPORT");
			CHECK_STR(box(id, judged[i], "netlink-ask sendto"), "EBADF");
		}
}

/*
 * A message that the judge sends has the judge's capabilities, which the program may have dropped:
 * none that needs one is sent.
 */
TEST_TIMEOUT(judged_netlink_changes_nothing, 60)
{
	static const char with[] = "promises \"stdio wroute\"\nkeep-capability net_admin\n";

	if (strcmp(bare("netlink-set"), "ok") != 0)
		SKIP("needs CAP_NET_ADMIN");
	CHECK_STR(box("root", with, "netlink-set"), "ok");
	CHECK_STR(box("root", text("%sconnect udp 127.0.0.1 9", with),
		      "netlink-set;netlink-ask sendto;netlink-ask sendmsg"),
		  "EPERM ok ok");
}

/* Whoever may only listen reaches nobody. */
TEST_TIMEOUT(listening_is_not_connecting, 60)
{
	struct server *tcp = serve_tcp("127.0.0.1"), *udp = serve_udp("127.0.0.1");
	const char *acts =
		text("tcp 127.0.0.1 %u;udp-connect 127.0.0.1 %u;udp-sendto 127.0.0.1 "
		     "%u;udp-sendmsg 127.0.0.1 %u;"
		     "udp-sendmmsg 127.0.0.1 %u",
		     port_of(tcp), port_of(udp), port_of(udp), port_of(udp), port_of(udp));
	unsigned p = free_port();

	serve();
	CHECK_STR(bare(acts), "ok ok ok ok 2:3,5");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("listen tcp %u\nlisten udp %u", p, p), acts),
			  "EACCES EACCES EACCES EACCES EACCES");
	}
	CHECK_INT(came_to(tcp), 1);
	CHECK_INT(came_to(udp), 5);
}

/* A port below 1024 is the system's: root's leader binds it for a program that is nobody. */
TEST_TIMEOUT(low_ports, 60)
{
	CHECK_STR(box("root", "listen tcp 127.0.0.1 987\nuser nobody",
		      "bind 127.0.0.1 987 tcp listen"),
		  "ok");
	CHECK_STR(box("root", "listen tcp 127.0.0.1 987\nuser nobody",
		      "bind 127.0.0.1 986 tcp listen"),
		  "EACCES");
	CHECK_STR(box("user-nons", "listen tcp 127.0.0.1 987", "bind 127.0.0.1 987 tcp listen"),
		  "EACCES");
}
