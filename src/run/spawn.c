/* SPDX-License-Identifier: ISC */
/*
 * spawn.c - from a kit to a process
 *
 * The child is made with CLONE_VM|CLONE_VFORK in its new namespaces: no page table of the caller
 * is copied, so the cost does not depend on its size. That child shares the caller's memory, so
 * it does nothing but mark descriptors, keep its capabilities over execve, and execute the stage
 * image; ids, dumpable and the rest change only there (PR_SET_DUMPABLE and credential changes
 * would reach the caller for good).
 *
 * Where nothing may be executed from memory, nor from a file without a name, there is no stage and
 * nothing stays: then the child is a copy, and goes straight to the program's part.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/image.h"
#include "../base/num.h"
#include "../base/sys.h"
#include "../layer/cgroup_dir.h"
#include "child.h"
#include "processor.h"
#include "run.h"
#include "stage_image.h"

enum { SPAWN_STACK = 64 * 1024 };

/* All that the first child needs; on the caller's stack, read by the child. */
struct launch {
	struct kit *kit;
	const struct kit_builder *builder;
	int stage_fd, kit_fd;
	int report[2], control[2], judge[2];
	bool keep_caps;
	bool staged; /* there is an image to execute */
	int terminal_fd;
	unsigned terminal_mask;
	char kit_number[24], report_number[24], stage_path[40];
};

/* ---- the child that shares our memory ------------------------------------------------------ */

static int keep_open(int fd)
{
	return fd < 0 ? 0 : sys_fcntl(fd, F_SETFD, 0);
}

/* execve of a process that is not uid 0 empties its sets but for the ambient one. */
static int carry_capabilities(void)
{
	static const uint8_t needed[] = { CAP_SYS_ADMIN,  CAP_NET_ADMIN,    CAP_SETPCAP,
					  CAP_SETUID,	  CAP_SETGID,	    CAP_SYS_CHROOT,
					  CAP_SYS_PTRACE, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH,
					  CAP_KILL,	  CAP_SYS_TIME };
	struct sys_caps caps;
	int r = sys_capget(&caps);

	if (r < 0)
		return r;
	caps.inheritable |= caps.permitted;
	r = sys_capset(&caps);
	for (size_t i = 0; i < ARRAY_COUNT(needed) && r >= 0; i++)
		if (caps.permitted >> needed[i] & 1)
			r = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, needed[i], 0, 0);
	return r;
}

static int ready_descriptors(const struct launch *l)
{
	const struct kit *k = l->kit;
	int r = sys_close_range(3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);

	/* Without the call, before 5.11, or where an old outer filter knows it not. */
	if (r == -ENOSYS || r == -EINVAL || r == -EPERM)
		r = fd_walk(&(struct fd_walk){ 3, ~0u, FD_NUMBERS, fd_mark, NULL });
	if (r >= 0)
		r = keep_open(l->kit_fd);
	if (r >= 0)
		r = keep_open(k->report_fd);
	if (r >= 0)
		r = keep_open(k->control_fd);
	if (r >= 0)
		r = keep_open(k->judge_fd);
	if (r >= 0)
		r = keep_open(k->judge_peer_fd);
	for (uint32_t i = 0; i < l->builder->fd_count && r >= 0; i++)
		r = keep_open(l->builder->fds[i]);
	for (uint32_t i = 0; i < k->op_count && r >= 0; i++) {
		const struct kit_op *op = kit_op_at(k, i);

		if (op->layer == AMBIT_LAYER_FDS && op->op == 1 /* keep */)
			r = keep_open((int)op->a);
	}
	return r;
}

static int ready_child(const struct launch *l)
{
	int r = ready_descriptors(l);

	for (int fd = 0; fd <= 2 && r >= 0; fd++)
		if (l->terminal_mask >> fd & 1)
			r = sys_dup3(l->terminal_fd, fd, 0);
	return r < 0 ? r : 0;
}

