/* SPDX-License-Identifier: ISC */
/*
 * worker.c - what a call of a worker costs, against the same thing by hand
 *
 *	worker [ROUNDS]
 *
 * Each row is run against its floor in turn, ROUNDS times; minimum and median in µs, and the ratio
 * of the medians. The floors share memory between two processes of this program and do nothing
 * else: a futex each way, a copy each way, a fork and an exit, an ambit_spawn of true(1).
 *
 * What a wake-up costs is a matter of where the one who is woken sleeps: on this processor it is a
 * change of tasks, on one that is idle an interrupt and the end of its sleep, in a virtual machine
 * ten times as dear. So caller and worker, and the two of the floor, are held in turn on one
 * processor and on two; left alone, the scheduler may give one of them the one place and the other
 * the other.
 */
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ambit.h>

#include "place.h"

enum { ROUNDS_MOST = 5000, MIB = 1 << 20 };

static int echo(const void *in, size_t length, struct ambit_reply *reply)
{
	return ambit_reply_set(reply, in, length);
}
AMBIT_WORKER(echo)

/* As much as it was given, without looking at it: what is left is the way there and back. */
static int transfer(const void *in, size_t length, struct ambit_reply *reply)
{
	(void)in;
	return ambit_reply_room(reply, length) ? 0 : 1;
}
AMBIT_WORKER(transfer)

static int nothing(const void *in, size_t length, struct ambit_reply *reply)
{
	(void)in;
	(void)length;
	(void)reply;
	return 0;
}
AMBIT_WORKER(nothing)

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "worker: %s\n", what);
	_exit(1);
}

/* ---- floors -------------------------------------------------------------------------------- */

struct page {
	uint32_t request, reply;
	int spin;
	char in[MIB], out[MIB];
	size_t length;
};

static void wait_word(uint32_t *word, uint32_t old, int spin)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == old)
		if (!spin)
			syscall(SYS_futex, word, FUTEX_WAIT, old, NULL, NULL, 0);
}

static void set_word(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static struct page *page;
static char buffer[MIB];
static pid_t partner;

static void floor_end(void)
{
	if (partner <= 0)
		return;
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
	partner = 0;
}

static void floor_begin(int spin)
{
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		die("no memory");
	page->spin = spin;
	partner = fork();
	if (partner == 0) {
		prctl(PR_SET_PDEATHSIG, 9);
		for (uint32_t seen = 0;;) {
			wait_word(&page->request, seen++, spin);
			memcpy(page->out, page->in, page->length);
			set_word(&page->reply, seen);
		}
	}
}

static void floor_call(size_t length)
{
	static uint32_t number;

	memcpy(page->in, buffer, length);
	page->length = length;
	set_word(&page->request, ++number);
	wait_word(&page->reply, number - 1, page->spin);
	memcpy(buffer, page->out, length);
}

static void floor_small(void)
{
	floor_call(64);
}

/* What cannot be saved: the bytes there, and the answer's back; no two of the four are the same. */
static void floor_copy(void)
{
	static char request[MIB], reply[MIB], result[MIB];

	memcpy(request, buffer, MIB);
	__asm__ volatile("" ::"r"(request) : "memory");
	memcpy(result, reply, MIB);
	__asm__ volatile("" ::"r"(result) : "memory");
}

/* And with what two processes cannot do without: to wake each other. */
static void floor_copy_and_wake(void)
{
	static uint32_t number;

	memcpy(page->in, buffer, MIB);
	page->length = 0;
	set_word(&page->request, ++number);
	wait_word(&page->reply, number - 1, page->spin);
	memcpy(buffer, page->out, MIB);
}

static void floor_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static struct ambit_policy *policy;

static void floor_spawn(void)
{
	char program[] = "/bin/true";
	char *argv[] = { program, NULL };
	struct ambit_box *box;

	if (ambit_spawn(policy, argv, NULL, &box, NULL) != AMBIT_OK)
		die("cannot spawn");
	ambit_box_free(box);
}

/* ---- ambit --------------------------------------------------------------------------------- */

static struct ambit_worker *worker;
static struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;

static void begin(ambit_worker_fn *function, uint32_t mode, uint32_t spin_us)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_error err;

	options.mode = mode;
	options.spin_us = spin_us;
	if (ambit_worker_new(policy, function, &options, &worker, &err) != AMBIT_OK)
		die(err.text);
}

