/* SPDX-License-Identifier: ISC */
/*
 * filter.c - what a filter costs: to compile, to load, per system call
 *
 * Compile is measured warm (best of many) and cold (the first in a fresh process, caches and
 * pages untouched); load in a fresh process each time; calls against none in the same process,
 * just before the filter is loaded. Rounds of the wants are interleaved.
 *
 *	filter [ROUNDS [POLICY PROGRAM]]
 *
 * With a policy and a program it says whether the floor's filter answers every call as theirs.
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../src/filter/filter.h"
#include "../src/run/run.h"
#include "floor_filter.h"

enum { ROUNDS = 60, CALLS = 20000, PASSES = 4, WARM = 300 };

static const struct filter_socket sockets[] = {
	{ AF_INET, SOCK_STREAM, 0 },  { AF_INET, SOCK_STREAM, 6 }, { AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_STREAM, 6 }, { AF_INET, SOCK_DGRAM, 0 },  { AF_UNIX, SOCK_STREAM, 0 },
};
#define FILES (CALL_BIT(OPEN) | CALL_BIT(STAT) | CALL_BIT(CWD))
#define WORKING                                                                                    \
	(FILES | CALL_BIT(CREATE) | CALL_BIT(PIPE) | CALL_BIT(FORK) | CALL_BIT(SIGNAL) |           \
	 CALL_BIT(EXEC) | CALL_BIT(SESSION))
/* The least a filter can be: what the kernel itself takes for having one. */
static struct sock_filter allow_all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };

static const struct {
	const char *name;
	struct filter_want want;
	bool reference;
} cases[] = {
	{ .name = "\"allow\" alone, for comparison", .reference = true },
	{ .name = "start only", .want = { .allow = FILES, .exec_key = true } },
	{ .name = "files, processes", .want = { .allow = WORKING } },
	{ .name = "all classes",
	  .want = { .allow = UINT64_MAX, .sockets = sockets, .socket_count = 6 } },
	{ .name = "compute", .want = { .compute = true } },
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* What one fresh process found out. Times in microseconds, per call in nanoseconds. */
struct sample {
	double cold, warm, load;
	double plain_without, plain_with, checked_without, checked_with;
	size_t instructions, allowed;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "bench/filter: %s\n", what);
	_exit(1);
}

/* Nanoseconds a call, best of some passes. */
static double per_call(long number, long a, long b, long c)
{
	double best = 1e9;

	for (int p = 0; p < PASSES; p++) {
		double start = now();

		for (int i = 0; i < CALLS; i++)
			(void)syscall(number, a, b, c, 0, 0, 0);
		start = (now() - start) * 1e3 / CALLS;
		if (start < best)
			best = start;
	}
	return best;
}

static void build(struct arena *a, const struct filter_want *want, struct filter_prog *prog)
{
	if (filter_build(a, want, prog, NULL) != AMBIT_OK)
		die("filter_build failed");
}

static size_t count_allowed(const struct filter_prog *prog, enum arch arch)
{
	size_t count, allowed = 0;
	const struct call_row *rows = call_table(arch, &count);

	for (size_t i = 0; i < count; i++) {
		struct seccomp_data data = { .nr = rows[i].number,
					     .arch = filter_audit_arch(arch) };

		allowed += filter_simulate(prog->code, prog->count, &data) == SECCOMP_RET_ALLOW;
	}
	return allowed;
}

static void measure(const struct filter_want *want, bool reference, struct sample *s)
{
	struct arena a = { .first = NULL };
	struct filter_prog prog = { .count = 0 };
	double start = now();

	build(&a, want, &prog);
	s->cold = now() - start;
	s->warm = s->cold;
	for (int i = 0; i < WARM; i++) {
		struct arena again = { .first = NULL };
		struct filter_prog twin;

		start = now();
		build(&again, want, &twin);
		start = now() - start;
		arena_done(&again);
		if (start < s->warm)
			s->warm = start;
	}
	if (reference)
		prog = (struct filter_prog){ allow_all, 1 };
	s->instructions = prog.count;
	s->allowed = count_allowed(&prog, want->arch);
	s->plain_without = per_call(SYS_getppid, 0, 0, 0);
	s->checked_without = per_call(SYS_fcntl, 0, F_GETFD, 0);
	struct sock_fprog p = { .len = (unsigned short)prog.count, .filter = prog.code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die("no_new_privs");
	start = now();
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) != 0)
		die("seccomp");
	s->load = now() - start;
	s->plain_with = per_call(SYS_getppid, 0, 0, 0);
	s->checked_with = per_call(SYS_fcntl, 0, F_GETFD, 0);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Minimum and median of one figure over the rounds. */
