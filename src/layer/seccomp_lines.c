/* SPDX-License-Identifier: ISC */
/*
 * seccomp_lines.c - what `syscall` lines take from the filter's rules
 *
 * A table of acts: a call, what makes it hostile in one argument, the denial it breaks, and the
 * layers that it passes when the filter lets it. A line lets an act pass unless one of its own
 * conditions excludes it: all arguments that the act does not name can be anything.
 */
#include "seccomp_lines.h"

#include <linux/sched.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum test { ANY, IS, BITS, NOT_0 };
struct act {
	uint16_t call; /* enum call_id */
	uint8_t denial;
	uint8_t argument, test;
	uint32_t value;
	uint32_t past; /* bits 1 << enum ambit_layer */
};

/* clang-format off */
#define BIT(layer) (1u << AMBIT_LAYER_##layer)
#define ACT_PAST(name, denied, layers, argument, test, value) \
	{ ID_##name, DENY_##denied, (argument), (test), (value), (layers) }
#define ACT_IF(name, denied, argument, test, value) \
	ACT_PAST(name, denied, BIT(SECCOMP), argument, test, value)
#define ACT(name, denied) ACT_IF(name, denied, 0, ANY, 0)
/* Whoever connects, and sends to an address. */
#define REACHES(denied) \
	ACT(connect, denied), ACT_IF(sendto, denied, 4, NOT_0, 0), ACT(sendmsg, denied), \
	ACT(sendmmsg, denied), ACT(io_uring_setup, denied)
#define NUMBERS_OF(name) \
	ACT_IF(name, SIGNALS, 1, IS, 8 /* F_SETOWN */), ACT_IF(name, SIGNALS, 1, IS, 15)
#define SETS_FLAGS(number) ACT_IF(ioctl, ATTRIBUTES, 1, IS, number)
#define CUTS(name, argument, test, value) \
	ACT_PAST(name, CHANGES, BIT(SECCOMP) | BIT(LANDLOCK), argument, test, value)
#define TRUNCATES 01000 /* O_TRUNC */

static const struct act acts[] = {
	ACT_IF(ptrace, TRACE, 0, NOT_0, 0), ACT(process_vm_readv, TRACE),
	ACT(process_vm_writev, TRACE), ACT(pidfd_getfd, TRACE), ACT(process_madvise, TRACE),
	ACT(kcmp, TRACE), ACT(perf_event_open, TRACE), ACT(move_pages, TRACE),
	ACT(get_robust_list, TRACE),
	REACHES(CONNECT), REACHES(UNIX), REACHES(ABSTRACT),
	/* Landlock does not see who connects by sending. */
	ACT_PAST(sendto, CONNECT, BIT(SECCOMP) | BIT(LANDLOCK), 3, BITS, MSG_FASTOPEN),
	ACT_PAST(sendmsg, CONNECT, BIT(SECCOMP) | BIT(LANDLOCK), 2, BITS, MSG_FASTOPEN),
	ACT_PAST(sendmmsg, CONNECT, BIT(SECCOMP) | BIT(LANDLOCK), 3, BITS, MSG_FASTOPEN),
	ACT(bind, LISTEN), ACT(listen, LISTEN), ACT(io_uring_setup, LISTEN),
	ACT_IF(setsockopt, LISTEN, 2, IS, 51 /* IP_LOCAL_PORT_RANGE */),
	ACT_IF(socketpair, NETWORK, 1, BITS, SOCK_DGRAM), ACT(io_uring_setup, NETWORK),
	ACT_IF(ioctl, TERMINAL, 1, IS, 0x5412 /* TIOCSTI */),
	ACT_IF(ioctl, TERMINAL, 1, IS, 0x541c /* TIOCLINUX */),
	ACT(execve, PROGRAMS), ACT(execveat, PROGRAMS),
	ACT(kill, SIGNALS), ACT(tkill, SIGNALS), ACT(tgkill, SIGNALS),
	ACT(rt_sigqueueinfo, SIGNALS), ACT(rt_tgsigqueueinfo, SIGNALS),
	ACT(pidfd_send_signal, SIGNALS), NUMBERS_OF(fcntl),
	ACT_IF(ioctl, SIGNALS, 1, IS, 0x8901 /* FIOSETOWN */),
	ACT_IF(ioctl, SIGNALS, 1, IS, 0x8902 /* SIOCSPGRP */),
	ACT_IF(mmap, MEMORY_WX, 2, BITS, PROT_EXEC),
	ACT_IF(mprotect, MEMORY_WX, 2, BITS, PROT_EXEC),
	ACT_IF(pkey_mprotect, MEMORY_WX, 2, BITS, PROT_EXEC), ACT(personality, MEMORY_WX),
	ACT_IF(shmat, MEMORY_WX, 2, BITS, 0100000 /* SHM_EXEC */),
	/* A file in memory is written, and mapped: past what the kernel keeps by itself. */
	ACT_PAST(memfd_create, MEMORY_WX, BIT(SECCOMP) | BIT(PROCESS), 0, ANY, 0),
	ACT_PAST(memfd_create, WRITTEN_CODE, BIT(SECCOMP) | BIT(MOUNT), 0, ANY, 0),
	ACT_IF(clone, USERNS, 0, BITS, CLONE_NEWUSER), ACT(clone3, USERNS),
	ACT_IF(unshare, USERNS, 0, BITS, CLONE_NEWUSER),
	ACT_IF(setns, USERNS, 1, IS, 0), ACT_IF(setns, USERNS, 1, BITS, CLONE_NEWUSER),
	ACT(shmget, IPC), ACT(shmat, IPC), ACT(shmctl, IPC), ACT(semget, IPC), ACT(semop, IPC),
	ACT(semtimedop, IPC), ACT(semctl, IPC), ACT(msgget, IPC), ACT(msgsnd, IPC),
	ACT(msgrcv, IPC), ACT(msgctl, IPC), ACT(mq_open, IPC), ACT(mq_unlink, IPC),
	ACT(chmod, ATTRIBUTES), ACT(fchmod, ATTRIBUTES), ACT(fchmodat, ATTRIBUTES),
	ACT(fchmodat2, ATTRIBUTES), ACT(chown, ATTRIBUTES), ACT(fchown, ATTRIBUTES),
	ACT(lchown, ATTRIBUTES), ACT(fchownat, ATTRIBUTES), ACT(utime, ATTRIBUTES),
	ACT(utimes, ATTRIBUTES), ACT(futimesat, ATTRIBUTES), ACT(utimensat, ATTRIBUTES),
	ACT(setxattr, ATTRIBUTES), ACT(lsetxattr, ATTRIBUTES), ACT(fsetxattr, ATTRIBUTES),
	ACT(setxattrat, ATTRIBUTES), ACT(removexattr, ATTRIBUTES), ACT(lremovexattr, ATTRIBUTES),
	ACT(fremovexattr, ATTRIBUTES), ACT(removexattrat, ATTRIBUTES),
	ACT(file_setattr, ATTRIBUTES), ACT(io_uring_setup, ATTRIBUTES),
	SETS_FLAGS(0x40086602 /* FS_IOC_SETFLAGS */),
	SETS_FLAGS(0x401c5820 /* FS_IOC_FSSETXATTR */),
	CUTS(truncate, 0, ANY, 0), CUTS(open, 1, BITS, TRUNCATES), CUTS(openat, 2, BITS, TRUNCATES),
	CUTS(creat, 0, ANY, 0), CUTS(openat2, 0, ANY, 0), CUTS(io_uring_setup, 0, ANY, 0),
};
/* clang-format on */

/* Values are compared in the 32 bits that an act names: what is above them can be anything. */
static bool excludes(const struct syscall_cond *c, const struct act *act)
{
	const uint32_t mask = c->op == COND_MASK_EQ ? (uint32_t)c->mask : UINT32_MAX;
	const uint32_t value = (uint32_t)c->value;

	if (c->argument != act->argument || act->test == ANY)
		return false;
	if (c->op == COND_NE)
		return act->test == IS && c->value == act->value;
	if (act->test == NOT_0)
		return !c->value && (c->op == COND_EQ || c->mask == UINT64_MAX);
	if (act->test == IS)
		return (act->value & mask) != value;
	return act->value & mask & ~value;
}

static bool lets_pass(const struct grant *g, const struct act *act)
{
	for (size_t i = 0; i < g->cond_count; i++)
		if (excludes(&g->conds[i], act))
			return false;
	return true;
}

static enum ambit_code give_up(struct ambit_plan *plan, const struct act *act,
			       const struct grant *g, struct ambit_error *err)
{
	const enum plan_denial denial = (enum plan_denial)act->denial;
	const uint32_t carried = plan->carried[denial];

	plan->carried[denial] &= ~act->past;
	if (!carried || plan->carried[denial] || !plan->asked[denial])
		return AMBIT_OK;
	plan->asked[denial] = false;
	return plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_SECCOMP, g, err,
			  "because of this line it does not hold here: %s",
			  plan_denial_text(denial));
}

static enum ambit_code look_at(struct ambit_plan *plan, const struct grant *g,
			       struct ambit_error *err)
{
	const struct call_row *row = call_by_name(plan->want.arch, g->name);
	enum ambit_code code = AMBIT_OK;

	for (size_t i = 0; i < ARRAY_COUNT(acts) && code == AMBIT_OK; i++) {
		if (!row || row->id != acts[i].call || !lets_pass(g, &acts[i]))
			continue;
		/* Elsewhere Landlock knows which file is cut short. */
		if (acts[i].denial == DENY_CHANGES && !plan->want.no_truncate)
			continue;
		code = give_up(plan, &acts[i], g, err);
	}
	return code;
}

enum ambit_code seccomp_lines(struct ambit_plan *plan, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;

	for (size_t at = 0;
	     code == AMBIT_OK && (g = policy_next(plan->policy, RIGHT_SYSCALL, &at)) != NULL;)
		if (!g->number) /* it allows, and refuses not */
			code = look_at(plan, g, err);
	return code;
}