/* By descriptor; where that call is refused, by the name that /proc has for it. */
static int execute_stage(const struct launch *l)
{
	char name[] = "ambit";
	char *argv[] = { name, (char *)(uintptr_t)l->kit_number,
			 (char *)(uintptr_t)l->report_number, NULL };
	char *envp[] = { NULL };
	int r = sys_execveat(l->stage_fd, "", argv, envp, AT_EMPTY_PATH);

	if (r == -ENOSYS || r == -EPERM)
		r = sys_execve(l->stage_path, argv, envp);
	return r;
}

static void first_child(void *argument)
{
	const struct launch *l = argument;
	enum kit_where where = WHERE_START;
	struct child child;
	int r = ready_child(l);

	if (r >= 0 && l->keep_caps)
		r = carry_capabilities();
	if (r >= 0) {
		where = WHERE_STAGE;
		processor_stay(l->kit);
		r = execute_stage(l);
	}
	child_init(&child, l->kit);
	child_report(&child, NULL, where, false, r);
	child_end(&child);
}

/* argv and envp come as offsets; the kernel wants pointers. */
static void point(struct kit *kit, uint32_t table)
{
	uint64_t *entry = (uint64_t *)(void *)((char *)kit + table);

	for (; table && *entry; entry++)
		*entry += (uint64_t)(uintptr_t)kit;
}

/* A copy of the caller, which is changed in nothing; it allocates nothing and takes no lock. */
static void unstaged_child(const struct launch *l)
{
	struct child child;
	int r = ready_child(l);

	point(l->kit, l->kit->argv);
	point(l->kit, l->kit->envp);
	child_init(&child, l->kit);
	child.leader_pid = (int)l->kit->caller_pid;
	if (r < 0)
		child_report(&child, NULL, WHERE_START, false, r);
	else if (child_leader(&child) >= 0)
		IGNORE_RESULT(child_program(&child)); /* reported through the pipe */
	child_end(&child);
}

/* ---- the parent ---------------------------------------------------------------------------- */

static int above_standard(int fds[2])
{
	fds[0] = fd_above_standard(fds[0]);
	fds[1] = fd_above_standard(fds[1]);
	return fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;
}

static int open_channels(struct launch *l)
{
	struct kit *k = l->kit;
	int r = sys_pipe2(l->report, O_CLOEXEC);

	if (r >= 0)
		r = above_standard(l->report);
	if (r >= 0 && k->leader)
		r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->control);
	if (r >= 0 && k->leader)
		r = above_standard(l->control);
	if (r >= 0 && (k->flags & KIT_NOTIFY))
		r = sys_socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, l->judge);
	if (r >= 0 && (k->flags & KIT_NOTIFY))
		r = above_standard(l->judge);
	if (r < 0)
		return r;
	k->report_fd = l->report[1];
	k->control_fd = l->control[1];
	k->judge_fd = l->judge[0];
	k->judge_peer_fd = l->judge[1];
	return 0;
}

/* The stage and the kit, each a file without a name. */
static int open_images(struct launch *l)
{
	static const char links[] = "/proc/self/fd/";

	l->stage_fd = image_file("ambit-stage", true, stage_image, stage_image_size);
	l->kit_fd = l->stage_fd < 0 ? l->stage_fd
				    : image_file("ambit-kit", false, l->kit, l->kit->size);
	if (l->kit_fd < 0)
		return l->kit_fd;
	memcpy(l->stage_path, links, sizeof(links));
	(void)num_format(l->stage_path + sizeof(links) - 1, (uint64_t)l->stage_fd);
	(void)num_format(l->kit_number, (uint64_t)l->kit_fd);
	(void)num_format(l->report_number, (uint64_t)l->kit->report_fd);
	return 0;
}

