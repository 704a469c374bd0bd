/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * Three processes at most. The caller (ambit, or any program that calls ambit_spawn) plans and
 * prepares. The leader, a small freestanding image, stands in the new namespaces, builds the
 * view, and stays as init or reaper where one is needed. The program's process does the rest and
 * becomes the program. Where nothing has to stay, the caller's own process (ambit run) or the
 * stage image (ambit_spawn) goes straight to the program's part.
 *
 * This file is the part that both have in common: it walks the kit's operations of one place,
 * commits each, verifies all, and says which one failed. It allocates nothing, takes no lock and
 * prints nothing; a failure is one record through a close-on-exec pipe, whose end of file means
 * that execve has happened.
 *
 * The filter is last: everything before it is verified first, because the probes need calls that
 * it refuses.
 *
 * Leader and program's process work side by side after the clone that makes the second: it does
 * what needs no view, waits until the leader has built that, and goes on. They meet before
 * execve: no step of the program's process that needs the leader's comes earlier.
 */
#include "child.h"

#include <asm/ioctls.h>
#include <signal.h>
#include <sys/stat.h>

#include "../layer/child.h"
#include "../layer/commits.h"

void child_init(struct child *child, struct kit *kit)
{
	*child = (struct child){
		.kit = kit,
		.listener_fd = -1,
		.root_fd = -1,
		.tmpfs_fd = -1,
		.proc_fd = -1,
		.umask = -1,
		.landlock_fd = -1,
	};
}

/*
 * The parent must hear of it: it takes the pipe's end for a start. Each write is tried once more.
 */
static bool write_report(int fd, const struct kit_report *report)
{
	for (int tries = 0; tries < 3; tries++)
		if (sys_write(fd, report, sizeof(*report)) == (ssize_t)sizeof(*report))
			return true;
	return false;
}

void child_report(struct child *child, const struct kit_op *op, enum kit_where where,
		  bool verifying, int r)
{
	struct kit_report report = {
		.magic = KIT_REPORT_MAGIC,
		.step = op ? op->step : 0,
		.layer = op ? op->layer : (uint8_t)AMBIT_LAYER_RUN,
		.op = op ? op->op : 0,
		.verifying = verifying,
		.where = (uint8_t)where,
		.sys_errno = -r,
		.detail = child->detail,
	};

	for (size_t i = 0; child->path && child->path[i] && i < sizeof(report.path) - 1; i++)
		report.path[i] = child->path[i];
	if (child->keep) {
		*child->keep = report;
		return;
	}
	child->mute = !write_report(child->kit->report_fd, &report);
	if (child->mute && child->left) {
		*child->left = report;
		child->mute = false;
	}
}

void child_end(const struct child *child)
{
	if (child->mute)
		__builtin_trap(); /* needs no call, and is no exit of the program's */
	sys_exit_group(125);
}

static int commit_one(struct child *child, const struct kit_op *op)
{
	const struct layer_commit *layer = commit_by_id(op->layer);
	int r = layer ? layer->commit(child, op) : -EINVAL;

	if (r < 0)
		child_report(child, op, WHERE_STEP, false, r);
	return r;
}

static int verify_one(struct child *child, const struct kit_op *op)
{
	const struct layer_commit *layer = commit_by_id(op->layer);
	int r = layer && layer->verify ? layer->verify(child, op) : 0;

	if (r < 0)
		child_report(child, op, WHERE_STEP, true, r);
	return r;
}

static bool is_filter(const struct kit_op *op)
{
	return op->layer == AMBIT_LAYER_SECCOMP;
}

/* Verify the operations [from, to) of a place. */
static int verify_range(struct child *child, enum plan_place place, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);
		int r = op->place == (uint8_t)place ? verify_one(child, op) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* Commit a place in the kit's order; what stands before the filter is verified before it. */
static int commit_place(struct child *child, enum plan_place place)
{
	uint32_t count = child->kit->op_count, verified = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct kit_op *op = kit_op_at(child->kit, i);
		int r = 0;

		if (op->place != (uint8_t)place)
			continue;
		if (is_filter(op)) {
			r = verify_range(child, place, 0, i);
			verified = i;
			if (r >= 0 && child->before_filter)
				r = child->before_filter(child, op);
		}
		if (r >= 0)
			r = commit_one(child, op);
		if (r < 0)
			return r;
	}
	return verify_range(child, place, verified, count);
}

int child_leader(struct child *child)
{
	return commit_place(child, PLACE_LEADER);
}