static void summary(const struct sample *samples, size_t rounds, size_t offset, const char *label)
{
	double values[ROUNDS];

	for (size_t i = 0; i < rounds; i++)
		memcpy(&values[i], (const char *)&samples[i * CASES] + offset, sizeof(double));
	qsort(values, rounds, sizeof(values[0]), by_value);
	printf("  %-34s %8.1f  %8.1f\n", label, values[0], values[rounds / 2]);
}

static void report(const struct sample *s, size_t rounds, const char *name)
{
	printf("%s: %zu calls allowed without a look at arguments, %zu instructions\n", name,
	       s->allowed, s->instructions);
	printf("  %-34s %8s  %8s\n", "", "min", "median");
	if (s->instructions > 1) {
		summary(s, rounds, offsetof(struct sample, cold),
			"compile, first in a process, us");
		summary(s, rounds, offsetof(struct sample, warm), "compile, warm, us");
	}
	summary(s, rounds, offsetof(struct sample, load), "load, us");
	summary(s, rounds, offsetof(struct sample, plain_without), "allowed call, no filter, ns");
	summary(s, rounds, offsetof(struct sample, plain_with), "allowed call, ns");
	summary(s, rounds, offsetof(struct sample, checked_without),
		"argument-checked call, no filter, ns");
	summary(s, rounds, offsetof(struct sample, checked_with), "argument-checked call, ns");
}

enum { FLOOR_COUNT = sizeof(floor_filter) / sizeof(floor_filter[0]), NUMBERS = 512 };

/*
 * Do both answer alike, with constants of @prog and their neighbours in each argument, and every
 * other time some constant in another one? One in sixteen of all such questions.
 */
static size_t count_differences(const struct filter_prog *prog)
{
	uint64_t seed = 88172645463325252U;
	size_t differences = 0;

	for (size_t i = 0; i < (size_t)NUMBERS * 6 * prog->count * 6; i += 1 + seed % 31) {
		const uint32_t k = prog->code[i / 36 % prog->count].k;
		const int number = (int)(i / 36 / prog->count);
		struct seccomp_data data = { .nr = number, .arch = AUDIT_ARCH_X86_64 };

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (seed & 1)
			data.args[seed / 2 % 6] = prog->code[seed / 16 % prog->count].k;
		data.args[i % 6] = k + (uint64_t)(i / 6 % 3) - 1 + (i / 18 % 2 ? 1ull << 32 : 0);
		const uint32_t floor = filter_simulate(floor_filter, FLOOR_COUNT, &data);

		if (floor != SECCOMP_RET_USER_NOTIF)
			differences += filter_simulate(prog->code, prog->count, &data) != floor;
	}
	return differences;
}

static void compare_floor(const char *file, char *program)
{
	char *words[] = { program, NULL };
	struct ambit_error err = { 0 };
	struct ambit_policy *policy = ambit_policy_new();
	struct filter_prog prog = { .count = 0 };
	struct arena a = { .first = NULL };
	struct run run;

	if (policy == NULL || ambit_policy_load(policy, file, &err) != AMBIT_OK ||
	    run_plan(&run, policy, words, NULL, RUN_BECOME, &err) != AMBIT_OK)
		die(err.text);
	build(&a, &run.plan.want, &prog);
	size_t differences = count_differences(&prog);

	printf("the floor's filter, %d instructions, and that of %s, %zu: "
	       "%zu different answers, execve aside\n",
	       FLOOR_COUNT, file, prog.count, differences);
	arena_done(&a);
	run_done(&run);
	ambit_policy_free(policy);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;

	struct sample *samples = mmap(NULL, sizeof(*samples) * ROUNDS * CASES,
				      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (rounds == 0 || rounds > ROUNDS)
		die("wants 1 to 60 rounds");
	if (samples == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < rounds * (size_t)CASES; i++) {
		struct filter_want want = cases[i % CASES].want;
		pid_t pid = fork();
		int status;

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			want.arch = arch_native();
			measure(&want, cases[i % CASES].reference, &samples[i]);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			die("a sample failed");
	}
	for (size_t c = 0; c < CASES; c++)
		report(&samples[c], rounds, cases[c].name);
	if (argc > 3)
		compare_floor(argv[2], argv[3]);
	return 0;
}