static void close_launch(struct launch *l)
{
	fd_close(&l->report[0]);
	fd_close(&l->report[1]);
	fd_close(&l->control[0]);
	fd_close(&l->control[1]);
	fd_close(&l->judge[0]);
	fd_close(&l->judge[1]);
	fd_close(&l->stage_fd);
	fd_close(&l->kit_fd);
}

/* 0 when execve happened; 1 when @ret is a report; -errno. */
static int read_report(int fd, struct kit_report *ret)
{
	size_t used = 0;
	ssize_t n = 0;

	while (used < sizeof(*ret)) {
		n = sys_read(fd, (char *)ret + used, sizeof(*ret) - used);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		return (int)n;
	if (!used)
		return 0;
	return used == sizeof(*ret) && ret->magic == KIT_REPORT_MAGIC ? 1 : -EPROTO;
}

static int reap(pid_t pid)
{
	int status = 0, r;

	do
		r = sys_wait4(pid, &status, 0, NULL);
	while (r == -EINTR);
	if (r < 0) /* what the one call will not, the other may */
		IGNORE_RESULT(sys_waitid(P_PID, pid, NULL, WEXITED, NULL));
	return r < 0 ? r : status;
}

static bool is_execve_next(int kit_fd)
{
	uint32_t is_next = 0;

	return kit_fd >= 0 &&
	       pread(kit_fd, &is_next, sizeof(is_next), offsetof(struct kit, is_next)) ==
		       (ssize_t)sizeof(is_next) &&
	       is_next;
}

/*
 * An end of file without a report: either the program runs, or the child died on the way. A
 * program may be dead by now, too; without a stage the two cannot be told apart then.
 */
static bool has_died(const struct spawned *s, int kit_fd)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return s->leader || is_execve_next(kit_fd)
		       ? false
		       : sys_waitid(P_PID, s->pid, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0 &&
				 info.si_pid == s->pid && info.si_code != CLD_EXITED;
}

/* What the program starts with: before the kit is written to a file, which is what a stage maps. */
static int set_signal_mask(const struct run *run, struct kit *kit)
{
	kit->signal_mask = run->signal_mask;
	return run->has_signal_mask ? 0 : sys_sigmask(SIG_SETMASK, NULL, &kit->signal_mask);
}

/*
 * With every signal blocked: no handler of the caller's may run in a child that shares its memory.
 */
static int clone_child(const struct run *run, struct launch *l, struct spawned *s)
{
	const uint64_t all = ~UINT64_C(0);
	uint64_t mask;
	int r;
	char *stack =
		sys_mmap(SPAWN_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, &r);

	if (!stack)
		return r;
	r = sys_sigmask(SIG_SETMASK, &all, &mask);
	if (r < 0)
		goto unmap;
	if (l->staged)
		s->pid = sys_clone(run->plan.clone_flags | CLONE_VM | CLONE_VFORK | SIGCHLD,
				   stack + SPAWN_STACK, first_child, l, &s->pidfd, NULL);
	else
		s->pid = sys_fork(run->plan.clone_flags, &s->pidfd);
	if (!l->staged && s->pid == 0)
		unstaged_child(l);
	r = sys_sigmask(SIG_SETMASK, &mask, NULL);
	if (r >= 0 && s->pid > 0)
		r = s->pidfd = fd_above_standard(s->pidfd); /* else the next start inherits it */
unmap:
	IGNORE_RESULT(sys_munmap(stack, SPAWN_STACK)); /* at worst it stays mapped */
	return r;
}

static enum ambit_code start_failed(struct ambit_error *err, int r)
{
	(void)err_set(err, run_code(-r), AMBIT_LAYER_RUN, -r, "cannot start the confined process");
	return err_hint(err, "%s", layer_hint(AMBIT_LAYER_RUN, 0, -r));
}

int run_signal(const struct spawned *s, int number)
{
	int r = sys_pidfd_send_signal(s->pidfd, number);

	/* Whatever kept it: not reaped yet, the number is still its own. */
	return r < 0 && r != -ESRCH ? sys_kill(s->pid, number) : r;
}

static void kill_child(struct spawned *s)
{
	IGNORE_RESULT(run_signal(s, SIGKILL)); /* ESRCH: ended */
	IGNORE_RESULT(reap(s->pid));
	fd_close(&s->pidfd);
}

/* What a child whose filter lets it write no report left in the kit's file: as read_report(). */
static int read_left(int kit_fd, struct kit_report *ret)
{
	ssize_t n;

	do
		n = kit_fd < 0 ? 0 : pread(kit_fd, ret, sizeof(*ret), offsetof(struct kit, left));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*ret) && ret->magic == KIT_REPORT_MAGIC;
}

