/* SPDX-License-Identifier: ISC */
/*
 * trial.c - the full probe: what can only be learnt by doing, done in a child that then ends
 *
 * Each question gets a fresh child, so that one answer cannot spoil the next. EPERM, ENOSYS,
 * EINVAL and their like mean "missing"; an exhausted resource is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../base/fd.h"
#include "../base/image.h"
#include "../base/sys.h"
#include "host.h"

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#ifndef MS_REC
#define MS_REC	   16384
#define MS_PRIVATE (1 << 18)
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

static int try_nothing(void)
{
	return 0;
}

static int try_listener(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog prog = { 1, &allow };
	int r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	return r < 0 ? r
		     : sys_seccomp(SECCOMP_SET_MODE_FILTER, ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER,
				   &prog);
}

static int try_proc(void)
{
	int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
}

/* Every call that a view is made with, once. */
static int try_view(void)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID };
	int r = sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	int fs = r < 0 ? r : sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int root, copy;

	r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	root = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	copy = root < 0 ? root
			: sys_open_tree(AT_FDCWD, "/",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	r = copy < 0 ? copy : sys_mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
	if (copy >= 0 && r == -ENOSYS) /* before 5.12 there is another way */
		r = 0;
	r = r < 0 ? r : sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	r = r < 0 ? r : sys_fchdir(root);
	r = r < 0 ? r : sys_pivot_root(".", ".");
	return r < 0 ? r : sys_umount2(".", MNT_DETACH);
}

/* An outer filter may let the version through and not the rest. */
static int try_landlock(void)
{
	const struct ll_ruleset_attr attr = { .handled_access_fs = LL_FS_READ_FILE };
	struct ll_path_beneath_attr rule = { .allowed_access = LL_FS_READ_FILE };
	int fd = sys_landlock_create_ruleset(&attr, sizeof(attr.handled_access_fs), 0);
	int r = fd < 0 ? fd : sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);

	rule.parent_fd = r;
	r = r < 0 ? r : sys_landlock_add_rule(fd, LL_RULE_PATH_BENEATH, &rule);
	r = r < 0 ? r : sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return r < 0 ? r : sys_landlock_restrict_self(fd, 0);
}

static int try_memfd_exec(void)
{
	return image_file("ambit-trial", true, "", 0);
}

static const struct {
	enum host_fact fact;
	unsigned long flags;
	int (*inside)(void);
} trials[] = {
	{ FACT_USER_NAMESPACE, CLONE_NEWUSER, try_nothing },
	{ FACT_MOUNT_NAMESPACE, CLONE_NEWNS, try_view },
	{ FACT_PID_NAMESPACE, CLONE_NEWPID, try_nothing },
	{ FACT_NET_NAMESPACE, CLONE_NEWNET, try_nothing },
	{ FACT_IPC_NAMESPACE, CLONE_NEWIPC, try_nothing },
	{ FACT_UTS_NAMESPACE, CLONE_NEWUTS, try_nothing },
	{ FACT_CGROUP_NAMESPACE, CLONE_NEWCGROUP, try_nothing },
	{ FACT_PROC_MOUNT, CLONE_NEWNS | CLONE_NEWPID, try_proc },
	{ FACT_SECCOMP_LISTENER, 0, try_listener },
	{ FACT_MEMFD_EXEC, 0, try_memfd_exec },
};

/* In a child: >= 0 it works, or -errno. */
static int trial(unsigned long flags, int (*inside)(void))
{
	int status = 0, pipe[2], answer = -EIO;
	int pid, r = sys_pipe2(pipe, O_CLOEXEC);

	if (r < 0)
		return r;
	pid = sys_fork(flags, NULL);
	if (pid == 0) {
		answer = inside();
		answer = answer > 0 ? 0 : answer;
		IGNORE_RESULT(sys_write(pipe[1], &answer,
					sizeof(answer))); /* the parent then reads EIO */
		sys_exit_group(0);
	}
	(void)sys_close(pipe[1]);
	if (pid > 0) {
		IGNORE_RESULT(sys_read(pipe[0], &answer, sizeof(answer))); /* a dead child: EIO */
		do
			r = sys_wait4(pid, &status, 0, NULL);
		while (r == -EINTR);
	}
	(void)sys_close(pipe[0]);
	return pid < 0 ? pid : answer;
}

static bool is_exhausted(int r)
{
	return r == -EAGAIN || r == -ENOMEM || r == -EMFILE || r == -ENFILE || r == -ENOSPC ||
	       r == -EUSERS;
}

static enum ambit_code try_row(struct host *h, size_t row, struct ambit_error *err)
{
	struct host_answer_of *a = &h->facts[trials[row].fact];
	bool namespaced = trials[row].flags && trials[row].fact != FACT_USER_NAMESPACE;
	bool own = host_cap(h, CAP_SYS_ADMIN);
	unsigned long flags = trials[row].flags | (namespaced && !own ? CLONE_NEWUSER : 0);
	int r;

	if (a->answer != HOST_ASSUMED)
		return AMBIT_OK;
	r = trial(flags, trials[row].inside);
	if (is_exhausted(r)) {
		(void)err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_HOST, -r,
			      "cannot find out about %s", host_fact_text(trials[row].fact));
		return err_hint(err, "a resource is exhausted just now: try again later");
	}
	*a = (struct host_answer_of){ r < 0 ? HOST_NO : HOST_YES, r < 0 ? -r : 0,
				      r < 0 ? "the kernel refuses" : NULL };
	return AMBIT_OK;
}

/* Layers may be used up (E2BIG): that is the start's to say. */
static enum ambit_code try_rules(struct host *h, struct ambit_error *err)
{
	int r = h->landlock_abi ? trial(0, try_landlock) : 0;

	if (is_exhausted(r))
		return err_set(err, AMBIT_E_RESOURCE, AMBIT_LAYER_HOST, -r,
			       "cannot find out about Landlock");
	if (r == -EPERM || r == -ENOSYS)
		host_correct_landlock(h, -r);
	return AMBIT_OK;
}

enum ambit_code host_try(struct host *h, struct ambit_error *err)
{
	enum ambit_code code = try_rules(h, err);

	for (size_t i = 0; i < ARRAY_COUNT(trials) && code == AMBIT_OK; i++)
		code = try_row(h, i, err);
	return code;
}

enum ambit_code host_try_one(struct host *h, enum host_fact fact, struct ambit_error *err)
{
	for (size_t i = 0; i < ARRAY_COUNT(trials); i++)
		if (trials[i].fact == fact)
			return try_row(h, i, err);
	return AMBIT_OK;
}
