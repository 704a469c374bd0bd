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
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../base/fd.h"
#include "../base/image.h"
#include "../base/sys.h"
#include "host.h"

static int try_nothing(const struct host *h)
{
	(void)h;
	return 0;
}

static int try_listener(const struct host *h)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog prog = { 1, &allow };

	(void)h;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, ABI_SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static int try_proc(const struct host *h)
{
	int fs = sys_fsopen("proc", FSOPEN_CLOEXEC);
	int r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);

	(void)h;
	return r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
}

/* A start makes it after the clone, beside other work. */
static int try_network(const struct host *h)
{
	(void)h;
	return sys_unshare(CLONE_NEWNET);
}

/* Every call that a view is made with, once. */
static int try_view(const struct host *h)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID };
	int r = sys_mount(NULL, "/", NULL, ABI_MS_REC | ABI_MS_PRIVATE, NULL);
	int fs = r < 0 ? r : sys_fsopen("tmpfs", FSOPEN_CLOEXEC);
	int root, copy;

	(void)h;
	r = fs < 0 ? fs : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	root = r < 0 ? r : sys_fsmount(fs, FSMOUNT_CLOEXEC, 0);
	copy = root < 0 ? root
			: sys_open_tree(AT_FDCWD, "/",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | ABI_AT_RECURSIVE);
	r = copy < 0 ? copy : sys_mount_setattr(copy, "", AT_EMPTY_PATH | ABI_AT_RECURSIVE, &attr);
	if (copy >= 0 && r == -ENOSYS) /* before 5.12 there is another way */
		r = 0;
	r = r < 0 ? r : sys_move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
	r = r < 0 ? r : sys_fchdir(root);
	r = r < 0 ? r : sys_pivot_root(".", ".");
	return r < 0 ? r : sys_umount2(".", ABI_MNT_DETACH);
}

/* An outer filter may let the version through and not the rest. */
static int try_landlock(const struct host *h)
{
	const struct ll_ruleset_attr attr = { .handled_access_fs = LL_FS_READ_FILE };
	struct ll_path_beneath_attr rule = { .allowed_access = LL_FS_READ_FILE };
	int fd = sys_landlock_create_ruleset(&attr, sizeof(attr.handled_access_fs), 0);
	int r = fd < 0 ? fd : sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);

	(void)h;
	rule.parent_fd = r;
	r = r < 0 ? r : sys_landlock_add_rule(fd, LL_RULE_PATH_BENEATH, &rule);
	return r < 0 ? r : sys_landlock_restrict_self(fd, 0);
}

static int try_memfd_exec(const struct host *h)
{
	(void)h;
	return image_file("ambit-trial", true, "", 0);
}

static int try_groups(const struct host *h)
{
	(void)h;
	return sys_setgroups(0, NULL);
}

/* Offsets are written for whoever enters it, before somebody has. */
static int try_time(const struct host *h)
{
	int r = sys_unshare(ABI_CLONE_NEWTIME);
	AUTO_FD int fd =
		r < 0 ? r
		      : sys_openat(AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0);

	(void)h;
	return fd < 0 ? fd : fd_write_all(fd, "boottime 0 0\n", 13);
}

/* The maps are what makes a user namespace of use, and what some hosts refuse. */
static int try_user_namespace(const struct host *h)
{
	static const char *const files[] = { "/proc/self/setgroups", "/proc/self/uid_map",
					     "/proc/self/gid_map" };
	const uint32_t ids[] = { 0, h->uid, h->gid };
	int r = 0;

	for (size_t i = 0; i < ARRAY_COUNT(files) && r >= 0; i++) {
		AUTO_FD int fd = sys_openat(AT_FDCWD, files[i], O_WRONLY | O_CLOEXEC, 0);
		char text[32] = "deny";

		if (i)
			(void)snprintf(text, sizeof(text), "%u %u 1", ids[i], ids[i]);
		r = fd < 0 ? fd : fd_write_all(fd, text, strlen(text));
	}
	return r;
}

static const struct {
	enum host_fact fact;
	unsigned long flags;
	int (*inside)(const struct host *);
} trials[] = {
	{ FACT_USER_NAMESPACE, CLONE_NEWUSER, try_user_namespace },
	{ FACT_MOUNT_NAMESPACE, CLONE_NEWNS, try_view },
	{ FACT_PID_NAMESPACE, CLONE_NEWPID, try_nothing },
	{ FACT_NET_NAMESPACE, CLONE_NEWNET, try_network },
	{ FACT_IPC_NAMESPACE, CLONE_NEWIPC, try_nothing },
	{ FACT_UTS_NAMESPACE, CLONE_NEWUTS, try_nothing },
	{ FACT_CGROUP_NAMESPACE, CLONE_NEWCGROUP, try_nothing },
	/* The flag is clone3's and unshare's alone; one that it knows brings the rest. */
	{ FACT_TIME_NAMESPACE, CLONE_NEWPID, try_time },
	{ FACT_PROC_MOUNT, CLONE_NEWNS | CLONE_NEWPID, try_proc },
	{ FACT_SECCOMP_LISTENER, 0, try_listener },
	{ FACT_MEMFD_EXEC, 0, try_memfd_exec },
};

/* In the child: ask, and send the answer. 0, or -errno of what belongs to no answer. */
static int ask(const struct host *h, int (*inside)(const struct host *), int to)
{
	int answer, r = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

	if (r < 0)
		return r;
	answer = inside(h);
	answer = answer > 0 ? 0 : answer;
	return fd_write_all(to, &answer, sizeof(answer));
}

