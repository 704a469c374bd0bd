/* SPDX-License-Identifier: ISC */
/*
 * worker_less.c - what the keeper of a worker may and the process that serves may not
 *
 * No processes, no signals but to itself, nobody else's as the owner of a descriptor, death with
 * its keeper, and as dumpable as it was. The filter of the policy stands above: it knows
 * architectures and clone3.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "../base/sys.h"
#include "worker.h"
#include "worker_wire.h"

enum { ABI_FIOSETOWN = 0x8901, ABI_SIOCSPGRP = 0x8902, ABI_F_SETSIG = 10, ABI_F_SETOWN_EX = 15 };

enum test { ALWAYS, EQUAL, OTHER, SET, CLEAR, OTHER_THAN_SELF };

/* Refused when both tests hold; calls of the same number stand together. */
static const struct {
	int call;
	bool sealed_only; /* where the policy has it not */
	struct {
		uint8_t test, argument;
		uint32_t value;
	} when[2];
} rows[] = {
#ifdef __x86_64__
	{ .call = SYS_fork },
	{ .call = SYS_vfork },
#endif
	{ .call = SYS_clone, .when = { { CLEAR, 0, CLONE_THREAD } } },
	{ .call = SYS_kill, .when = { { OTHER_THAN_SELF, 0, 0 } } },
	{ .call = SYS_tkill, .when = { { OTHER_THAN_SELF, 0, 0 } } },
	{ .call = SYS_tgkill, .when = { { OTHER_THAN_SELF, 0, 0 } } },
	{ .call = SYS_rt_sigqueueinfo },
	{ .call = SYS_rt_tgsigqueueinfo },
	{ .call = SYS_pidfd_send_signal },
	{ .call = SYS_fcntl, .when = { { EQUAL, 1, F_SETOWN } } },
	{ .call = SYS_fcntl, .when = { { EQUAL, 1, ABI_F_SETOWN_EX } } },
	{ .call = SYS_fcntl, .when = { { EQUAL, 1, ABI_F_SETSIG } } },
	{ .call = SYS_fcntl, .when = { { EQUAL, 1, F_SETFL }, { SET, 2, O_ASYNC } } },
	{ .call = SYS_ioctl, .when = { { EQUAL, 1, ABI_FIOSETOWN } } },
	{ .call = SYS_ioctl, .when = { { EQUAL, 1, ABI_SIOCSPGRP } } },
	{ .call = SYS_ioctl, .when = { { EQUAL, 1, FIOASYNC } } },
	{ .call = SYS_prctl, .when = { { EQUAL, 0, PR_SET_PDEATHSIG }, { OTHER, 1, SIGKILL } } },
	{ .call = SYS_prctl, .when = { { EQUAL, 0, PR_SET_DUMPABLE }, { OTHER, 1, 0 } } },
	{ .call = SYS_pipe2, .sealed_only = true },
};

/* A dispatch to blocks, one for each number; a row is at most two tests and the refusal. */
enum { CODE_MAX = 2 + (int)ARRAY_COUNT(rows) * 7 };

struct code {
	struct sock_filter at[CODE_MAX];
	size_t count;
};

static size_t put(struct code *c, struct sock_filter instruction)
{
	c->at[c->count] = instruction;
	return c->count++;
}

static void load(struct code *c, size_t offset)
{
	(void)put(c, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Goes on where the test holds, and else over what is put until land(). */
static size_t go_on_when(struct code *c, uint8_t test, uint32_t value)
{
	const uint16_t bits = test == SET || test == CLEAR ? BPF_JSET : BPF_JEQ;

	return put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | bits | BPF_K, value, 0, 0));
}

static void land(struct code *c, size_t from, uint8_t test)
{
	const uint8_t over = (uint8_t)(c->count - from - 1);

	if (test == EQUAL || test == SET)
		c->at[from].jf = over;
	else
		c->at[from].jt = over;
}

static void put_row(struct code *c, size_t row, uint32_t self)
{
	size_t from[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		const uint8_t test = rows[row].when[i].test;

		if (test == ALWAYS)
			continue;
		load(c, offsetof(struct seccomp_data, args) +
				rows[row].when[i].argument * sizeof(uint64_t));
		from[i] = go_on_when(c, test,
				     test == OTHER_THAN_SELF ? self : rows[row].when[i].value);
	}
	(void)put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
	for (int i = 0; i < 2; i++)
		if (rows[row].when[i].test != ALWAYS)
			land(c, from[i], rows[row].when[i].test);
}

static void build(struct code *c, bool is_sealed, uint32_t self)
{
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	size_t from[ARRAY_COUNT(rows)], last = 0;

	load(c, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (!i || rows[i].call != rows[i - 1].call)
			from[i] =
				put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								    (uint32_t)rows[i].call, 0, 0));
	(void)put(c, allow);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		if (!i || rows[i].call != rows[i - 1].call) {
			last = from[i];
			c->at[last].jt = (uint8_t)(c->count - last - 1);
		}
		if (!rows[i].sealed_only || is_sealed)
			put_row(c, i, self);
		if (i + 1 == ARRAY_COUNT(rows) || rows[i].call != rows[i + 1].call)
			(void)put(c, allow);
	}
}

int worker_less(const struct worker_control *control)
{
	struct code code = { .count = 0 };
	struct sock_fprog prog = { .filter = code.at };

	build(&code, control->is_sealed, (uint32_t)sys_getpid());
	prog.len = (unsigned short)code.count;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
}
