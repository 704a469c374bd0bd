/* SPDX-License-Identifier: ISC */
/*
 * A worker that fails when its caller has entered a policy, and can start nothing any more: its
 * keeper, made before, replaces it. Where there is none or it is dead, that is said.
 */
#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int kept;

/* A byte says what to do. */
static int act_by_letter(const void *in, size_t length, struct ambit_reply *reply)
{
	char *more;

	switch (length ? *(const char *)in : '\0') {
	case 'c':
		__builtin_trap();
	case 'e':
		_exit(3);
	case 'k':
		raise(SIGKILL);
		break;
	case 's':
		for (;;)
			continue;
	case 'd':
		for (int fd = 0; fd < 64; fd++)
			(void)close(fd);
		for (;;)
			(void)pause();
	case 'm':
		while ((more = malloc(1 << 20)) != NULL)
			memset(more, 1, 1 << 20);
		abort();
	case 'p': /* out of its parent's reach */
		return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0 ? errno : 0;
	case 'K': /* against its keeper */
		return kill(getppid(), SIGKILL) < 0 ? errno : 0;
	case 'G':
		return kill(0, SIGKILL) < 0 ? errno : 0;
	case 'f':
		return fork() < 0 ? errno : 0;
	case 'o':
		return fcntl(0, F_SETOWN, getppid()) < 0 ? errno : 0;
	case 'S': /* the control of 'K': it may signal itself */
		return kill(getpid(), 0) < 0 ? errno : 0;
	case '#':
		return ambit_reply_printf(reply, "%d", ++kept);
	default:
		break;
	}
	return ambit_reply_set(reply, in, length);
}
AMBIT_WORKER(act_by_letter)

static void enter_nothing(void)
{
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	if (ambit_enter(p, NULL, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK(fork() < 0); /* the control: nothing can be started */
	ambit_policy_free(p);
}

static struct ambit_worker *worker_of(uint32_t mode, uint32_t flags, const char *text)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *worker = NULL;
	struct ambit_error err;

	options.mode = mode;
	options.flags = flags;
	if (ambit_policy_parse(p, text, strlen(text), "test", &err) != AMBIT_OK ||
	    ambit_worker_new(p, act_by_letter, &options, &worker, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s: %s", err.text, err.hint);
	ambit_policy_free(p);
	return worker;
}

static struct ambit_worker *worker_then_enter(uint32_t mode, uint32_t flags, const char *text)
{
	struct ambit_worker *worker = worker_of(mode, flags, text);

	enter_nothing();
	return worker;
}

static struct ambit_error last;

static enum ambit_code ask_for(struct ambit_worker *worker, const char *letter, int timeout_ms)
{
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	const enum ambit_code code = ambit_call(worker, letter, 1, &back, timeout_ms, &last);

	NOTE("%s: %s: %s", letter, ambit_code_name(code), last.text);
	ambit_untrusted_done(&back);
	return code;
}

static enum ambit_code ask(struct ambit_worker *worker, const char *letter)
{
	return ask_for(worker, letter, 10000);
}

static void end(struct ambit_worker *worker)
{
	ambit_worker_free(worker);
	CHECK(waitpid(-1, NULL, 0) < 0); /* nobody is left */
}

/* Each way to fail, and then a call that the next one answers. */
static void fail_in_turn(uint32_t mode, uint32_t flags)
{
	static const struct {
		const char *letter;
		int timeout_ms;
		enum ambit_code code[2]; /* by mode */
	} rows[] = {
		{ "c", 10000, { AMBIT_E_CRASHED, AMBIT_E_CRASHED } },
		{ "e", 10000, { AMBIT_E_CRASHED, AMBIT_E_CRASHED } },
		{ "k", 10000, { AMBIT_E_CRASHED, AMBIT_E_CRASHED } },
		{ "s", 200, { AMBIT_E_TIMEOUT, AMBIT_E_TIMEOUT } },
		{ "m", 30000, { AMBIT_E_CRASHED, AMBIT_E_CRASHED } },
		{ "d", 5000, { AMBIT_E_CLOSED, AMBIT_E_TIMEOUT } },
	};
	struct ambit_worker *w = worker_then_enter(mode, flags, "limit memory 512M\n");

	CHECK_INT(ask(w, "-"), AMBIT_OK);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) - (round == 1); i++) {
			CHECK_INT(ask_for(w, rows[i].letter, rows[i].timeout_ms),
				  rows[i].code[mode == AMBIT_FRESH]);
			CHECK_INT(ask(w, "-"), AMBIT_OK);
		}
	end(w);
}

TEST_TIMEOUT(a_persistent_one_is_replaced, 60)
{
	fail_in_turn(AMBIT_PERSISTENT, AMBIT_KEEPER);
}

TEST_TIMEOUT(a_copy_is_replaced, 60)
{
	fail_in_turn(AMBIT_PERSISTENT, AMBIT_KEEPER | AMBIT_INHERIT);
}

TEST_TIMEOUT(a_fresh_one_goes_on, 60)
{
	fail_in_turn(AMBIT_FRESH, 0);
}

/* What replaces it has seen nothing: it counts anew. */
TEST(another_has_none_of_its_memory)
{
	struct ambit_worker *w = worker_then_enter(AMBIT_PERSISTENT, AMBIT_KEEPER, "");
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	int64_t number = 0;

	for (int i = 0; i < 3; i++) {
		for (int expected = 1; expected <= 2; expected++) {
			CHECK_INT(ambit_call(w, "#", 1, &back, 10000, NULL), AMBIT_OK);
			CHECK_INT(ambit_validate_number(&back, 0, 9, &number, NULL), AMBIT_OK);
			CHECK_INT(number, expected);
		}
		CHECK_INT(ask(w, "c"), AMBIT_E_CRASHED);
	}
	ambit_untrusted_done(&back);
	end(w);
}

/* Who polls hears of the end once, and of the answer of the next. */
TEST(it_is_seen_by_poll)
{
	struct ambit_worker *w = worker_then_enter(AMBIT_PERSISTENT, AMBIT_KEEPER, "");
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	for (int i = 0; i < 20; i++) {
		CHECK_INT(ambit_call_begin(w, i % 2 ? "c" : "-", 1, NULL), AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 10000), 1);
		CHECK_INT(ambit_call_end(w, &back, 0, NULL), i % 2 ? AMBIT_E_CRASHED : AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 0), 0);
	}
	ambit_untrusted_done(&back);
	end(w);
}

