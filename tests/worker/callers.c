/* SPDX-License-Identifier: ISC */
/* Whoever the caller is, and whatever it has open: what is promised of its workers holds. */
#include "../../src/broker/worker_wire.h"
#include "../lib/holder.h"
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
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
	case 'r':
		(void)ambit_reply_set(reply, (const char[60000]){ "longer" }, 60000);
		return 5;
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

static void no_end_is_told_for_ever(int kind)
{
	struct ambit_worker *w = worker_of_kind(kind);
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
	const pid_t child = holder_start();

	for (int i = 0; i < 3; i++) {
		CHECK_STR(ask(w, "a", 9000), "E_CRASHED");
		CHECK_INT(poll(&fd, 1, 0), 0);
		CHECK_STR(ask_polled(w, "w"), "OK");
		CHECK_INT(poll(&fd, 1, 0), 0);
	}
	holder_end(child);
	ambit_worker_free(w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
}

TEST_TIMEOUT(a_child_may_hold_the_descriptors, 60)
{
	for (int kind = 0; kind < KINDS; kind++)
		no_end_is_told_for_ever(kind);
}

/* What a child has is a copy of the handle: neither calls by it, nor its end, reach the worker. */
static int use_in_a_child(struct ambit_worker *w, struct ambit_pool *pool)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	int wrong = 0;

	wrong |= ambit_call(w, "-", 1, &answer, 9000, &err) != AMBIT_E_USAGE;
	wrong |= !strstr(err.text, "before a fork");
	wrong |= (ambit_call_begin(w, "-", 1, &err) != AMBIT_E_USAGE) << 1;
	wrong |= (ambit_call_end(w, &answer, 9000, &err) != AMBIT_E_USAGE) << 2;
	ambit_worker_replace(w);
	ambit_worker_free(w);
	wrong |= (ambit_pool_call(pool, "-", 1, &answer, 9000, &err) != AMBIT_E_USAGE) << 3;
	ambit_pool_free(pool);
	w = worker_of_kind(0);
	wrong |= (strcmp(ask(w, "-", 9000), "done") != 0) << 4;
	ambit_worker_free(w);
	ambit_untrusted_done(&answer);
	return wrong;
}

static void a_child_uses(struct ambit_worker *w, struct ambit_pool *pool)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(use_in_a_child(w, pool));
	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

TEST_TIMEOUT(a_child_has_none_of_its_parent, 60)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_policy *p = ambit_policy_new();

	for (int kind = 0; kind < KINDS; kind++) {
		struct ambit_worker *w = worker_of_kind(kind);
		struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
		struct ambit_pool *pool = NULL;

		CHECK_INT(ambit_pool_new(p, obey, NULL, 1, &pool, NULL), AMBIT_OK);
		a_child_uses(w, pool);
		CHECK_INT(poll(&fd, 1, 100), 0); /* it lives, ... */
		CHECK_STR(ask_polled(w, "w"), "OK");
		CHECK_STR(ask(w, "a", 100), "E_CRASHED");
		a_child_uses(w, pool);
		CHECK_STR(ask_polled(w, "a"), "E_CRASHED"); /* ... and is heard of */
		CHECK_INT(ambit_pool_call(pool, "-", 1, &answer, 9000, NULL), AMBIT_OK);
		ambit_worker_free(w);
		ambit_pool_free(pool);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
	}
	ambit_untrusted_done(&answer);
	ambit_policy_free(p);
}

/* ---- one that has children reaped by others ------------------------------------------------ */

static void how_is_known_to(int kind, bool is_known)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_worker *w = worker_of_kind(kind);
	struct ambit_error err;

	for (int i = 0; i < 2; i++) {
		CHECK_INT(ambit_call(w, i ? "a" : "e", 1, &answer, 9000, &err), AMBIT_E_CRASHED);
		if (is_known)
			CHECK_HAS(err.text, i ? "signal 6" : "status 3");
		else
			CHECK_HAS(err.text, "the worker obey ended, and nobody knows how");
		CHECK(is_known || strstr(err.hint, "SIGCHLD"));
		CHECK_STR(ask(w, "-", 9000), "done");
	}
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST_TIMEOUT(an_end_that_nobody_saw_is_no_signal, 60)
{
	struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	for (int kind = 0; kind < KINDS; kind++) {
		const bool is_kept =
			kinds[kind].mode == AMBIT_FRESH || kinds[kind].flags & AMBIT_KEEPER;

		CHECK_INT(sigaction(SIGCHLD, &action, NULL), 0);
		how_is_known_to(kind, is_kept); /* its keeper tells */
		CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
		how_is_known_to(kind, is_kept);
		CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
		how_is_known_to(kind, true); /* the control */
	}
}

