/* SPDX-License-Identifier: ISC */
/*
 * fds.c - descriptors: 0, 1, 2 and what "fd" names; everything else closes at execve
 *
 * A directory descriptor opened before the sandbox walks around every mount and root (runc
 * CVE-2024-21626), so nothing passes by default. All others are marked close-on-exec in one call;
 * ambit's own are among them.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "child.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum { OP_MARK, OP_KEEP };

enum ambit_code fds_plan(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_FDS,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL),
		.gives = TOKEN(CLEAN_FDS),
		.what = "close every descriptor that is not granted",
		.reason = "an open directory walks around every root",
	};

	if (plan->door == DOOR_ENTER)
		return plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_FDS, NULL, err,
				  "descriptors that are open stay open: close what is not needed "
				  "before");
	plan_ask(plan, DENY_INHERITED);
	if (plan->layer_need[AMBIT_LAYER_FDS] == NEED_OFF)
		return AMBIT_OK;
	plan_carry(plan, DENY_INHERITED, AMBIT_LAYER_FDS);
	return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_FDS);
}

static enum ambit_code is_directory(int fd, const char *where, struct ambit_error *err)
{
	(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_FDS, EISDIR,
		      "%s%sdescriptor %d is a directory", where, where[0] ? ": " : "", fd);
	return err_hint(err, "a directory descriptor reaches outside: grant its path with read or "
			     "write");
}

/* A granted descriptor must be open, no wider than granted, and no directory. */
static enum ambit_code check_fd(const struct grant *g, struct ambit_error *err)
{
	static const int modes[] = { [FD_ANY] = -1, [FD_READ] = O_RDONLY, [FD_WRITE] = O_WRONLY };
	int fd = (int)g->number;
	int flags = sys_fcntl(fd, F_GETFL, 0);
	char where[256];
	struct stat st;

	(void)origin_text(&g->origin, where, sizeof(where));
	if (flags < 0 || sys_fstat(fd, &st) < 0) {
		(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_FDS, EBADF,
			      "%s: descriptor %d is not open", where, fd);
		return err_hint(err, "open it for ambit, as in: ambit run ... %d<FILE", fd);
	}
	if (S_ISDIR(st.st_mode))
		return is_directory(fd, where, err);
	if (modes[g->fd_mode] >= 0 && (flags & O_ACCMODE) != modes[g->fd_mode]) {
		(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_FDS, EPERM,
			      "%s: descriptor %d is open for more than that", where, fd);
		return err_hint(err, "open it for reading only or for writing only, as granted");
	}
	return AMBIT_OK;
}

/* 0, 1 and 2 pass unasked: whatever they are, but no way around the view. */
enum ambit_code fds_check(const struct ambit_policy *policy, struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;
	struct stat st;

	for (int fd = 0; fd <= 2; fd++)
		if (sys_fstat(fd, &st) >= 0 && S_ISDIR(st.st_mode))
			return is_directory(fd, "", err);
	for (size_t at = 0; code == AMBIT_OK && (g = policy_next(policy, RIGHT_FD, &at)) != NULL;)
		code = check_fd(g, err);
	return code;
}

enum ambit_code fds_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	struct kit_op op = { .layer = AMBIT_LAYER_FDS,
			     .place = (uint8_t)step->place,
			     .op = OP_MARK };
	const struct grant *g;

	(void)err;
	kit_add_op(kit, &op);
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_FD, &at)) != NULL;) {
		op.op = OP_KEEP;
		op.a = g->number;
		kit_add_op(kit, &op);
	}
	return AMBIT_OK;
}

/*
 * Kernels before 5.11 cannot mark a range, and an outer filter may not know
 * the call: one call each, up to the limit.
 */
static int mark_each(void)
{
	struct rlimit limit;
	int r = sys_prlimit(0, RLIMIT_NOFILE, NULL, &limit);

	if (r < 0)
		return r;
	for (int fd = 3; fd < (int)(limit.rlim_max < 1 << 20 ? limit.rlim_max : 1 << 20); fd++) {
		r = sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (r < 0 && r != -EBADF)
			return r;
	}
	return 0;
}

int fds_commit(struct child *child, const struct kit_op *op)
{
	int r;

	(void)child;
	if (op->op == OP_KEEP)
		return sys_fcntl((int)op->a, F_SETFD, 0);
	r = sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	return r == -ENOSYS || r == -EINVAL || r == -EPERM ? mark_each() : r;
}

int fds_verify(struct child *child, const struct kit_op *op)
{
	const bool keep = op->op == OP_KEEP;
	int flags = sys_fcntl(keep ? (int)op->a : child->kit->report_fd, F_GETFD, 0);

	return flags == (keep ? 0 : FD_CLOEXEC) ? 0 : flags < 0 ? flags : -EPROTO;
}
