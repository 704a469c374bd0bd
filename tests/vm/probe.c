/* SPDX-License-Identifier: ISC */
/*
 * What this kernel offers this caller, a "fact NAME=VALUE" a line.
 *
 * It shares no code with ambit, on purpose: the tests decide by these facts whether ambit must
 * enforce a line or must refuse it, and the two must not be wrong together.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer than the headers of Debian 12; the same on every architecture that is tested. */
enum {
	NR_PIDFD_OPEN = 434,
	NR_CLONE3 = 435,
	NR_OPENAT2 = 437,
	NR_PIDFD_GETFD = 438,
	NR_MOUNT_SETATTR = 442,
	NR_LANDLOCK_CREATE_RULESET = 444,
	LANDLOCK_VERSION = 1,
	LISTENER_WAIT_KILLABLE = 1 << 5,
	PR_MDWE = 65,
	MDWE_REFUSE_EXEC_GAIN = 1,
};

static void fact(const char *name, const char *value)
{
	printf("fact %s=%s\n", name, value);
}

/* "ok" for a result, else the name of the error */
static const char *verdict(long result)
{
	return result >= 0 ? "ok" : strerrorname_np(errno);
}

/* A call with nonsense arguments: anything but ENOSYS shows that it exists. */
static const char *exists(long number)
{
	long r = syscall(number, -1L, 0L, 0L, 0L, 0L, 0L);

	return r < 0 && errno == ENOSYS ? "no" : "yes";
}

static void probe_landlock(void)
{
	char text[24];
	long abi = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0UL, LANDLOCK_VERSION);

	if (abi < 0) {
		fact("landlock", strerrorname_np(errno));
		return;
	}
	(void)snprintf(text, sizeof(text), "%ld", abi);
	fact("landlock", text);
}

/* Run a probe that changes the process in a child of its own. The child's status is errno. */
static void in_child(const char *name, int (*probe)(void))
{
	(void)fflush(stdout);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(probe());
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		fact(name, "failed");
		return;
	}
	errno = WEXITSTATUS(status);
	fact(name, verdict(errno == 0 ? 0 : -1));
}

static int listener(unsigned long flags)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &all };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog) < 0)
		return errno;
	return 0;
}

static int probe_listener(void)
{
	return listener(SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

static int probe_wait_killable(void)
{
	return listener(SECCOMP_FILTER_FLAG_NEW_LISTENER | LISTENER_WAIT_KILLABLE);
}

static int probe_userns(void)
{
	return unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
}

/* Can this caller make a mount view: its own capability, or one in a namespace of its own? */
static int probe_view(void)
{
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return errno;
	return mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 ? 0 : errno;
}

static int probe_pid_namespace(void)
{
	if (unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0)
		return 0;
	return errno;
}

static int probe_net_namespace(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 0;
	return errno;
}

static int probe_mdwe(void)
{
	return prctl(PR_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0 ? 0 : errno;
}

/* The first line of a file, blanks turned into commas so that a fact stays one word */
static void probe_line(const char *name, const char *path)
{
	char text[256] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fact(name, "absent");
		return;
	}
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	for (char *p = text; (p = strchr(p, ' ')) != NULL;)
		*p = ',';
	fact(name, text);
}

static void probe_cgroup_kill(void)
{
	const char *dir = "/sys/fs/cgroup/probe";

	if (mkdir(dir, 0755) != 0) {
		fact("cgroup-kill", strerrorname_np(errno));
		return;
	}
	fact("cgroup-kill", access("/sys/fs/cgroup/probe/cgroup.kill", F_OK) == 0 ? "yes" : "no");
	(void)rmdir(dir);
}

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "pidfd_open", NR_PIDFD_OPEN },
	{ "clone3", NR_CLONE3 },
	{ "openat2", NR_OPENAT2 },
	{ "pidfd_getfd", NR_PIDFD_GETFD },
	{ "mount_setattr", NR_MOUNT_SETATTR },
};

static const struct {
	const char *name;
	int (*probe)(void);
} in_children[] = {
	{ "listener", probe_listener },	  { "wait-killable", probe_wait_killable },
	{ "userns", probe_userns },	  { "view", probe_view },
	{ "pidns", probe_pid_namespace }, { "netns", probe_net_namespace },
	{ "mdwe", probe_mdwe },
};

static const struct {
	const char *name;
	const char *path;
} files[] = {
	{ "controllers", "/sys/fs/cgroup/cgroup.controllers" },
	{ "lsm", "/sys/kernel/security/lsm" },
	{ "userns-max", "/proc/sys/user/max_user_namespaces" },
	{ "userns-clone", "/proc/sys/kernel/unprivileged_userns_clone" },
};

int main(void)
{
	struct utsname u;

	fact("release", uname(&u) == 0 ? u.release : "?");
	probe_landlock();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		fact(calls[i].name, exists(calls[i].number));
	for (size_t i = 0; i < sizeof(in_children) / sizeof(in_children[0]); i++)
		in_child(in_children[i].name, in_children[i].probe);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		probe_line(files[i].name, files[i].path);
	probe_cgroup_kill();
	return 0;
}
