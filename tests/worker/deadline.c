/* SPDX-License-Identifier: ISC */
/*
 * A call is over at its deadline, however long its process takes to end. Here that is as long as
 * somebody likes: one who traces a process lets nobody reap it before.
 */
#include "ask.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* SHORT_MS: enough to start one, and less than what a process that does not end is waited for */
enum { HELD_MS = 5000, CALL_MS = 50, SHORT_MS = 1500 };

/* ---- what runs inside ---------------------------------------------------------------------- */

static int obey(const void *in, size_t length, struct ambit_reply *reply)
{
	if (length && *(const char *)in == 'x')
		for (;;)
			(void)pause();
	/* Into each descriptor that takes it, until it takes no more. */
	for (int n = 3; length && n < 64; n++)
		for (int i = 0; i < 1 << 20 && write(n, in, 1) == 1; i++)
			continue;
	return ambit_reply_printf(reply, "done");
}
AMBIT_WORKER(obey)

/* ---- who holds it -------------------------------------------------------------------------- */

static pid_t child_of(pid_t pid, int nth)
{
	char path[64];
	FILE *file;
	int child = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	for (int i = 0; file && i <= nth; i++)
		if (fscanf(file, "%d", &child) != 1)
			child = 0;
	if (file)
		(void)fclose(file);
	return child;
}

/* So many generations below the @nth child of this process, which is the first. */
static pid_t descendant(int nth, int generations)
{
	pid_t pid = 0;

	for (int tries = 0; !pid && tries < 2000; tries++) {
		pid = child_of(getpid(), nth);
		for (int i = 1; pid && i < generations; i++)
			pid = child_of(pid, 0);
		(void)usleep(1000);
	}
	CHECK(pid > 0);
	return pid;
}

struct holder {
	pid_t pid;
	int told_fd;	  /* closed: let it go */
	int *is_released; /* shared */
};

/* What is just made by a keeper cannot be traced yet. */
static bool seize(pid_t pid)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
			return true;
		(void)usleep(1000);
	}
	return false;
}

/* A process that traces @held until it is told, or for HELD_MS. */
static struct holder hold(pid_t held)
{
	struct holder h = { .is_released = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
						MAP_SHARED | MAP_ANONYMOUS, -1, 0) };
	int told[2], ready[2];
	char byte = 0;

	CHECK(h.is_released != MAP_FAILED);
	CHECK_INT(pipe(told), 0);
	CHECK_INT(pipe(ready), 0);
	h.pid = fork();
	if (h.pid == 0) {
		struct pollfd fd = { told[0], 0, 0 };

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(told[1]);
		byte = seize(held) ? 'y' : 'n';
		(void)!write(ready[1], &byte, 1);
		(void)poll(&fd, 1, HELD_MS);
		*h.is_released = 1;
		_exit(byte == 'y' && waitpid(held, NULL, __WALL) == held ? 0 : 1);
	}
	(void)close(told[0]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	if (byte != 'y')
		SKIP("the process of a copy can be traced by root alone");
	(void)close(ready[0]);
	(void)close(ready[1]);
	h.told_fd = told[1];
	return h;
}

static void let_go(const struct holder *h)
{
	(void)close(h->told_fd);
}

static void end(struct holder *h)
{
	int status = -1;

	CHECK_INT(waitpid(h->pid, &status, 0), h->pid);
	CHECK_INT(status, 0); /* it was held, and had been killed */
	(void)munmap(h->is_released, sizeof(int));
}

/* ---- the caller ---------------------------------------------------------------------------- */

static int descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* @generations: from the caller to the process that serves */
static void nobody_waits(struct ambit_worker *w, int generations)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };
	struct holder h;

	CHECK_INT(ambit_call_begin(w, "x", 1, NULL), AMBIT_OK);
	h = hold(descendant(0, generations));
	CHECK_INT(ambit_call_end(w, &answer, CALL_MS, NULL), AMBIT_E_TIMEOUT);
	CHECK(!*h.is_released);
	CHECK_STR(ask(w, "", CALL_MS), "E_TIMEOUT");
	CHECK(!*h.is_released);
	ambit_worker_replace(w);
	CHECK(!*h.is_released);
	let_go(&h);
	end(&h);
	CHECK_INT(poll(&fd, 1, 100), 0); /* that it has ended is no news */
	CHECK_STR(ask(w, "", 9000), "done");
	ambit_untrusted_done(&answer);
}

static void holds_with(uint32_t mode, uint32_t flags, int generations)
{
	struct ambit_worker *w = worker_with(obey, mode, flags, "");

	NOTE("mode %u, flags %u", mode, flags);
	nobody_waits(w, generations);
	nobody_waits(w, generations);
	ambit_worker_free(w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
}

TEST_TIMEOUT(a_call_is_over_at_its_deadline, 120)
{
	holds_with(AMBIT_PERSISTENT, 0, 2);
	holds_with(AMBIT_PERSISTENT, AMBIT_KEEPER, 3);
	holds_with(AMBIT_FRESH, 0, 3);
}

TEST_TIMEOUT(one_to_a_copy_is, 120)
{
	holds_with(AMBIT_PERSISTENT, AMBIT_INHERIT, 1);
	holds_with(AMBIT_PERSISTENT, AMBIT_INHERIT | AMBIT_KEEPER, 2);
	holds_with(AMBIT_FRESH, AMBIT_INHERIT, 2);
}

/* ---- a keeper that is killed --------------------------------------------------------------- */

/* Before it could tell of the end of the process it kept: @generations as above. */
static void ends_untold(struct ambit_worker *w, int generations)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	pid_t keeper;
	struct holder h;

	CHECK_INT(ambit_call_begin(w, "x", 1, NULL), AMBIT_OK);
	h = hold(descendant(0, generations));
	keeper = descendant(0, generations - 1);
	CHECK_INT(ambit_call_end(w, &answer, CALL_MS, NULL), AMBIT_E_TIMEOUT);
	CHECK_INT(kill(keeper, SIGKILL), 0);
	let_go(&h);
	end(&h);
	ambit_untrusted_done(&answer);
}