TEST_TIMEOUT(a_pool_goes_on, 60)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_pool *pool = NULL;

	options.flags = AMBIT_KEEPER;
	CHECK_INT(ambit_pool_new(p, act_by_letter, &options, 3, &pool, NULL), AMBIT_OK);
	enter_nothing();
	for (int i = 0; i < 12; i++) {
		CHECK_INT(ambit_pool_call(pool, "c", 1, &back, 10000, NULL), AMBIT_E_CRASHED);
		CHECK_INT(ambit_pool_call(pool, "-", 1, &back, 10000, NULL), AMBIT_OK);
	}
	ambit_untrusted_done(&back);
	ambit_policy_free(p);
	ambit_pool_free(pool);
	CHECK(waitpid(-1, NULL, 0) < 0);
}

/* Who is not believed any more is another at the next call. */
TEST(it_is_replaced_when_asked)
{
	struct ambit_worker *w = worker_then_enter(AMBIT_PERSISTENT, AMBIT_KEEPER, "");
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
	int64_t number = 0;

	for (int i = 0; i < 10; i++) {
		if (i % 3 == 2) /* in the middle of one */
			CHECK_INT(ambit_call_begin(w, "s", 1, NULL), AMBIT_OK);
		ambit_worker_replace(w);
		ambit_worker_replace(w); /* once is enough */
		CHECK_INT(poll(&fd, 1, 0), 0);
		CHECK_INT(ambit_call(w, "#", 1, &back, 10000, NULL), AMBIT_OK);
		CHECK_INT(ambit_validate_number(&back, 0, 9, &number, NULL), AMBIT_OK);
		CHECK_INT(number, 1);
	}
	CHECK_INT(ambit_call(w, "#", 1, &back, 10000, NULL), AMBIT_OK);
	CHECK_INT(ambit_validate_number(&back, 0, 9, &number, NULL), AMBIT_OK);
	CHECK_INT(number, 2); /* the control */
	ambit_untrusted_done(&back);
	end(w);
}

