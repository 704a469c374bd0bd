/* SPDX-License-Identifier: ISC */
/* stress.c - races, signals, crowds, and what dies on the way */
#include "box.h"

#include "../../tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* E104: another thread rewrites the address all the time; the wrong place is never reached. */
TEST_TIMEOUT(address_that_changes, 120)
{
	struct server *granted = serve_udp("127.0.0.1"), *other = serve_udp("127.0.0.1");
	const char *act =
		text("race 127.0.0.1 %u 127.0.0.1 %u 100000", port_of(granted), port_of(other));

	serve();
	CHECK_STR(bare(act), "escaped");
	CHECK(came_to(other) > 0);
	FOR_IDENTITIES(id)
	{
		long before = came_to(other);

		NOTE("%s", id);
		CHECK_STR(box(id, text("connect udp 127.0.0.1 %u", port_of(granted)), act),
			  "clean");
		CHECK_INT(came_to(other), before);
	}
	CHECK(came_to(granted) > 0);
}

/* E106: a signal every millisecond; what was answered with success happened once. */
TEST_TIMEOUT(signals_meanwhile, 60)
{
	struct server *s = serve_udp("127.0.0.1");
	const char *act = text("signals 127.0.0.1 %u 3000", port_of(s));
	long sent = 0;

	serve();
	FOR_IDENTITIES(id)
	{
		const char *out = box(id, text("connect udp 127.0.0.1 %u", port_of(s)), act);

		NOTE("%s: %s sent", id, out);
		CHECK(strtol(out, NULL, 10) > 0);
		sent += strtol(out, NULL, 10);
		CHECK_INT(came_to(s), sent);
	}
}

/* A hundred connections that hang do not keep another one waiting. */
TEST_TIMEOUT(many_that_wait, 120)
{
	struct server *full = serve_nobody(), *s = serve_tcp("127.0.0.1");
	const char *act = text("hang 127.0.0.1 %u 100 127.0.0.1 %u", port_of(full), port_of(s));

	serve();
	CHECK_STR(bare(act), "waiting ok");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id,
			      text("connect tcp 127.0.0.1 %u\nconnect tcp 127.0.0.1 %u",
				   port_of(full), port_of(s)),
			      act),
			  "waiting ok");
	}
}

/* More than there is room for: refused at once, and room again when those who wait are killed. */
TEST_TIMEOUT(too_many_that_are_killed, 120)
{
	struct server *full = serve_nobody(), *s = serve_tcp("127.0.0.1");

	serve();
	FOR_IDENTITIES(id)
	{
		const char *policy =
			text("connect tcp 127.0.0.1 %u\nconnect tcp 127.0.0.1 %u\nspawn",
			     port_of(full), port_of(s));

		NOTE("%s", id);
		CHECK_STR(
			box(id, policy,
			    text("hang 127.0.0.1 %u 300 127.0.0.1 %u", port_of(full), port_of(s))),
			"refused EAGAIN");
		CHECK_STR(box(id, policy,
			      text("killed 127.0.0.1 %u 300 127.0.0.1 %u;killed 127.0.0.1 %u 20 "
				   "127.0.0.1 %u",
				   port_of(full), port_of(s), port_of(full), port_of(s))),
			  "ok ok");
	}
}

static double seconds(void)
{
	struct timespec t;

	CHECK(!clock_gettime(CLOCK_MONOTONIC, &t));
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Whatever the judged calls wait for, the leader watches its clock. */
TEST_TIMEOUT(clock_while_calls_wait, 60)
{
	struct server *full = serve_nobody();

	FOR_IDENTITIES(id)
	{
		double start = seconds();

		NOTE("%s", id);
		CHECK_HAS(box(id,
			      text("connect tcp 127.0.0.1 %u\nlimit wall-time 2s", port_of(full)),
			      text("stay 127.0.0.1 %u 20", port_of(full))),
			  "waiting status ");
		CHECK(seconds() - start > 1 && seconds() - start < 12);
	}
}

TEST_TIMEOUT(descriptors, 60)
{
	struct server *s = serve_tcp("127.0.0.1");
	const char *acts =
		text("thread-table 127.0.0.1 %u;full-table 127.0.0.1 %u", port_of(s), port_of(s));

	serve();
	CHECK_STR(bare(acts), "ok ok EMFILE");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, text("connect tcp 127.0.0.1 %u", port_of(s)), acts),
			  "ok ok EMFILE");
	}
}

/* With a judge the start passes once all the same. */
TEST_TIMEOUT(execve_once, 60)
{
	CHECK_STR(bare("execute /nonexistent"), "ENOENT");
	FOR_IDENTITIES(id)
	{
		NOTE("%s", id);
		CHECK_STR(box(id, "connect udp 127.0.0.1 9",
			      "execute /bin/true;execute /nonexistent"),
			  "EACCES EACCES");
		CHECK_STR(
			box(id, "connect udp 127.0.0.1 9\nexec /bin/true", "execute /nonexistent"),
			"ENOENT");
	}
}

/* Not a verdict: what one judged call costs, in microseconds. */
TEST_TIMEOUT(cost, 60)
{
	struct server *tcp = serve_tcp("127.0.0.1"), *udp = serve_udp("127.0.0.1");
	const char *acts = text(
		"cost-tcp 127.0.0.1 %u 1000;cost-udp 127.0.0.1 %u 5000;cost-send 127.0.0.1 %u 5000",
		port_of(tcp), port_of(udp), port_of(udp));

	serve();
	NOTE("microseconds: TCP connect, UDP connect, UDP sendto: bare %s", bare(acts));
	FOR_IDENTITIES(id)
	{
		const char *out = box(id,
				      text("connect tcp 127.0.0.1 %u\nconnect udp 127.0.0.1 %u",
					   port_of(tcp), port_of(udp)),
				      acts);

		NOTE("microseconds: TCP connect, UDP connect, UDP sendto: %s %s", id, out);
		CHECK(out[0] >= '0' && out[0] <= '9');
	}
}