/* What the child says of its start; the code, with @report filled where one came. */
static enum ambit_code hear_child(const struct run *run, const struct launch *l, struct spawned *s,
				  struct kit_report *report, struct ambit_error *err)
{
	int r = read_report(l->report[0], report);

	if (r == 0)
		r = read_left(l->kit_fd, report);
	if (r == 0 && has_died(s, l->kit_fd))
		r = -EPROTO;
	if (r == 0)
		return AMBIT_OK;
	if (r == 1)
		return run_explain(&run->plan, report, err);
	(void)err_set(err, AMBIT_E_CHILD, AMBIT_LAYER_RUN, -r,
		      "cannot hear of the program's start");
	return err_hint(err, "%s", layer_hint(AMBIT_LAYER_RUN, 0, -r));
}

static enum ambit_code start_child(const struct run *run, struct launch *l, struct spawned *s,
				   struct kit_report *report, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	int r = open_channels(l);

	if (r >= 0)
		r = set_signal_mask(run, l->kit);
	if (r >= 0 && l->staged) {
		processor_note(l->kit);
		r = open_images(l);
		report->where = r < 0 ? WHERE_STAGE : report->where;
		report->sys_errno = r < 0 ? -r : 0;
	}
	if (r >= 0)
		r = clone_child(run, l, s);
	fd_close(&l->report[1]);
	fd_close(&l->control[1]);
	fd_close(&l->judge[0]);
	fd_close(&l->judge[1]);
	if (r >= 0 && s->pid < 0) {
		report->where = WHERE_CLONE;
		report->sys_errno = -s->pid;
		return start_failed(err, s->pid);
	}
	code = r < 0 ? start_failed(err, r) : hear_child(run, l, s, report, err);
	if (code != AMBIT_OK && s->pid > 0)
		kill_child(s);
	return code;
}

/* One attempt. *ret_report tells what was refused. */
static enum ambit_code attempt(struct run *run, struct spawned *s, struct kit_report *report,
			       struct ambit_error *err)
{
	struct kit_builder builder;
	struct launch l = { .builder = &builder,
			    .stage_fd = -1,
			    .kit_fd = -1,
			    .report = { -1, -1 },
			    .control = { -1, -1 },
			    .judge = { -1, -1 } };
	enum ambit_code code = run_prepare(run, &builder, &l.kit, err);

	memset(report, 0, sizeof(*report));
	for (uint32_t i = 0; i < builder.cgroup_count; i++) {
		s->cgroup_locks[s->cgroup_count] = fd_steal(&builder.cgroup_locks[i]);
		s->cgroups[s->cgroup_count++] = ptr_steal((char **)(uintptr_t)&builder.cgroups[i]);
	}
	builder.cgroup_count = 0;
	if (code != AMBIT_OK) {
		kit_builder_done(&builder);
		return code;
	}
	l.terminal_fd = run->terminal_fd;
	l.terminal_mask = run->terminal_fd >= 0 ? run->terminal_mask : 0;
	if (l.terminal_mask)
		l.kit->flags |= KIT_TERMINAL | KIT_NEW_SESSION | (l.kit->leader ? KIT_STOPS : 0);
	if (run->takes_terminal)
		l.kit->flags |= KIT_TERMINAL | KIT_NEW_SESSION;
	l.staged = host_has(&run->host, FACT_MEMFD_EXEC);
	l.keep_caps = run->plan.userns || (run->host.uid != 0 && run->host.caps);
	s->leader = l.kit->leader;
	code = start_child(run, &l, s, report, err);
	if (code == AMBIT_OK)
		s->control_fd = fd_steal(&l.control[0]);
	close_launch(&l);
	kit_builder_done(&builder);
	free(l.kit);
	return code;
}

