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
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "../base/fd.h"
#include "child.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum { OP_MARK, OP_KEEP, OP_REOPEN };

/*
 * Sockets and objects through which more can be reached than what they are connected to. Named by
 * "fd" they pass, and what they bring is said; on 0 to 2 they are refused without.
 */
static const struct {
	enum open_kind kind;
	const char *what, *means;
} wide[] = {
	{ OPEN_DATAGRAM, "a datagram socket",
	  "its messages go to any address, whatever connect and unix say" },
	{ OPEN_LISTENER, "a listening socket", "it accepts connections, whatever listen says" },
	{ OPEN_SOCKET, "a socket that is no connected stream",
	  "it may reach what connect and listen do not name" },
	{ OPEN_OBJECT, "a kernel object, or a path that is not open",
	  "what it can do no other line of the policy bounds" },
};

static const char *wide_what(enum open_kind kind, const char **ret_means)
{
	for (size_t i = 0; i < ARRAY_COUNT(wide); i++)
		if (wide[i].kind == kind) {
			*ret_means = wide[i].means;
			return wide[i].what;
		}
	return NULL;
}

static const struct grant *named(const struct ambit_policy *policy, int fd)
{
	const struct grant *g;

	for (size_t at = 0; (g = policy_next(policy, RIGHT_FD, &at)) != NULL;)
		if (g->number == (uint64_t)fd)
			return g;
	return NULL;
}

/* Only a plan comes here: fds_check() has refused the run. */
static enum ambit_code note_refused(struct ambit_plan *plan, const struct host_open *o,
				    const char *what, struct ambit_error *err)
{
	return plan_notef(plan, NOTE_WARNING, AMBIT_LAYER_FDS, named(plan->policy, o->number), err,
			  what ? "descriptor %d is %s: a run with it is refused, unless a line fd "
				 "names it"
			       : "descriptor %d is %s: a run with it is refused",
			  o->number, what ? what : "a directory");
}

/* What passes and is more than it seems, or less than the policy reads because of it. */
static enum ambit_code note_open(struct ambit_plan *plan, const struct host_open *o,
				 struct ambit_error *err)
{
	const struct grant *g = named(plan->policy, o->number);
	const char *means, *what = wide_what(o->kind, &means);

	if (!g && o->number > 2) /* of a host from a file: it does not pass */
		return AMBIT_OK;
	if (o->kind == OPEN_DIR || (what && !g))
		return note_refused(plan, o, what, err);
	if (what)
		return plan_notef(plan, NOTE_REPORTED, AMBIT_LAYER_FDS, g, err,
				  "descriptor %d is %s: %s", o->number, what, means);
	if (o->kind == OPEN_STREAM)
		return plan_notef(
			plan, NOTE_WARNING, AMBIT_LAYER_FDS, g, err,
			"descriptor %d is a connected socket: who holds its other end may "
			"pass descriptors in",
			o->number);
	return AMBIT_OK;
}

/* See inherit.c: attributes in the view, and a file of the same user outside it. */
static enum ambit_code note_exposed(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct grant *g = policy_first(plan->policy, RIGHT_ATTRIBUTES);

	if (!plan->exposed)
		return AMBIT_OK;
	if (g)
		return plan_notef(
			plan, NOTE_REPORTED, AMBIT_LAYER_FDS, g, err,
			"attributes reach the file on descriptor %d, which is not writable "
			"by the policy",
			plan->exposed->number);
	return plan_notef(
		plan, NOTE_NARROWER, AMBIT_LAYER_FDS, NULL, err,
		"mode, owner and times of no file can be changed: descriptor %d is a file "
		"that the policy does not let it write; pass it by a pipe, or grant "
		"attributes",
		plan->exposed->number);
}

static enum ambit_code plan_reopen(struct ambit_plan *plan, struct ambit_error *err)
{
	const struct step step = {
		.layer = AMBIT_LAYER_FDS,
		.op = OP_REOPEN,
		.place = PLACE_PROGRAM,
		.needs = TOKEN(ANY_CALL) | TOKEN(ANY_PATH) | TOKEN(VIEW) | TOKEN(DESCRIPTORS),
		.what = "open inherited devices anew in the view",
		.reason = "their mounts are read-only there: mode and owner stay",
	};

