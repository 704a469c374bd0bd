/* SPDX-License-Identifier: ISC */
/*
 * seccomp_lines.c - what `syscall` lines take from the filter's rules
 *
 * A table of acts, each with the denial that it would break. Whether a line lets one pass is not
 * guessed from its words: the rules are asked, with the lines and without.
 */
#include "seccomp_lines.h"

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

struct act {
	uint16_t call; /* enum call_id */
	uint8_t denial;
	uint64_t args[6];
};

/* clang-format off */
#define ACT(name, denied, ...) { ID_##name, DENY_##denied, { __VA_ARGS__ } }
#define TIOCLINUX_ 0x541c
/* Any address: what is behind a pointer no rule sees. */
#define SOME 4096

static const struct act acts[] = {
	ACT(ptrace, TRACE, 0), ACT(process_vm_readv, TRACE, 0), ACT(process_vm_writev, TRACE, 0),
	ACT(pidfd_getfd, TRACE, 0), ACT(process_madvise, TRACE, 0),
	ACT(connect, CONNECT, 0, SOME, 16), ACT(sendto, CONNECT, 0, SOME, 1, 0, SOME, 16),
	ACT(sendmsg, CONNECT, 0, SOME), ACT(sendmmsg, CONNECT, 0, SOME, 1),
	ACT(connect, UNIX, 0, SOME, 16), ACT(sendto, UNIX, 0, SOME, 1, 0, SOME, 16),
	ACT(sendmsg, UNIX, 0, SOME), ACT(sendmmsg, UNIX, 0, SOME, 1),
	ACT(connect, ABSTRACT, 0, SOME, 16), ACT(sendto, ABSTRACT, 0, SOME, 1, 0, SOME, 16),
	ACT(sendmsg, ABSTRACT, 0, SOME), ACT(sendmmsg, ABSTRACT, 0, SOME, 1),
	ACT(bind, LISTEN, 0, SOME, 16), ACT(listen, LISTEN, 0, 1),
	ACT(ioctl, TERMINAL, 0, TIOCSTI), ACT(ioctl, TERMINAL, 0, TIOCLINUX_),
	ACT(execve, PROGRAMS, SOME), ACT(execveat, PROGRAMS, 0, SOME),
	ACT(kill, SIGNALS, 1), ACT(tkill, SIGNALS, 1), ACT(tgkill, SIGNALS, 1, 1),
	ACT(rt_sigqueueinfo, SIGNALS, 1), ACT(rt_tgsigqueueinfo, SIGNALS, 1, 1),
	ACT(pidfd_send_signal, SIGNALS, 0),
	ACT(mmap, MEMORY_WX, 0, SOME, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS),
	ACT(mprotect, MEMORY_WX, SOME, SOME, PROT_READ | PROT_EXEC),
	ACT(pkey_mprotect, MEMORY_WX, SOME, SOME, PROT_READ | PROT_EXEC),
	ACT(clone, USERNS, CLONE_NEWUSER), ACT(clone3, USERNS, SOME),
	ACT(unshare, USERNS, CLONE_NEWUSER), ACT(setns, USERNS, 0, CLONE_NEWUSER),
	ACT(shmget, IPC, 1), ACT(semget, IPC, 1), ACT(msgget, IPC, 1), ACT(mq_open, IPC, SOME),
	ACT(chmod, ATTRIBUTES, SOME), ACT(fchmod, ATTRIBUTES, 0),
	ACT(fchmodat, ATTRIBUTES, 0, SOME), ACT(fchmodat2, ATTRIBUTES, 0, SOME),
	ACT(chown, ATTRIBUTES, SOME), ACT(fchown, ATTRIBUTES, 0), ACT(lchown, ATTRIBUTES, SOME),
	ACT(fchownat, ATTRIBUTES, 0, SOME), ACT(utime, ATTRIBUTES, SOME),
	ACT(utimes, ATTRIBUTES, SOME), ACT(futimesat, ATTRIBUTES, 0, SOME),
	ACT(utimensat, ATTRIBUTES, 0, SOME), ACT(setxattr, ATTRIBUTES, SOME),
	ACT(lsetxattr, ATTRIBUTES, SOME), ACT(fsetxattr, ATTRIBUTES, 0),
	ACT(truncate, CHANGES, SOME),
};
/* clang-format on */

static enum ambit_code ask(const struct filter_want *want, const struct act *act, bool *ret_passes,
			   struct ambit_error *err)
{
	struct seccomp_data data = { .nr = call_number(want->arch, act->call),
				     .arch = filter_audit_arch(want->arch) };
	struct arena arena = { 0 };
	uint32_t answer = 0;
	enum ambit_code code;

	for (size_t i = 0; i < ARRAY_COUNT(data.args); i++)
		data.args[i] = act->args[i];
	code = filter_evaluate(&arena, want, &data, &answer, err);
	arena_done(&arena);
	*ret_passes = answer == SECCOMP_RET_ALLOW;
	return code;
}

static enum ambit_code passes_by_line(const struct ambit_plan *plan, const struct act *act,
				      bool *ret, struct ambit_error *err)
{
	struct filter_want without = plan->want;
	bool before = false, after = false;
	enum ambit_code code;

	without.extra_count = 0;
	code = ask(&without, act, &before, err);
	if (code == AMBIT_OK)
		code = ask(&plan->want, act, &after, err);
	*ret = after && !before;
	return code;
}

static enum ambit_code give_up(struct ambit_plan *plan, enum plan_denial denial,
			       const struct grant *g, struct ambit_error *err)
{
	plan->carried[denial] &= ~(1u << AMBIT_LAYER_SECCOMP);
	if (plan->carried[denial] || !plan->asked[denial])
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
		const enum plan_denial denial = (enum plan_denial)acts[i].denial;
		bool passes = false;

		if (!row || row->id != acts[i].call ||
		    !(plan->carried[denial] >> AMBIT_LAYER_SECCOMP & 1))
			continue;
		code = passes_by_line(plan, &acts[i], &passes, err);
		if (code == AMBIT_OK && passes)
			code = give_up(plan, denial, g, err);
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
