/* SPDX-License-Identifier: ISC */
/* Workers whose function has a list of system calls: it takes away, and never gives. */
#include "ask.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A letter says what to call; the answer is its errno. */
static int call(const void *in, size_t length, struct ambit_reply *reply)
{
	const char act = length ? *(const char *)in : '\0';
	struct stat st;
	long r = 0;

	errno = 0;
	switch (act) {
	case 'f':
		r = syscall(SYS_fstat, 0, &st);
		break;
	case 's':
		r = socket(AF_INET, SOCK_STREAM, 0);
		break;
	case 'm': /* what the libc needs for itself is there */
		free(malloc((size_t)8 << 20));
		break;
	default:
		break;
	}
	return ambit_reply_printf(reply, "%s", r >= 0 ? "done" : errno == EPERM ? "EPERM" : "?");
}
AMBIT_WORKER(call)

static enum ambit_code start(struct ambit_worker **w, uint32_t mode, uint32_t flags,
			     const char *const *calls)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;
	enum ambit_code code;

	options.mode = mode;
	options.flags = flags;
	options.calls = calls;
	code = ambit_worker_new(p, call, &options, w, &err);
	ambit_policy_free(p);
	if (code != AMBIT_OK)
		NOTE("%s: %s", err.text, err.hint);
	return code;
}

static const struct {
	uint32_t mode, flags;
} kinds[] = {
	{ AMBIT_PERSISTENT, 0 },
	{ AMBIT_FRESH, 0 },
	{ AMBIT_PERSISTENT, AMBIT_INHERIT },
	{ AMBIT_FRESH, AMBIT_INHERIT },
};

/* The answers of a worker with this list: to fstat, to socket, and to the rest. */
static void answers(size_t kind, const char *const *calls, const char *stat_answer)
{
	struct ambit_worker *w = NULL;

	NOTE("kind %zu", kind);
	CHECK_INT(start(&w, kinds[kind].mode, kinds[kind].flags, calls), AMBIT_OK);
	for (int again = 0; w && again < 2; again++) {
		CHECK_STR(ask(w, "f", 5000), stat_answer);
		CHECK_STR(ask(w, "m", 5000), "done");
		/* The policy has no network, whatever the list says. */
		CHECK(strcmp(ask(w, "s", 5000), "done") != 0);
	}
	ambit_worker_free(w);
}

TEST_TIMEOUT(a_list_takes_away, 60)
{
	static const char *const without[] = { "read", "openat", NULL };
	static const char *const with[] = { "fstat", "socket", NULL };
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		answers(i, NULL, "done"); /* the control: every program may */
		answers(i, with, "done"); /* and so may who has it on its list */
		answers(i, without, "EPERM");
		answers(i, none, "EPERM");
	}
}

TEST(a_list_of_what_there_is_not)
{
	static const char *const unknown[] = { "read", "nosuchcall", NULL };
	struct ambit_worker *w = NULL;

	CHECK_INT(start(&w, AMBIT_PERSISTENT, 0, unknown), AMBIT_E_USAGE);
	CHECK(w == NULL);
}