/* ---- what a limit counts ------------------------------------------------------------------- */

/* Neither who stays beside the worker nor who keeps it. */
TEST_TIMEOUT(one_process_is_enough, 60)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct ambit_worker *w = worker_with(obey, kinds[kind].mode, kinds[kind].flags,
						     "limit processes 1 prefer\n");

		NOTE("mode %u, flags %u", kinds[kind].mode, kinds[kind].flags);
		for (int i = 0; i < 3; i++)
			CHECK_STR(ask(w, "-", 9000), "done");
		CHECK_STR(ask(w, "e", 9000), "E_CRASHED");
		CHECK_STR(ask(w, "-", 9000), "done");
		ambit_worker_free(w);
	}
}

/* ---- one without standard descriptors ------------------------------------------------------ */

static void close_standard(int ret_saved[3])
{
	for (int fd = 0; fd < 3; fd++) {
		ret_saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 20);
		CHECK(ret_saved[fd] >= 20);
	}
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
}

/* How many there were, meanwhile. */
static int restore_standard(const int saved[3])
{
	int count = 0;

	for (int fd = 0; fd < 3; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(saved[fd], fd) != fd || close(saved[fd]) < 0)
			abort();
	return count;
}

TEST_TIMEOUT(standard_descriptors_may_be_closed, 60)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct ambit_worker *w;
		int saved[3], during;
		char answer[8] = "";

		close_standard(saved);
		w = worker_with(obey, kinds[kind].mode, kinds[kind].flags, "");
		(void)strncpy(answer, ask(w, "-", 9000), sizeof(answer) - 1);
		during = restore_standard(saved);
		NOTE("mode %u, flags %u", kinds[kind].mode, kinds[kind].flags);
		CHECK(strncmp(answer, "done", 4) == 0);
		CHECK_INT(during, 0);
		ambit_worker_free(w);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
	}
}

TEST_TIMEOUT(none_of_a_copy_is_left_without_them, 60)
{
	struct ambit_worker *w;
	int saved[3], during;
	pid_t left;

	close_standard(saved);
	w = worker_with(obey, AMBIT_PERSISTENT, AMBIT_INHERIT, "");
	ambit_worker_free(w);
	left = waitpid(-1, NULL, WNOHANG);
	during = restore_standard(saved);
	CHECK_INT(left, -1);
	CHECK_INT(during, 0);
}

TEST_TIMEOUT(one_program_after_the_other_starts, 60)
{
	struct ambit_policy *p = ambit_policy_new();
	char *argv[] = { (char[]){ "true" }, NULL };
	struct ambit_box *boxes[3] = { NULL, NULL, NULL };
	enum ambit_code codes[3];
	int saved[3], during;

	close_standard(saved);
	for (int i = 0; i < 3; i++)
		codes[i] = ambit_spawn(p, argv, NULL, &boxes[i], NULL);
	during = restore_standard(saved);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(codes[i], AMBIT_OK);
		ambit_box_free(boxes[i]);
	}
	CHECK_INT(during, 0);
	ambit_policy_free(p);
}

/* ---- one without a descriptor left --------------------------------------------------------- */

static enum ambit_code start_within(const struct rlimit *limit, int kind, struct ambit_error *err)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *w = NULL;
	struct rlimit before;
	enum ambit_code code;

	options.mode = kinds[kind].mode;
	options.flags = kinds[kind].flags;
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, limit), 0);
	code = ambit_worker_new(p, obey, &options, &w, err);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
	ambit_worker_free(w);
	ambit_policy_free(p);
	return code;
}

