/* SPDX-License-Identifier: ISC */
/*
 * Workers killed at random moments, by somebody outside: every request is answered in the end, by
 * its own answer, and nothing is left: no process, no descriptor, no memory.
 *
 * AMBIT_CALLS says how many calls each test makes; a million takes minutes.
 */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FEW = 300, RARELY = 32, ENOUGH = 8, FAMILY_MAX = 256, CALLERS = 3, LONG = 4 * 3600 };

/* ---- inside -------------------------------------------------------------------------------- */

/* The number and its mirror: an answer that belongs to no other request. */
static int mirror(const void *in, size_t length, struct ambit_reply *reply)
{
	uint64_t number[2] = { 0, 0 };

	if (length != sizeof(number[0]))
		return 1;
	memcpy(&number[0], in, length);
	number[1] = ~number[0];
	return ambit_reply_set(reply, number, sizeof(number));
}
AMBIT_WORKER(mirror)

/* ---- the killer ---------------------------------------------------------------------------- */

struct family {
	pid_t pids[FAMILY_MAX];
	size_t count, direct;
};

static atomic_uint wanted; /* deaths that somebody asked for */
static atomic_bool over;
static atomic_uint killed, cut_short;

static void add_children(struct family *f, const char *path)
{
	FILE *file = fopen(path, "re");
	int pid;

	while (file && f->count < FAMILY_MAX && fscanf(file, "%d", &pid) == 1)
		f->pids[f->count++] = pid;
	if (file)
		(void)fclose(file);
}

/* Children of each of our threads, then theirs. */
static void list_family(struct family *f, atomic_int *threads, size_t thread_count)
{
	char path[64];

	f->count = 0;
	for (size_t i = 0; i < thread_count; i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
			       atomic_load(&threads[i]));
		add_children(f, path);
	}
	f->direct = f->count;
	for (size_t i = 0; i < f->count; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", f->pids[i],
			       f->pids[i]);
		add_children(f, path);
	}
}

static atomic_int callers[CALLERS + 1];
static atomic_size_t caller_count;

static void short_while(unsigned *seed)
{
	const struct timespec pause = { 0, rand_r(seed) % 400000 };

	(void)nanosleep(&pause, NULL);
}

/*
 * A child that is being made stands on our memory until it executes something else, and there on
 * what ThreadSanitizer notes of the thread that made it. Killed inside a call of the runtime, it
 * leaves notes behind by which that thread never holds a lock again.
 */
static bool is_to_be_spared(pid_t pid)
{
	return MEMORY_IS_SOMEBODYS && syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0) == 0;
}

/* One of the family at a random moment. Who lost its parent by that is ours to reap. */
static void *kill_some(void *argument)
{
	unsigned seed = (unsigned)getpid(), done = 0;
	struct family f;
	pid_t pid;

	(void)argument;
	while (!atomic_load(&over)) {
		short_while(&seed);
		if (done == atomic_load(&wanted))
			continue;
		list_family(&f, callers, atomic_load(&caller_count));
		if (!f.count)
			continue;
		pid = f.pids[(size_t)rand_r(&seed) % f.count];
		if (is_to_be_spared(pid))
			continue;
		done++;
		if (kill(pid, SIGKILL) == 0)
			atomic_fetch_add(&killed, 1);
		short_while(&seed);
		for (size_t i = f.direct; i < f.count; i++)
			(void)waitpid(f.pids[i], NULL, WNOHANG);
	}
	return NULL;
}

/* ---- the callers --------------------------------------------------------------------------- */

struct subject {
	struct ambit_worker *worker;
	struct ambit_pool *pool;
	uint64_t first, count;
	unsigned failures[32];
};

static enum ambit_code call_one(const struct subject *s, uint64_t number,
				struct ambit_untrusted *answer, struct ambit_error *err)
{
	return s->pool ? ambit_pool_call(s->pool, &number, sizeof(number), answer, 60000, err)
		       : ambit_call(s->worker, &number, sizeof(number), answer, 60000, err);
}

static void check_answer(const struct ambit_untrusted *answer, uint64_t number)
{
	uint64_t got[2];
	const void *data = NULL;
	size_t length = 0;

	CHECK_INT(ambit_validate_bytes(answer, sizeof(got), &data, &length, NULL), AMBIT_OK);
	CHECK_INT(length, sizeof(got));
	memcpy(got, data, sizeof(got));
	CHECK(got[0] == number && got[1] == ~number);
}

static void *call_all(void *argument)
{
	struct subject *s = argument;
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_error err;
	unsigned seed = (unsigned)s->first + 1;

	callers[atomic_fetch_add(&caller_count, 1)] = gettid();
	/* Until deaths were met often enough for what one of them leaves to be seen. */
	for (uint64_t i = 0;
	     i < s->count || (atomic_load(&cut_short) < ENOUGH && i < 1000 * s->count);) {
		enum ambit_code code;

		if (rand_r(&seed) % RARELY == 0)
			atomic_fetch_add(&wanted, 1);
		code = call_one(s, s->first + i, &answer, &err);
		atomic_fetch_add(&cut_short, code == AMBIT_E_CRASHED);
		if (code == AMBIT_OK)
			check_answer(&answer, s->first + i++);
		else if (!s->failures[code]++ || (code != AMBIT_E_CRASHED && code != AMBIT_E_CHILD))
			NOTE("%s: %s (%d)", ambit_code_name(code), err.text, err.sys_errno);
	}
	ambit_untrusted_done(&answer);
	return NULL;
}

/* ---- what is left -------------------------------------------------------------------------- */

struct traces {
	unsigned descriptors, maps;
	size_t heap;
};

