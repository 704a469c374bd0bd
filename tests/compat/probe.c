/* SPDX-License-Identifier: ISC */
/*
 * probe - say what this kernel seems to offer, a fact a line: "NAME VALUE"
 *
 * Every call is made with arguments that it refuses, so that nothing happens: the answer tells a
 * kernel that has it (EBADF, EINVAL, EFAULT) from one that has not (ENOSYS).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{ "openat2", SYS_openat2 },
	{ "clone3", SYS_clone3 },
	{ "pidfd_open", SYS_pidfd_open },
	{ "pidfd_getfd", SYS_pidfd_getfd },
	{ "close_range", SYS_close_range },
	{ "mount_setattr", SYS_mount_setattr },
	{ "open_tree", SYS_open_tree },
	{ "move_mount", SYS_move_mount },
	{ "fsopen", SYS_fsopen },
	{ "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },
	{ "memfd_create", SYS_memfd_create },
	{ "execveat", SYS_execveat },
	{ "seccomp", SYS_seccomp },
	{ "landlock_add_rule", SYS_landlock_add_rule },
	{ "landlock_restrict_self", SYS_landlock_restrict_self },
};

static void say(const char *name, long result)
{
	if (result < 0)
		printf("%s %s\n", name, strerrorname_np(errno));
	else
		printf("%s %ld\n", name, result);
	fflush(stdout);
}

/* Load "allow everything" with the flags, in a child. */
static void say_seccomp(const char *name, unsigned long flags)
{
	static struct sock_filter allow[] = { { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW } };
	struct sock_fprog prog = { .len = 1, .filter = allow };
	pid_t pid = fork();

	if (!pid) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);

		say(name, fd > 0 ? 0 : fd);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
}

static long create(uint64_t fs, uint64_t net, uint64_t scoped, size_t size)
{
	uint64_t attr[4] = { fs, net, scoped, 0 };
	long fd = syscall(SYS_landlock_create_ruleset, attr, size, 0);

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? -1 : 0;
}

static void say_landlock(void)
{
	say("landlock_create_ruleset", syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
	say("fs-abi-1", create(0x1fff, 0, 0, 8));
	say("fs-refer", create(1 << 13, 0, 0, 8));
	say("fs-truncate", create(1 << 14, 0, 0, 8));
	say("fs-ioctl", create(1 << 15, 0, 0, 8));
	say("net", create(1, 3, 0, 16));
	say("scope", create(1, 0, 3, 24));
	say("long-but-zero", create(1, 0, 0, 24));
	say("log-flag", syscall(SYS_landlock_restrict_self, -1, 1));

	uint64_t port[2] = { 1, 80 };

	say("net-rule", syscall(SYS_landlock_add_rule, -1, 2, port, 0));
}

int main(void)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		say(calls[i].name, syscall(calls[i].nr, -1, -1, -1, -1, -1, -1));
	say_seccomp("seccomp-plain", 0);
	say_seccomp("seccomp-listener", SECCOMP_FILTER_FLAG_NEW_LISTENER);
	say_seccomp("seccomp-wait-kill", SECCOMP_FILTER_FLAG_NEW_LISTENER | 1 << 5);
	say_landlock();
	say("no-new-privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