/* The answer of the child; one that was killed, or could not ask, gave none. */
static int hear(pid_t pid, int from, int *ret)
{
	int status = 0, r;
	ssize_t n;

	do
		n = sys_read(from, ret, sizeof(*ret));
	while (n == -EINTR);
	do
		r = sys_wait4(pid, &status, 0, NULL);
	while (r == -EINTR);
	if (r < 0) /* what the one call will not, the other may */
		IGNORE_RESULT(sys_waitid(P_PID, pid, NULL, WEXITED, NULL));
	/* A caller that ignores SIGCHLD has nobody to wait for; what was said counts. */
	if (n == (ssize_t)sizeof(*ret) && (r >= 0 || r == -ECHILD))
		return 0;
	if (n < 0 || r < 0)
		return n < 0 ? (int)n : r;
	return WIFEXITED(status) && WEXITSTATUS(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/*
 * Asked in a child: *ret >= 0 when it works, or -errno. 0, or -errno when it could not be asked.
 */
static int try_once(const struct host *h, unsigned long flags, int (*inside)(const struct host *),
		    int *ret)
{
	int pipe[2];
	int pid, r = sys_pipe2(pipe, O_CLOEXEC);

	if (r < 0)
		return r;
	pid = sys_fork(flags, NULL);
	if (pid == 0)
		sys_exit_group(-ask(h, inside, pipe[1]));
	(void)sys_close(pipe[1]);
	*ret = pid;
	r = pid > 0 ? hear(pid, pipe[0], ret) : flags ? 0 : pid;
	(void)sys_close(pipe[0]);
	return r;
}

/* One refusal may be an accident, and must not cost a layer: it is asked for once more. */
static int trial(const struct host *h, unsigned long flags, int (*inside)(const struct host *),
		 int *ret)
{
	int r = try_once(h, flags, inside, ret);

	if (r >= 0 && (*ret == -EPERM || *ret == -ENOSYS))
		r = try_once(h, flags, inside, ret);
	return r;
}

/* What a host that lacks something says; whatever else is an accident. */
static bool is_answer(int r)
{
	return r >= 0 || host_is_refusal(r) || host_is_absence(r);
}

static enum ambit_code cannot_tell(struct ambit_error *err, int r, const char *what)
{
	(void)err_set(err, err_code_of_errno(-r), AMBIT_LAYER_HOST, -r, "cannot find out about %s",
		      what);
	return err_hint(err, "it was refused or is used up just now: try again later");
}

static const char *cause_of(enum host_fact fact, int answer)
{
	return fact == FACT_MOUNT_NAMESPACE && answer == -EINVAL ? HOST_CAUSE_ROOT
								 : "the kernel refuses";
}

static enum ambit_code try_row(struct host *h, size_t row, struct ambit_error *err)
{
	struct host_answer_of *a = &h->facts[trials[row].fact];
	bool namespaced = trials[row].flags && trials[row].fact != FACT_USER_NAMESPACE;
	bool own = host_cap(h, CAP_SYS_ADMIN);
	unsigned long flags = trials[row].flags | (namespaced && !own ? CLONE_NEWUSER : 0);
	int answer, r;

	if (a->answer != HOST_ASSUMED)
		return AMBIT_OK;
	r = trial(h, flags, trials[row].inside, &answer);
	if (r < 0 || !is_answer(answer))
		return cannot_tell(err, r < 0 ? r : answer, host_fact_text(trials[row].fact));
	*a = (struct host_answer_of){ answer < 0 ? HOST_NO : HOST_YES, answer < 0 ? -answer : 0,
				      answer < 0 ? cause_of(trials[row].fact, answer) : NULL };
	return AMBIT_OK;
}

/* Layers may be used up (E2BIG): that is the start's to say. */
enum ambit_code host_try_landlock(struct host *h, struct ambit_error *err)
{
	int answer = 0;
	int r = h->landlock_abi ? trial(h, 0, try_landlock, &answer) : 0;

	if (r < 0 || (!is_answer(answer) && answer != -E2BIG))
		return cannot_tell(err, r < 0 ? r : answer, "Landlock");
	if (answer == -EPERM || answer == -ENOSYS) {
		h->landlock_abi = 0;
		h->landlock_errno = -answer;
	}
	return AMBIT_OK;
}

/*
 * Something assumed was refused. It is believed when it is refused again to somebody who asks for
 * nothing else: one refusal alone may be an accident, and must not cost a layer.
 */
bool host_confirm(struct host *h, enum host_fact fact)
{
	struct ambit_error unheard = { 0 };

	return h->facts[fact].answer == HOST_ASSUMED &&
	       host_try_one(h, fact, &unheard) == AMBIT_OK && h->facts[fact].answer == HOST_NO;
}

bool host_confirm_landlock(struct host *h)
{
	struct ambit_error unheard = { 0 };

	return h->landlock_abi && host_try_landlock(h, &unheard) == AMBIT_OK && !h->landlock_abi;
}

bool host_confirm_groups(struct host *h)
{
	int answer = 0;

	if (!host_cap(h, CAP_SETGID) || trial(h, 0, try_groups, &answer) < 0 || answer != -EPERM)
		return false;
	h->caps &= ~(UINT64_C(1) << CAP_SETGID);
	return true;
}

enum ambit_code host_try(struct host *h, struct ambit_error *err)
{
	enum ambit_code code = host_try_landlock(h, err);

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