static void outlives_its_keeper(uint32_t mode, uint32_t flags, int generations)
{
	struct ambit_worker *w = worker_with(obey, mode, flags, "");
	const int before = descriptors();

	NOTE("mode %u, flags %u", mode, flags);
	for (int i = 0; i < 2; i++) {
		ends_untold(w, generations);
		CHECK_STR(ask(w, "", SHORT_MS), "done");
		CHECK_STR(ask(w, "x", CALL_MS), "E_TIMEOUT");
		CHECK_STR(ask(w, "", SHORT_MS), "done");
		CHECK_INT(descriptors(), before);
	}
	ambit_worker_free(w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* all are reaped */
}

TEST_TIMEOUT(a_keeper_may_be_killed_meanwhile, 60)
{
	outlives_its_keeper(AMBIT_PERSISTENT, AMBIT_KEEPER, 3);
	outlives_its_keeper(AMBIT_FRESH, 0, 3);
}

TEST_TIMEOUT(that_of_a_copy_may_be, 60)
{
	outlives_its_keeper(AMBIT_PERSISTENT, AMBIT_INHERIT | AMBIT_KEEPER, 2);
	outlives_its_keeper(AMBIT_FRESH, AMBIT_INHERIT, 2);
}

/* Between two calls, of which the second is polled for. */
static void is_missed(uint32_t mode, uint32_t flags, int generations)
{
	struct ambit_worker *w = worker_with(obey, mode, flags, "");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	NOTE("mode %u, flags %u", mode, flags);
	for (int i = 0; i < 3; i++) {
		CHECK_STR(ask(w, "", 9000), "done");
		CHECK_INT(kill(descendant(0, generations), SIGKILL), 0);
		CHECK_INT(poll(&fd, 1, 9000), 1);
		CHECK_INT(ambit_call_begin(w, "", 0, NULL), AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 9000), 1);
		CHECK_INT(ambit_call_end(w, &answer, 0, NULL), AMBIT_OK);
	}
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST_TIMEOUT(a_keeper_killed_between_calls_is_replaced, 60)
{
	is_missed(AMBIT_PERSISTENT, AMBIT_KEEPER, 2);
	is_missed(AMBIT_PERSISTENT, AMBIT_INHERIT | AMBIT_KEEPER, 1);
	is_missed(AMBIT_FRESH, 0, 2);
	is_missed(AMBIT_FRESH, AMBIT_INHERIT, 1);
}

/* Its caller has been told; who polls is not woken by it any more, but by the next one. */
static void nobody_is_woken(uint32_t flags, int generations)
{
	struct ambit_worker *w = worker_with(obey, AMBIT_PERSISTENT, flags, "");
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct pollfd fd = { ambit_worker_fd(w), POLLIN, 0 };

	NOTE("flags %u", flags);
	for (int i = 0; i < 2; i++) {
		struct holder h;

		CHECK_INT(ambit_call_begin(w, "f", 1, NULL), AMBIT_OK);
		h = hold(descendant(0, generations));
		CHECK_INT(poll(&fd, 1, 4000), 1);
		CHECK_INT(ambit_call_end(w, &answer, 4000, NULL), AMBIT_E_PROTOCOL);
		CHECK(!*h.is_released);
		CHECK_INT(poll(&fd, 1, 0), 0);
		let_go(&h);
		end(&h);
		CHECK_INT(poll(&fd, 1, 100), 0);
		CHECK_INT(ambit_call_begin(w, "", 0, NULL), AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 9000), 1);
		CHECK_INT(ambit_call_end(w, &answer, 4000, NULL), AMBIT_OK);
		CHECK_INT(poll(&fd, 1, 0), 0);
	}
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
}

TEST_TIMEOUT(a_flood_wakes_nobody_twice, 60)
{
	nobody_is_woken(0, 2);
	nobody_is_woken(AMBIT_KEEPER, 3);
}

TEST_TIMEOUT(nor_does_that_of_a_copy, 60)
{
	nobody_is_woken(AMBIT_INHERIT, 1);
	nobody_is_woken(AMBIT_INHERIT | AMBIT_KEEPER, 2);
}

/* The one that is ending is not waited for while another has nothing to do. */
TEST_TIMEOUT(a_pool_takes_another, 60)
{
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_pool *pool = NULL;
	struct holder held[2];
	pid_t served[2];

	CHECK_INT(ambit_pool_new(p, obey, NULL, 2, &pool, NULL), AMBIT_OK);
	for (int i = 0; i < 2; i++)
		served[i] = descendant(i, 2);
	for (int i = 0; i < 2; i++)
		held[i] = hold(served[i]);
	CHECK_INT(ambit_pool_call(pool, "x", 1, &answer, CALL_MS, NULL), AMBIT_E_TIMEOUT);
	for (int i = 0; i < 2; i++)
		CHECK_INT(ambit_pool_call(pool, "", 0, &answer, 4000, NULL), AMBIT_OK);
	CHECK(!*held[0].is_released && !*held[1].is_released);
	for (int i = 0; i < 2; i++)
		let_go(&held[i]);
	ambit_pool_free(pool);
	for (int i = 0; i < 2; i++)
		end(&held[i]);
	ambit_untrusted_done(&answer);
	ambit_policy_free(p);
}
