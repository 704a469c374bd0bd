/* SPDX-License-Identifier: ISC */
/*
 * probe - say what this process is and may do, a fact a line: "NAME VALUE"
 *
 * A call's value is 0 or its errno's name. Each is tried in a child of its own, and none changes
 * anything outside of that child.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static long try_unshare_user(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_unshare_net(void)
{
	return unshare(CLONE_NEWNET);
}

static long try_unshare_files(void)
{
	return unshare(CLONE_FILES);
}

static long try_unshare_time(void)
{
	return unshare(CLONE_NEWTIME);
}

static long try_clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long try_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	return pid;
}

/* ENODEV where mounting is allowed: no such file system. */
static long try_mount(void)
{
	return mount("none", "/", "no-such-fs", 0, NULL);
}

static long try_open_tree(void)
{
	return open_tree(AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
}

/* ENOENT where it is allowed. */
static long try_pivot_root(void)
{
	return syscall(SYS_pivot_root, "/no-such-directory", "/no-such-directory");
}

/* EBADF where it is allowed. */
static long try_setns(void)
{
	return setns(-1, 0);
}

static long try_setgroups(void)
{
	return setgroups(0, NULL);
}

static long try_setuid(void)
{
	return setresuid(1, 1, 1);
}

static long try_proc_sys(void)
{
	return open("/proc/sys/kernel/domainname", O_WRONLY | O_CLOEXEC);
}

static long try_cgroup(void)
{
	return access("/sys/fs/cgroup/pids", W_OK);
}

static long try_home(void)
{
	return access(getenv("HOME"), W_OK);
}

static long try_shadow(void)
{
	return open("/etc/shadow", O_RDONLY | O_CLOEXEC);
}

/* What a mask leaves of the file is empty. */
static long try_masked(void)
{
	char byte;
	int fd = open("/proc/interrupts", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	errno = ENODATA;
	return read(fd, &byte, 1) == 1 ? 0 : -1;
}

static long try_chroot(void)
{
	return chroot("/");
}

static const struct {
	const char *name;
	long (*act)(void);
} attempts[] = {
	{ "unshare-user", try_unshare_user },
	{ "unshare-net", try_unshare_net },
	{ "unshare-files", try_unshare_files },
	{ "unshare-time", try_unshare_time },
	{ "clone-user", try_clone_user },
	{ "clone3", try_clone3 },
	{ "mount", try_mount },
	{ "open-tree", try_open_tree },
	{ "pivot-root", try_pivot_root },
	{ "setns", try_setns },
	{ "setgroups", try_setgroups },
	{ "setuid", try_setuid },
	{ "proc-sys", try_proc_sys },
	{ "cgroup", try_cgroup },
	{ "home", try_home },
	{ "shadow", try_shadow },
	{ "masked", try_masked },
	{ "chroot", try_chroot },
};

static int attempt(long (*act)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		errno = 0;
		_exit(act() < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* The lines of /proc/self/status that the tests want, as they stand there. */
static void print_status(void)
{
	static const char *const wanted[] = { "CapInh:", "CapPrm:",	"CapEff:", "CapBnd:",
					      "CapAmb:", "NoNewPrivs:", "Seccomp:" };
	char line[256], value[64];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < COUNT(wanted); i++)
			if (!strncmp(line, wanted[i], strlen(wanted[i])) &&
			    sscanf(line, "%*s %63s", value) == 1)
				printf("%.*s %s\n", (int)strlen(wanted[i]) - 1, wanted[i], value);
	if (f)
		fclose(f);
}

int main(void)
{
	printf("uid %u\ngid %u\ngroups %d\n", getuid(), getgid(), getgroups(0, NULL));
	print_status();
	fflush(stdout);
	for (size_t i = 0; i < COUNT(attempts); i++) {
		int error = attempt(attempts[i].act);

		printf("%s %s\n", attempts[i].name, error ? strerrorname_np(error) : "0");
		fflush(stdout);
	}
	return 0;
}