/* Wherever the last one goes. */
TEST_TIMEOUT(none_left_is_no_refusal, 60)
{
	for (int kind = 0; kind < KINDS; kind++) {
		enum ambit_code code = AMBIT_E_RESOURCE;
		struct ambit_error err;
		struct rlimit limit;

		CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
		limit.rlim_cur = 3;
		for (; code != AMBIT_OK && limit.rlim_cur < 100; limit.rlim_cur++) {
			code = start_within(&limit, kind, &err);
			if (code == AMBIT_OK)
				break;
			NOTE("kind %d, %d: %s", kind, (int)limit.rlim_cur, err.text);
			CHECK_INT(code, AMBIT_E_RESOURCE);
		}
		CHECK_INT(code, AMBIT_OK);
		CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	}
}

/* ---- one that keeps an answer -------------------------------------------------------------- */

TEST(a_failure_leaves_the_answer_before)
{
	for (int kind = 0; kind < KINDS; kind++) {
		struct ambit_worker *w = worker_of_kind(kind);
		struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
		const char *text = NULL;
		struct ambit_error err;

		CHECK_INT(ambit_call(w, "-", 1, &answer, 9000, NULL), AMBIT_OK);
		CHECK_INT(ambit_validate_string(&answer, 9, &text, NULL), AMBIT_OK);
		CHECK_INT(ambit_call(w, "r", 1, &answer, 9000, &err), AMBIT_E_WORKER);
		CHECK_INT(err.sys_errno, 5);
		CHECK_STR(text, "done");
		CHECK_INT(ambit_call(w, "a", 1, &answer, 9000, NULL), AMBIT_E_CRASHED);
		CHECK_STR(text, "done");
		ambit_untrusted_done(&answer);
		ambit_worker_free(w);
	}
}

/* ---- one that asks for just so much -------------------------------------------------------- */

/* So many digits. */
static int count_out(const void *in, size_t length, struct ambit_reply *reply)
{
	char text[16] = "";

	memcpy(text, in, length < sizeof(text) ? length : sizeof(text) - 1);
	if (text[0] == 'n')
		return ambit_reply_set(NULL, "", 0) == -1 && !ambit_reply_room(NULL, 1) &&
				       ambit_reply_printf(NULL, "x") == -1
			       ? 0
			       : 1;
	return ambit_reply_printf(reply, "%0*d", atoi(text), 7);
}
AMBIT_WORKER(count_out)

static void just_so_much(uint32_t mode, size_t most)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *w = NULL;

	NOTE("mode %u, %zu", mode, most);
	options.mode = mode;
	options.max_out = most;
	CHECK_INT(ambit_worker_new(p, count_out, &options, &w, NULL), AMBIT_OK);
	for (int more = -1; more <= 1; more++) {
		char text[16];
		const char *answer;

		(void)snprintf(text, sizeof(text), "%d", (int)most + more);
		answer = ask(w, text, 9000);
		if (more > 0)
			CHECK_STR(answer, "E_WORKER");
		else
			CHECK_INT(strlen(answer), most + (size_t)more);
	}
	CHECK_STR(ask(w, "n", 9000), "");
	ambit_worker_free(w);
	ambit_policy_free(p);
}

TEST(the_longest_text_is_max_out)
{
	just_so_much(AMBIT_PERSISTENT, 100);
	just_so_much(AMBIT_PERSISTENT, 4096); /* a page: nothing is behind it by itself */
	just_so_much(AMBIT_FRESH, 4096);
}

/* ---- one that may not write large files ---------------------------------------------------- */

/* SIGXFSZ would end the caller: what it is told is the limit. */
TEST(a_limit_on_files_is_an_error)
{
	static const rlim_t sizes[] = { 0, 1, WORKER_PAGE, WORKER_PAGE + 1, 100000 };
	struct ambit_policy *p = ambit_policy_new();

	CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct rlimit small = { sizes[i], RLIM_INFINITY };
		const struct rlimit wide = { RLIM_INFINITY, RLIM_INFINITY };
		struct ambit_worker *w = NULL;
		struct ambit_error err;

		NOTE("%lu bytes", (unsigned long)sizes[i]);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
		CHECK_INT(ambit_worker_new(p, obey, NULL, &w, &err), AMBIT_E_RESOURCE);
		CHECK_INT(setrlimit(RLIMIT_FSIZE, &wide), 0);
		CHECK_INT(err.sys_errno, EFBIG);
		CHECK_HAS(err.hint, "ulimit -f");
		CHECK(!w);
	}
	ambit_policy_free(p);
	ambit_worker_free(worker_of(obey, AMBIT_PERSISTENT, "")); /* the control */
}
