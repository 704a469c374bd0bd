/* SPDX-License-Identifier: ISC */
/* leader.c - who judges is confined as well: ids of the program, no capability, a filter */
#include "../../compat/outside.h"
#include "../../tap.h"
#include "box.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct box_running {
	pid_t ambit, leader;
};

static bool read_text(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, size - 1, f) : 0;

	out[n] = '\0';
	if (f)
		(void)fclose(f);
	return n > 0;
}

/* A box with a program that stays; its leader is ambit's only child. */
static const char *status_of(struct box_running b)
{
	static char out[4096];

	CHECK(read_text(text("/proc/%d/status", b.leader), out, sizeof(out)));
	return out;
}

static long threads_of(struct box_running b)
{
	const char *at = strstr(status_of(b), "Threads:");

	return at ? strtol(at + 8, NULL, 10) : 0;
}

static struct box_running start(const char *const *policy, size_t count, const char *act)
{
	const char *argv[24] = { getenv("AMBIT"), "run", "--quiet" };
	size_t n = 3;
	struct box_running b = { 0, 0 };
	char text_of[64];

	for (size_t i = 0; i < count; i++) {
		argv[n++] = "-e";
		argv[n++] = policy[i];
	}
	argv[n++] = "--";
	argv[n++] = outside_built("tests/live/net/actor");
	argv[n++] = act;
	b.ambit = fork();
	CHECK(b.ambit >= 0);
	if (!b.ambit) {
		(void)execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (int i = 0; i < 100 && !b.leader; i++) {
		(void)poll(NULL, 0, 50);
		if (read_text(text("/proc/%d/task/%d/children", b.ambit, b.ambit), text_of,
			      sizeof(text_of)))
			b.leader = (pid_t)strtol(text_of, NULL, 10);
	}
	CHECK(b.leader > 0);
	for (int i = 0; i < 100 && threads_of(b) < 2; i++) /* its last act is to start them */
		(void)poll(NULL, 0, 50);
	return b;
}

static void stop(struct box_running b)
{
	CHECK(!kill(b.ambit, SIGTERM));
	CHECK_INT(waitpid(b.ambit, NULL, 0), b.ambit);
}

TEST_TIMEOUT(confined, 60)
{
	struct server *full = serve_nobody();
	const char *const policy[] = {
		text("connect tcp 127.0.0.1 %u", port_of(full)),
		"connect udp 127.0.0.1 9",
		"user 65534",
	};
	struct box_running b;
	const char *status;

	if (geteuid())
		SKIP("needs root, to become another user");
	b = start(policy, 3, text("stay 127.0.0.1 %u 3", port_of(full)));
	status = status_of(b);
	CHECK_HAS(status, "Uid:\t65534\t65534\t65534\t65534");
	CHECK_HAS(status, "Gid:\t65534\t65534\t65534\t65534");
	CHECK_HAS(status, "Groups:\t \n");
	CHECK_HAS(status, "CapPrm:\t0000000000000000");
	CHECK_HAS(status, "CapEff:\t0000000000000000");
	CHECK_HAS(status, "NoNewPrivs:\t1");
	CHECK_HAS(status, "Seccomp:\t2");
	/* It does work: three calls wait in it, in threads. */
	for (int i = 0; i < 40 && threads_of(b) < 4; i++)
		(void)poll(NULL, 0, 50);
	CHECK(threads_of(b) >= 4);
	stop(b);
}

/* The one capability that a granted low port needs, and only there. */
TEST_TIMEOUT(one_capability, 60)
{
	struct server *full = serve_nobody();
	const char *const low[] = { text("connect tcp 127.0.0.1 %u", port_of(full)),
				    "listen tcp 987" };
	const char *const high[] = { low[0], "listen tcp 9870" };
	struct box_running b;

	if (geteuid())
		SKIP("needs root, to have a capability");
	b = start(low, 2, text("stay 127.0.0.1 %u 1", port_of(full)));
	CHECK_HAS(status_of(b), "CapEff:\t0000000000000400");
	stop(b);
	b = start(high, 2, text("stay 127.0.0.1 %u 1", port_of(full)));
	CHECK_HAS(status_of(b), "CapEff:\t0000000000000000");
	stop(b);
}

/* E117: when the leader dies, so does the program. */
TEST_TIMEOUT(program_dies_with_it, 60)
{
	struct server *full = serve_nobody();
	const char *const policy[] = { text("connect tcp 127.0.0.1 %u", port_of(full)),
				       "need namespaces off", "need mount-view off" };
	char text_of[64] = "";
	struct box_running b = start(policy, 3, text("stay 127.0.0.1 %u 1", port_of(full)));
	pid_t program;

	CHECK(read_text(text("/proc/%d/task/%d/children", b.leader, b.leader), text_of,
			sizeof(text_of)));
	program = (pid_t)strtol(text_of, NULL, 10);
	CHECK(program > 0 && !kill(program, 0));
	CHECK(!kill(b.leader, SIGKILL));
	CHECK_INT(waitpid(b.ambit, NULL, 0), b.ambit);
	for (int i = 0; i < 100 && !kill(program, 0); i++)
		(void)poll(NULL, 0, 20);
	CHECK(kill(program, 0) < 0);
}
