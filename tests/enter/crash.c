/* SPDX-License-Identifier: ISC */
/* A worker that crashes when its caller has entered a policy, and can start nothing any more. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <sys/wait.h>
#include <unistd.h>

static int crash_at_c(const void *in, size_t length, struct ambit_reply *reply)
{
	if (length == 1 && *(const char *)in == 'c')
		__builtin_trap();
	return ambit_reply_set(reply, in, length);
}
AMBIT_WORKER(crash_at_c)

static struct ambit_worker *worker_then_enter(uint32_t mode)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *worker = NULL;
	struct ambit_error err;

	options.mode = mode;
	if (ambit_worker_new(p, crash_at_c, &options, &worker, &err) != AMBIT_OK ||
	    ambit_enter(p, NULL, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	ambit_policy_free(p);
	return worker;
}

static enum ambit_code ask(struct ambit_worker *worker, const char *letter)
{
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	const enum ambit_code code = ambit_call(worker, letter, 1, &back, 10000, &err);

	NOTE("%s: %s", ambit_code_name(code), err.text);
	ambit_untrusted_done(&back);
	return code;
}

/* Its first process was made before, never sees a request, and makes another for the next one. */
TEST(fresh_ones_go_on)
{
	struct ambit_worker *worker = worker_then_enter(AMBIT_FRESH);

	for (int i = 0; i < 3; i++) {
		CHECK_INT(ask(worker, "a"), AMBIT_OK);
		CHECK_INT(ask(worker, "c"), AMBIT_E_CRASHED);
	}
	CHECK_INT(ask(worker, "a"), AMBIT_OK);
	ambit_worker_free(worker);
	CHECK(waitpid(-1, NULL, 0) < 0);
}

/* The one process is gone, and what would start another is refused: that is said, each time. */
TEST(a_persistent_one_ends)
{
	struct ambit_worker *worker = worker_then_enter(AMBIT_PERSISTENT);
	enum ambit_code code;

	CHECK_INT(ask(worker, "a"), AMBIT_OK);
	CHECK_INT(ask(worker, "c"), AMBIT_E_CRASHED);
	for (int i = 0; i < 2; i++) {
		code = ask(worker, "a");
		CHECK(code != AMBIT_OK && code != AMBIT_E_CRASHED && code != AMBIT_E_TIMEOUT);
	}
	ambit_worker_free(worker);
	CHECK(waitpid(-1, NULL, 0) < 0);
}