/* Version 2 only: the leader was killed, and somebody is left. */
static void kill_cgroup(const char *directory)
{
	char path[4200];
	AUTO_FD int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/cgroup.kill", directory);
	fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	if (fd >= 0)
		IGNORE_RESULT(sys_write(fd, "1", 1)); /* it is tried again or stays busy */
}

bool run_out_of_memory(const struct spawned *s)
{
	bool is = false;

	for (uint32_t i = 0; i < s->cgroup_count; i++)
		is |= cgroup_dir_ran_out(s->cgroups[i]);
	return is;
}

void run_remove_cgroups(struct spawned *s)
{
	for (uint32_t i = 0; i < s->cgroup_count; i++) {
		/* EBUSY for a moment: the kernel still lets go of the last task. */
		for (int tries = 0; tries < 200; tries++) {
			struct timespec pause = { 0, 1000000 };
			int r = sys_unlinkat(AT_FDCWD, s->cgroups[i], AT_REMOVEDIR);

			if (r != -EBUSY && r != -EINTR)
				break;
			if (tries == 20)
				kill_cgroup(s->cgroups[i]);
			(void)nanosleep(&pause, NULL);
		}
		fd_close(&s->cgroup_locks[i]);
		free(s->cgroups[i]);
	}
	s->cgroup_count = 0;
}

void run_forget(struct spawned *s)
{
	for (uint32_t i = 0; i < s->cgroup_count; i++) {
		fd_close(&s->cgroup_locks[i]);
		free(s->cgroups[i]);
	}
	s->cgroup_count = 0;
	fd_close(&s->control_fd);
	fd_close(&s->pidfd);
}

enum ambit_code run_spawn(struct run *run, struct spawned *s, struct ambit_error *err)
{
	struct kit_report report;
	enum ambit_code code;

	do {
		*s = (struct spawned){ .pidfd = -1, .control_fd = -1 };
		err_clear(err);
		code = run_refuse_gaps(&run->plan, err);
		if (code != AMBIT_OK)
			return code;
		code = attempt(run, s, &report, err);
		if (code != AMBIT_OK)
			run_remove_cgroups(s);
	} while (code != AMBIT_OK && run_replan(run, &report, err));
	return code;
}

/* ---- becoming the program ------------------------------------------------------------------ */

/* Returns only to say why not. */
static enum ambit_code become(struct run *run, struct kit *kit, struct ambit_error *err)
{
	struct kit_report report = { 0 };
	struct child child;

	point(kit, kit->argv);
	point(kit, kit->envp);
	child_init(&child, kit);
	child.keep = &report;
	IGNORE_RESULT(child_program(&child)); /* it is in the report */
	return run_explain(&run->plan, &report, err);
}

enum ambit_code run_become(struct run *run, struct ambit_error *err)
{
	struct kit_builder builder;
	struct kit *kit = NULL;
	enum ambit_code code = run_refuse_gaps(&run->plan, err);
	int r;

	if (code != AMBIT_OK)
		return code;
	code = run_prepare(run, &builder, &kit, err);
	if (code == AMBIT_OK) {
		r = set_signal_mask(run, kit);
		kit->caller_pid = 0; /* that is we */
		code = r < 0 ? start_failed(err, r) : become(run, kit, err);
	}
	free(kit);
	kit_builder_done(&builder);
	return code;
}