	for (size_t i = 0; i < plan->host->opens.count; i++)
		if (plan_reopened(plan, &plan->host->opens.list[i]))
			return plan_step(plan, &step) ? AMBIT_OK : err_memory(err, AMBIT_LAYER_FDS);
	return AMBIT_OK;
}

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
	enum ambit_code code = AMBIT_OK;

	if (plan->door == DOOR_ENTER)
		code = plan_notef(plan, NOTE_CHOICE, AMBIT_LAYER_FDS, NULL, err,
				  "descriptors that are open stay open: close what is not needed "
				  "before");
	else
		code = note_exposed(plan, err);
	for (size_t i = 0; code == AMBIT_OK && i < plan->host->opens.count; i++)
		code = note_open(plan, &plan->host->opens.list[i], err);
	if (plan->door == DOOR_ENTER)
		return code;
	if (code == AMBIT_OK)
		code = plan_reopen(plan, err);
	plan_ask(plan, DENY_INHERITED);
	if (code != AMBIT_OK || plan->layer_need[AMBIT_LAYER_FDS] == NEED_OFF)
		return code;
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

/* 0, 1 and 2 pass unasked, but no way around the view or the rules of the network. */
static enum ambit_code check_standard(const struct ambit_policy *policy, const struct host_open *o,
				      struct ambit_error *err)
{
	const char *means, *what = o ? wide_what(o->kind, &means) : NULL;

	if (o && o->kind == OPEN_DIR)
		return is_directory(o->number, "", err);
	if (!what || named(policy, o->number))
		return AMBIT_OK;
	(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_FDS, 0, "descriptor %d is %s: %s", o->number,
		      what, means);
	return err_hint(err, "name it if that is meant: fd %d", o->number);
}

enum ambit_code fds_check(const struct ambit_policy *policy, const struct host *host,
			  struct ambit_error *err)
{
	enum ambit_code code = AMBIT_OK;
	const struct grant *g;

	for (int fd = 0; fd <= 2 && code == AMBIT_OK; fd++)
		code = check_standard(policy, host_open(host, fd), err);
	for (size_t at = 0; code == AMBIT_OK && (g = policy_next(policy, RIGHT_FD, &at)) != NULL;)
		code = check_fd(g, err);
	return code;
}

/* A device keeps nothing, and a terminal is shown what both say: neither is taken for the other. */
static bool is_status(const struct host_open *o, int status_fd, const struct stat *st)
{
	return o->number == status_fd ||
	       (o->device == st->st_dev && o->inode == st->st_ino && !S_ISCHR(st->st_mode));
}

enum ambit_code fds_check_status(const struct ambit_policy *policy, const struct host *host,
				 int status_fd, struct ambit_error *err)
{
	const struct grant *g;
	struct stat st;

	if (status_fd < 0 || sys_fstat(status_fd, &st) < 0)
		return AMBIT_OK; /* it is not open: that it is lost is said when it is written */
	for (size_t at = 0; (g = policy_next(policy, RIGHT_FD, &at)) != NULL;) {
		const struct host_open *o = host_open(host, (int)g->number);
		char where[256];

		/* 0 to 2 pass without a line: whoever has the status written there shares them. */
		if (!o || o->number <= 2 || !is_status(o, status_fd, &st))
			continue;
		(void)err_set(err, AMBIT_E_POLICY, AMBIT_LAYER_FDS, 0,
			      "%s: descriptor %d is what the status is written to: the program "
			      "could write it instead",
			      origin_text(&g->origin, where, sizeof(where)), o->number);
		return err_hint(err, "have the status written to a file or pipe that is not passed "
				     "by fd");
	}
	return AMBIT_OK;
}

static void prepare_reopen(struct kit_builder *kit, const struct ambit_plan *plan,
			   const struct step *step)
{
	for (size_t i = 0; i < plan->host->opens.count; i++) {
		const char *path = plan_reopened(plan, &plan->host->opens.list[i]);
		struct kit_op op = { .layer = AMBIT_LAYER_FDS,
				     .place = (uint8_t)step->place,
				     .op = OP_REOPEN,
				     .a = (uint64_t)plan->host->opens.list[i].number };

		if (!path)
			continue;
		op.data = kit_add_string(kit, path);
		kit_add_op(kit, &op);
	}
}

enum ambit_code fds_prepare(struct kit_builder *kit, const struct ambit_plan *plan,
			    const struct step *step, struct ambit_error *err)
{
	struct kit_op op = { .layer = AMBIT_LAYER_FDS,
			     .place = (uint8_t)step->place,
			     .op = OP_MARK };
	const struct grant *g;

	(void)err;
	if (step->op == OP_REOPEN) {
		prepare_reopen(kit, plan, step);
		return AMBIT_OK;
	}
	kit_add_op(kit, &op);
	for (size_t at = 0; (g = policy_next(plan->policy, RIGHT_FD, &at)) != NULL;) {
		op.op = OP_KEEP;
		op.a = g->number;
		kit_add_op(kit, &op);
	}
	return AMBIT_OK;
}