static void call(size_t length)
{
	struct ambit_error err;

	if (ambit_call(worker, buffer, length, &answer, 10000, &err) != AMBIT_OK)
		die(err.text);
}

static void call_small(void)
{
	call(64);
}

static void call_large(void)
{
	call(MIB);
}

static void call_nothing(void)
{
	call(0);
}

static void start_worker(void)
{
	struct ambit_worker *w;
	struct ambit_error err;

	if (ambit_worker_new(policy, nothing, NULL, &w, &err) != AMBIT_OK ||
	    ambit_call(w, NULL, 0, &answer, 10000, &err) != AMBIT_OK)
		die(err.text);
	ambit_worker_free(w);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static double times[2][ROUNDS_MOST];

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(int side, size_t i, void (*what)(void))
{
	double before = now_us();

	what();
	times[side][i] = now_us() - before;
}

static void print_row(const char *name, size_t rounds)
{
	for (int side = 0; side < 2; side++)
		qsort(times[side], rounds, sizeof(double), by_value);
	printf("%-32s %9.2f %9.2f %9.2f %9.2f %7.2f\n", name, times[0][0], times[0][rounds / 2],
	       times[1][0], times[1][rounds / 2], times[0][rounds / 2] / times[1][rounds / 2]);
}

static void row(const char *name, size_t rounds, void (*ours)(void), void (*theirs)(void))
{
	for (size_t i = 0; i < rounds; i++)
		for (int side = 0; side < 2; side++)
			measure(side, i, side ? theirs : ours);
	print_row(name, rounds);
}

/* The other side, ours and the floor's, on processor @other; this one on the first. */
static void placed_row(const char *name, size_t rounds, int other, ambit_worker_fn *function,
		       void (*ours)(void), void (*theirs)(void))
{
	stay_on(other);
	floor_begin(0);
	begin(function, AMBIT_PERSISTENT, 0);
	stay_on(0);
	for (int warm = 0; warm < 20; warm++) {
		ours();
		theirs();
	}
	row(name, rounds, ours, theirs);
	ambit_worker_free(worker);
	floor_end();
	stay_on(-1);
}

/* Not in turn: two that spin need both processors. */
static void spinning_row(const char *name, size_t rounds, ambit_worker_fn *function,
			 void (*ours)(void), void (*theirs)(void))
{
	begin(function, AMBIT_PERSISTENT, 1000);
	ours();
	for (size_t i = 0; i < rounds; i++)
		measure(0, i, ours);
	ambit_worker_free(worker);
	floor_begin(1);
	theirs();
	for (size_t i = 0; i < rounds; i++)
		measure(1, i, theirs);
	floor_end();
	print_row(name, rounds);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;

	rounds = rounds < 20 || rounds > ROUNDS_MOST ? 2000 : rounds;
	policy = ambit_policy_new();
	printf("%-32s %9s %9s %9s %9s %7s\n", "µs", "min", "median", "floor min", "median",
	       "ratio");
	placed_row("call, 64 B, one processor", rounds, 0, echo, call_small, floor_small);
	placed_row("call, 64 B, two processors", rounds, 1, echo, call_small, floor_small);
	spinning_row("call, 64 B, spinning", rounds, echo, call_small, floor_small);
	placed_row("call, 1 MiB, one processor", rounds / 4, 0, transfer, call_large, floor_copy);
	placed_row("call, 1 MiB, two processors", rounds / 4, 1, transfer, call_large, floor_copy);
	placed_row("call, 1 MiB, two, with wake-ups", rounds / 4, 1, transfer, call_large,
		   floor_copy_and_wake);
	spinning_row("call, 1 MiB, spinning", rounds / 4, transfer, call_large, floor_copy);
	begin(nothing, AMBIT_FRESH, 0);
	row("call, a fresh process", rounds / 2, call_nothing, floor_fork);
	ambit_worker_free(worker);
	row("a worker's start and end", rounds / 20, start_worker, floor_spawn);
	return 0;
}