/* Whoever has taken it over reaches neither its keeper, nor beyond its end. */
static void attack(uint32_t mode, uint32_t flags)
{
	static const char *const attempts[] = { "p", "K", "G", "f", "o" };
	struct ambit_worker *w = worker_then_enter(mode, flags, "");

	CHECK_INT(ask(w, "S"), AMBIT_OK);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		CHECK_INT(ask(w, attempts[i]), AMBIT_E_WORKER);
		CHECK(last.sys_errno == EPERM);
		CHECK_INT(ask(w, "-"), AMBIT_OK);
	}
	end(w);
}

TEST(its_keeper_is_out_of_reach)
{
	attack(AMBIT_PERSISTENT, AMBIT_KEEPER);
}

TEST(that_of_a_fresh_one_too)
{
	attack(AMBIT_FRESH, 0);
}

/* Without a keeper it is gone, and what would start another is refused: that is said, each time. */
static void ends(struct ambit_worker *w, const char *letter)
{
	CHECK_INT(ask(w, "-"), AMBIT_OK);
	CHECK_INT(ask(w, letter), AMBIT_E_CRASHED);
	for (int i = 0; i < 2; i++) {
		const enum ambit_code code = ask(w, "-");

		CHECK(code != AMBIT_OK && code != AMBIT_E_CRASHED && code != AMBIT_E_TIMEOUT);
	}
	end(w);
}

TEST(without_a_keeper_it_ends)
{
	ends(worker_then_enter(AMBIT_PERSISTENT, 0, ""), "c");
}

TEST(nor_has_a_copy_one)
{
	ends(worker_then_enter(AMBIT_PERSISTENT, AMBIT_INHERIT, ""), "c");
}

/* Whom its caller can signal no more it ends all the same. */
TEST(a_copy_that_hangs_is_ended)
{
	struct ambit_worker *w = worker_then_enter(AMBIT_PERSISTENT, AMBIT_INHERIT, "");

	CHECK_INT(ask_for(w, "s", 200), AMBIT_E_TIMEOUT);
	end(w);
}

/* What makes processes has neither a keeper nor the caller's memory; no process ends with it. */
TEST(who_may_create_processes_has_none)
{
	static const char *const texts[] = { "spawn\n", "syscall vfork\n", "syscall clone3\n" };
	static const uint32_t flags[] = { AMBIT_KEEPER, AMBIT_INHERIT,
					  AMBIT_KEEPER | AMBIT_INHERIT };
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_worker *w = NULL;
	struct ambit_error err;

	for (int i = 0; i < 9; i++) {
		struct ambit_policy *p = ambit_policy_new();
		const char *text = texts[i / 3];

		NOTE("flags %u, %s", flags[i % 3], text);
		CHECK_INT(ambit_policy_parse(p, text, strlen(text), "test", &err), AMBIT_OK);
		options.flags = flags[i % 3];
		CHECK_INT(ambit_worker_new(p, act_by_letter, &options, &w, &err), AMBIT_E_USAGE);
		CHECK_HAS(err.hint, "spawn");
		CHECK(!w);
		options.flags = 0;
		CHECK_INT(ambit_worker_new(p, act_by_letter, &options, &w, &err), AMBIT_OK);
		ambit_worker_free(w);
		w = NULL;
		ambit_policy_free(p);
	}
}

/* The first child of a process; 0 where there is none. */
static int child_of(int pid)
{
	char path[64];
	FILE *file;
	int child = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &child) != 1)
		child = 0;
	if (file)
		(void)fclose(file);
	return child;
}

