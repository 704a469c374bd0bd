/* SPDX-License-Identifier: ISC */
/* Whoever the caller is, and whatever it has open: what is promised of its workers holds. */
#include "../../src/broker/worker_wire.h"
#include "ask.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what runs inside ---------------------------------------------------------------------- */

/* A byte says what to do. */
static int obey(const void *in, size_t length, struct ambit_reply *reply)
{
	switch (length ? *(const char *)in : '\0') {
	case 'a':
		abort();
	case 'e':
		_exit(3);
	case 'w': /* nobody has polled in vain before */
		(void)usleep(50000);
		break;
	default:
		break;
	}
	return ambit_reply_printf(reply, "done");
}
AMBIT_WORKER(obey)

/* ---- the caller ---------------------------------------------------------------------------- */

static const struct {
	uint32_t mode, flags;
} kinds[] = {
	{ AMBIT_PERSISTENT, 0 },
	{ AMBIT_PERSISTENT, AMBIT_INHERIT },
	{ AMBIT_PERSISTENT, AMBIT_KEEPER },
	{ AMBIT_PERSISTENT, AMBIT_INHERIT | AMBIT_KEEPER },
	{ AMBIT_FRESH, 0 },
	{ AMBIT_FRESH, AMBIT_INHERIT },
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

static struct ambit_worker *worker_of_kind(int kind)
{
	NOTE("mode %u, flags %u", kinds[kind].mode, kinds[kind].flags);
	return worker_with(obey, kinds[kind].mode, kinds[kind].flags, "");
}

/* The code of a call by its halves, as a program with a poll loop makes it. */
static const char *ask_polled(struct ambit_worker *w, const char *request)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
	struct ambit_error err = { 0 };
	enum ambit_code code;

	CHECK_INT(ambit_call_begin(w, request, strlen(request), NULL), AMBIT_OK);
	CHECK_INT(poll(&fd, 1, 9000), 1);
	code = ambit_call_end(w, &answer, 0, &err);
	NOTE("%s", err.text);
	ambit_untrusted_done(&answer);
	return ambit_code_name(code);
}

/* ---- one with a poll loop ------------------------------------------------------------------ */

/* Who dies closes its descriptors first: that is what the caller is woken by. */
TEST_TIMEOUT(a_crash_is_told_from_a_closed_descriptor, 60)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct ambit_worker *w = worker_of_kind(kind);

		for (int i = 0; i < 5; i++) {
			CHECK_STR(ask_polled(w, "a"), "E_CRASHED");
			CHECK_STR(ask_polled(w, "e"), "E_CRASHED");
			CHECK_STR(ask_polled(w, "-"), "OK");
		}
		ambit_worker_free(w);
	}
}

/* What has ended is waited for no longer: that would take 100 ms each time. */
TEST_TIMEOUT(a_crash_is_no_wait, 60)
{
	struct ambit_worker *w = worker_of_kind(0);
	uint64_t least_us = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		uint64_t took_us = worker_now_us();

		CHECK_STR(ask(w, "e", 9000), "E_CRASHED");
		took_us = worker_now_us() - took_us;
		least_us = took_us < least_us ? took_us : least_us;
		CHECK_STR(ask(w, "-", 9000), "done");
	}
	NOTE("%u us", (unsigned)least_us);
	CHECK(least_us < 90000);
	ambit_worker_free(w);
}

/* ---- one that has forked ------------------------------------------------------------------- */

/* A server that has forked: its child has all descriptors that it had then. */
static pid_t child_that_holds_all(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	CHECK(pid > 0);
	return pid;
}

static void end_child(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static void no_end_is_told_for_ever(int kind)
{
	struct ambit_worker *w = worker_of_kind(kind);
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
	const pid_t child = child_that_holds_all();

	for (int i = 0; i < 3; i++) {
		CHECK_STR(ask(w, "a", 9000), "E_CRASHED");
		CHECK_INT(poll(&fd, 1, 0), 0);
		CHECK_STR(ask_polled(w, "w"), "OK");
		CHECK_INT(poll(&fd, 1, 0), 0);
	}
	end_child(child);
	ambit_worker_free(w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
}

TEST_TIMEOUT(a_child_may_hold_the_descriptors, 60)
{
	for (int kind = 0; kind < KINDS; kind++)
		no_end_is_told_for_ever(kind);
}