int child_build(struct child *child)
{
	return commit_place(child, PLACE_BUILD);
}

int child_confine(struct child *child)
{
	return commit_place(child, PLACE_PROGRAM);
}

int child_each_thread(struct child *child)
{
	int r = 0;

	for (uint32_t i = 0; i < child->kit->op_count && r >= 0; i++)
		if (kit_op_at(child->kit, i)->each_thread)
			r = commit_one(child, kit_op_at(child->kit, i));
	for (uint32_t i = 0; i < child->kit->op_count && r >= 0; i++)
		if (kit_op_at(child->kit, i)->each_thread)
			r = verify_one(child, kit_op_at(child->kit, i));
	return r;
}

int child_beside(struct child *child)
{
	return commit_place(child, PLACE_BESIDE);
}

/* Of the first of 0-2 that is a terminal. */
static int ask_terminal(unsigned long request, void *argument)
{
	int r = -ENOTTY;

	for (int fd = 0; fd <= 2 && r == -ENOTTY; fd++)
		r = sys_ioctl(fd, request, argument);
	return r;
}

int child_session(struct child *child)
{
	int r = sys_setsid();

	if (r < 0 || !(child->kit->flags & KIT_TERMINAL))
		return r;
	child->path = "its terminal, which may be another session's";
	r = ask_terminal(TIOCSCTTY, NULL);
	if (r >= 0)
		child->path = NULL;
	return r;
}

/*
 * The kernel drops a terminal's stop for a group that has nobody to continue it: no parent in
 * another group of the session. So the leader leads that, and we a group in the foreground. Every
 * signal is blocked, SIGTTOU too.
 */
static int take_foreground(void)
{
	pid_t group = sys_getpid();
	int r = sys_setpgid(0, group);

	return r < 0 ? r : ask_terminal(TIOCSPGRP, &group);
}

/*
 * A session or group of its own, if it is to have one, the end of the leader its own end, and the
 * umask of the caller: the leader may be at the view, and without one.
 */
static int settle(struct child *child)
{
	const struct kit *k = child->kit;
	int r = 0;

	if (k->flags & KIT_STOPS)
		r = take_foreground();
	else if (k->flags & KIT_NEW_SESSION)
		r = child_session(child);
	if (r >= 0)
		r = child_die_with_leader(child);
	if (r >= 0 && child->umask >= 0)
		r = sys_umask((unsigned)child->umask);
	if (r < 0)
		child_report(child, NULL, WHERE_START, false, r);
	return r;
}

/*
 * pivot_root(2) has moved this process, which stood in the same old root as the leader, into the
 * new one too.
 */
static int verify_root(const struct meeting *m)
{
	struct stat st;
	int r = sys_fstatat(AT_FDCWD, "/", &st, 0);

	return r < 0 ? r : st.st_dev == m->root_device && st.st_ino == m->root_inode ? 0 : -EPROTO;
}

/* When the leader has built the view, if there is one. */
static int enter_view(struct child *child)
{
	const struct meeting *m = child->meeting;
	bool verifying = false;
	int r;

	child->path = kit_string(child->kit, child->kit->directory);
	if (m)
		(void)child_wait(&m->built, 0);
	r = sys_chdir(child->path);
	if (r >= 0 && m) {
		child->path = "the root that the leader has made";
		verifying = true;
		r = verify_root(m);
	}
	if (r < 0)
		child_report(child, NULL, WHERE_START, verifying, r);
	child->path = NULL;
	return r;
}

int child_program(struct child *child)
{
	const struct kit *k = child->kit;
	int r = settle(child);

	if (r >= 0)
		r = commit_place(child, PLACE_AHEAD);
	if (r >= 0)
		r = enter_view(child);
	if (r < 0)
		return r;
	r = commit_place(child, PLACE_PROGRAM);
	if (r < 0)
		return r;
	r = exec_release_helper(child);
	if (r < 0) {
		child_report(child, NULL, WHERE_START, false, r);
		return r;
	}
	r = commit_place(child, PLACE_START);
	if (r < 0)
		return r;
	r = sys_sigmask(SIG_SETMASK, &k->signal_mask, NULL);
	if (r < 0) {
		child_report(child, NULL, WHERE_START, false, r);
		return r;
	}
	r = exec_start(child);
	child->path = k->program ? kit_string(k, k->program) : NULL;
	child_report(child, NULL, WHERE_EXEC, false, r);
	return r;
}