/* From outside, where nobody has entered anything: it is replaced as a whole. */
TEST(so_it_does_with_its_keeper)
{
	struct ambit_worker *w = worker_of(AMBIT_PERSISTENT, AMBIT_KEEPER, "");
	enum ambit_code code = AMBIT_OK;
	int killer = 0, go[2];
	char byte;

	CHECK_INT(ask(w, "-"), AMBIT_OK);
	CHECK_INT(pipe(go), 0);
	if (!child_of(getpid()))
		SKIP("the kernel lists no children");
	killer = fork();
	CHECK(killer >= 0);
	if (killer == 0) {
		const int first = child_of(getppid());

		(void)close(go[1]);
		_exit(read(go[0], &byte, 1) == 0 && kill(first, SIGKILL) == 0 ? 0 : 1);
	}
	enter_nothing();
	CHECK_INT(ask(w, "-"), AMBIT_OK);
	CHECK_INT(close(go[1]), 0);
	CHECK_INT(waitpid(killer, NULL, 0), killer);
	/* Where there is no pid namespace one end follows from the other, a moment later. */
	for (int i = 0; i < 10000 && code == AMBIT_OK; i++)
		code = ask(w, "-");
	CHECK_INT(code, AMBIT_E_CRASHED);
	CHECK_HAS(last.text, "keeps");
	for (int i = 0; i < 2; i++) {
		code = ask(w, "-");
		CHECK(code != AMBIT_OK && code != AMBIT_E_CRASHED && code != AMBIT_E_TIMEOUT);
	}
	end(w);
}

/* ---- killed at random ---------------------------------------------------------------------- */

enum { CALLS = 300, DEPTH_MAX = 8 };

/* The last of the line of children, and how far down it is. */
static int leaf_of(int pid, int *ret_depth)
{
	int depth = 0;

	for (int child; depth < DEPTH_MAX && (child = child_of(pid)) > 0; depth++)
		pid = child;
	*ret_depth = depth;
	return pid;
}

/* The process that serves, again and again; not what keeps it. */
__attribute__((noreturn)) static void kill_leaves(int root, int expected_depth, int stop_fd)
{
	struct pollfd fd = { stop_fd, POLLIN, 0 };
	unsigned seed = (unsigned)root;
	int killed = 0;

	while (poll(&fd, 1, rand_r(&seed) % 3) == 0) {
		int depth;
		const int leaf = leaf_of(root, &depth);

		if (depth == expected_depth && kill(leaf, SIGKILL) == 0)
			killed++;
	}
	_exit(killed >= 8 ? 0 : 1); /* the control: so many calls were cut short */
}

static void call_while_killed(struct ambit_worker *w)
{
	struct ambit_untrusted back = AMBIT_UNTRUSTED_INIT;
	const char *text = NULL;
	char request[32];
	int failures = 0;

	for (int i = 0; i < CALLS || (failures < 8 && i < 1000 * CALLS);) {
		const int n = snprintf(request, sizeof(request), "-%d", i);
		enum ambit_code code = ambit_call(w, request, (size_t)n, &back, 20000, &last);

		if (code != AMBIT_OK) {
			CHECK_INT(code, AMBIT_E_CRASHED);
			failures++;
			continue;
		}
		CHECK_INT(ambit_validate_string(&back, sizeof(request), &text, NULL), AMBIT_OK);
		CHECK_STR(text, request);
		i++;
	}
	NOTE("%d calls were cut short", failures);
	ambit_untrusted_done(&back);
}

static unsigned descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void be_killed(uint32_t mode, uint32_t flags)
{
	struct ambit_worker *w = worker_of(mode, flags, "");
	const int self = getpid();
	int stop[2], depth = 0, killer, status = 0;
	unsigned before;

	if (!child_of(self))
		SKIP("the kernel lists no children");
	CHECK_INT(ask(w, "-"), AMBIT_OK);
	(void)leaf_of(self, &depth);
	depth += mode == AMBIT_FRESH; /* it is there during a call only */
	CHECK_INT(pipe(stop), 0);
	killer = fork();
	CHECK(killer >= 0);
	if (killer == 0) {
		(void)close(stop[1]);
		kill_leaves(self, depth, stop[0]);
	}
	enter_nothing();
	before = descriptors();
	call_while_killed(w);
	CHECK_INT(descriptors(), before);
	CHECK_INT(close(stop[1]), 0);
	CHECK_INT(waitpid(killer, &status, 0), killer);
	CHECK_INT(status, 0);
	CHECK_INT(ask(w, "-") == AMBIT_OK || ask(w, "-") == AMBIT_OK, 1);
	end(w);
}

TEST_TIMEOUT(killed_it_is_replaced_each_time, 120)
{
	be_killed(AMBIT_PERSISTENT, AMBIT_KEEPER);
}

TEST_TIMEOUT(killed_a_fresh_one_goes_on, 120)
{
	be_killed(AMBIT_FRESH, 0);
}