static struct traces traces_now(void)
{
	struct traces t = { 0, 0, mallinfo2().uordblks };
	FILE *maps = fopen("/proc/self/maps", "re");
	int c;

	for (int fd = 0; fd < 1024; fd++)
		t.descriptors += fcntl(fd, F_GETFD) >= 0;
	while (maps && (c = getc(maps)) != EOF)
		t.maps += c == '\n';
	CHECK(maps != NULL);
	(void)fclose(maps);
	return t;
}

/* Nobody who lives, and nobody who is dead, before long. */
static bool all_gone(void)
{
	for (int tries = 0; tries < 2000; tries++) {
		const struct timespec pause = { 0, 5000000 };
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0)
			return errno == ECHILD;
		if (pid == 0)
			(void)nanosleep(&pause, NULL);
	}
	return false;
}

static uint64_t how_many(uint64_t few)
{
	const char *text = getenv("AMBIT_CALLS");

	return text ? strtoull(text, NULL, 10) : few;
}

static void begin(struct subject *s, size_t pool, uint32_t mode, uint32_t flags)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;
	enum ambit_code code;

	options.mode = mode;
	options.flags = flags;
	code = pool ? ambit_pool_new(p, mirror, &options, pool, &s->pool, &err)
		    : ambit_worker_new(p, mirror, &options, &s->worker, &err);
	if (code != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	ambit_policy_free(p);
}

static void call_in_threads(const struct subject *s, size_t threads, uint64_t calls,
			    unsigned failures[32])
{
	struct subject each[CALLERS];
	pthread_t ids[CALLERS];

	for (size_t i = 0; i < threads; i++) {
		each[i] = *s;
		each[i].first = (uint64_t)i << 32;
		each[i].count = calls / threads;
		CHECK_INT(pthread_create(&ids[i], NULL, call_all, &each[i]), 0);
	}
	for (size_t i = 0; i < threads; i++) {
		CHECK_INT(pthread_join(ids[i], NULL), 0);
		for (int code = 0; code < 32; code++)
			failures[code] += each[i].failures[code];
	}
}

/* All of it: start, call while somebody kills, end. */
static void call_and_kill(size_t pool, uint32_t mode, uint32_t flags, uint64_t calls,
			  unsigned failures[32])
{
	struct subject s = { 0 };
	pthread_t killer;

	atomic_store(&killed, 0);
	atomic_store(&cut_short, 0);
	atomic_store(&wanted, 0);
	atomic_store(&over, false);
	begin(&s, pool, mode, flags);
	/* Workers are children of the thread that started them. */
	atomic_store(&caller_count, 1);
	callers[0] = gettid();
	CHECK_INT(pthread_create(&killer, NULL, kill_some, NULL), 0);
	call_in_threads(&s, pool ? CALLERS : 1, calls, failures);
	atomic_store(&over, true);
	CHECK_INT(pthread_join(killer, NULL), 0);
	ambit_pool_free(s.pool);
	ambit_worker_free(s.worker);
}

static void run(size_t pool, uint32_t mode, uint32_t flags, uint64_t calls)
{
	struct traces before, after;
	unsigned failures[32] = { 0 };

	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	/* Once before, so that what the C library keeps for later is there: stacks, arenas. */
	call_and_kill(pool, mode, flags, FEW / 4, failures);
	before = traces_now();
	memset(failures, 0, sizeof(failures));
	call_and_kill(pool, mode, flags, calls, failures);
	after = traces_now();
	NOTE("%lu calls answered, %u kills, %u calls cut short", (unsigned long)calls,
	     atomic_load(&killed), failures[AMBIT_E_CRASHED]);
	for (int code = 0; code < 32; code++)
		if (code != AMBIT_E_CRASHED && code != AMBIT_E_CHILD)
			CHECK_INT(failures[code], 0);
	CHECK(atomic_load(&killed) >= ENOUGH); /* the control: it did happen */
	CHECK_INT(after.descriptors, before.descriptors);
	NOTE("%u maps, then %u; %zu bytes, then %zu", before.maps, after.maps, before.heap,
	     after.heap);
	if (!MEMORY_IS_SOMEBODYS) {
		CHECK(after.maps <= before.maps + 4);
		CHECK(after.heap <= before.heap + 16384);
	}
	CHECK(all_gone());
}

TEST_TIMEOUT(persistent, LONG)
{
	run(0, AMBIT_PERSISTENT, 0, how_many(FEW));
}

TEST_TIMEOUT(fresh, LONG)
{
	run(0, AMBIT_FRESH, 0, how_many(FEW));
}

TEST_TIMEOUT(a_pool, LONG)
{
	run(2, AMBIT_PERSISTENT, 0, how_many(FEW));
}

TEST_TIMEOUT(a_fresh_pool, LONG)
{
	run(2, AMBIT_FRESH, 0, how_many(FEW));
}

TEST_TIMEOUT(kept, LONG)
{
	run(0, AMBIT_PERSISTENT, AMBIT_KEEPER, how_many(FEW));
}

TEST_TIMEOUT(a_kept_pool, LONG)
{
	run(2, AMBIT_PERSISTENT, AMBIT_KEEPER, how_many(FEW));
}

TEST_TIMEOUT(kept_copies, LONG)
{
	run(0, AMBIT_PERSISTENT, AMBIT_KEEPER | AMBIT_INHERIT, how_many(FEW));
}

TEST_TIMEOUT(a_pool_of_copies, LONG)
{
	run(2, AMBIT_PERSISTENT, AMBIT_INHERIT, how_many(FEW));
}

TEST_TIMEOUT(fresh_copies, LONG)
{
	run(0, AMBIT_FRESH, AMBIT_INHERIT, how_many(FEW));
}