/*
 * Where somebody stays beside the program, whoever started that has marked all of the caller's
 * (src/run/spawn.c): what is open here was granted, or is ours and below the limit. Otherwise any
 * number may be the caller's, also one above a limit that was lowered since.
 */
static unsigned unlisted(const struct child *child)
{
	struct rlimit limit;

	return child->kit->leader && sys_prlimit(0, RLIMIT_NOFILE, NULL, &limit) >= 0 &&
			       limit.rlim_max < FD_NUMBERS
		       ? (unsigned)limit.rlim_max
		       : FD_NUMBERS;
}

static int mark(int fd, void *argument)
{
	struct child *child = argument;

	if ((unsigned)fd >= child->marked_below)
		child->marked_below = (unsigned)fd + 1;
	return fd_mark(fd, NULL);
}

/*
 * The same device through the view's mount of it, with the same access. It shares no flags with
 * the caller's descriptor either.
 */
static int reopen(struct child *child, int fd, const char *path)
{
	const int kept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int flags = sys_fcntl(fd, F_GETFL, 0), new, r;
	struct stat was, is;

	if (flags < 0)
		return flags;
	new = sys_openat(AT_FDCWD, path, (flags | O_CLOEXEC | O_NOCTTY) & kept, 0);
	if (new < 0)
		return child_failed(child, new, path);
	r = sys_fstat(fd, &was);
	if (r >= 0)
		r = sys_fstat(new, &is);
	if (r >= 0 && (was.st_dev != is.st_dev || was.st_ino != is.st_ino))
		r = -ESTALE;
	if (r >= 0)
		r = sys_dup3(new, fd, fd <= 2 ? 0 : O_CLOEXEC); /* "fd" unmarks it later */
	(void)sys_close(new);
	return r < 0 ? child_failed(child, r, path) : 0;
}

int fds_commit(struct child *child, const struct kit_op *op)
{
	int r;

	if (op->op == OP_REOPEN)
		return reopen(child, (int)op->a, kit_string(child->kit, op->data));
	if (op->op == OP_KEEP)
		return sys_fcntl((int)op->a, F_SETFD, 0);
	/* Kernels before 5.11 cannot mark a range, and an outer filter may not know the call. */
	r = sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	if (r != -ENOSYS && r != -EINVAL && r != -EPERM)
		return r;
	child->marked_below = 3;
	return fd_walk(&(struct fd_walk){ 3, ~0u, unlisted(child), mark, child });
}

/* Its mount is read-only: nothing of the device itself can be changed through it. */
static int verify_reopened(int fd)
{
	struct statfs fs;
	int r = sys_fstatfs(fd, &fs);

	return r < 0 ? r : fs.f_flags & ST_RDONLY ? 0 : -EPROTO;
}

static bool is_kept(const struct kit *kit, int fd)
{
	for (uint32_t i = 0; i < kit->op_count; i++) {
		const struct kit_op *op = kit_op_at(kit, i);

		if (op->layer == AMBIT_LAYER_FDS && op->op == OP_KEEP && (int)op->a == fd)
			return true;
	}
	return false;
}

static int is_marked(int fd, void *argument)
{
	const struct child *child = argument;
	int flags = sys_fcntl(fd, F_GETFD, 0);

	if (flags < 0)
		return flags == -EBADF ? 0 : flags;
	return (flags & FD_CLOEXEC) || is_kept(child->kit, fd) ? 0 : -EPROTO;
}

/*
 * Of those that one call marked the first is looked at: whoever started us may have left it open.
 * Where each was marked alone, each is looked at; the list may be out of reach by now.
 */
static int verify_marked(struct child *child)
{
	int fd = 3;

	if (child->marked_below)
		return fd_walk(&(struct fd_walk){ 3, ~0u, child->marked_below, is_marked, child });
	while (is_kept(child->kit, fd))
		fd++;
	return is_marked(fd, child);
}

int fds_verify(struct child *child, const struct kit_op *op)
{
	int flags;

	if (op->op == OP_REOPEN)
		return verify_reopened((int)op->a);
	if (op->op != OP_KEEP)
		return verify_marked(child);
	flags = sys_fcntl((int)op->a, F_GETFD, 0);
	return flags == 0 ? 0 : flags < 0 ? flags : -EPROTO;
}
