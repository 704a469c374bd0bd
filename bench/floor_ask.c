/* SPDX-License-Identifier: ISC */
/*
 * floor_ask.c - what must be known before anything can be planned, by the bare system calls
 *
 * With -q the floor asks first what ambit asks for shape a: the policy's file, for which any small
 * one stands, the descriptors, the caller, the kernel, the program, the paths. Nothing is made of
 * the answers. A path is opened for its rule anyway, so of each there is only the look at it.
 */
#include "floor.h"

enum { PATHS = 10, TIOCGWINSZ_ = 0x5413, TCGETS_ = 0x5401, GET_MDWE = 66, HEAD = 1024 };

static void ask_policy(char *text)
{
	long fd = RAW(__NR_openat, AT_FDCWD, "/etc/hosts", O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);

	RAW(__NR_fstat, fd, text);
	RAW(__NR_read, fd, text, 256);
	RAW(__NR_read, fd, text, 1);
	RAW(__NR_close, fd);
}

static void ask_descriptors(char *text)
{
	for (int fd = 0; fd <= 2; fd++) {
		RAW(__NR_fcntl, fd, F_GETFD);
		RAW(__NR_fcntl, fd, F_GETFL);
		RAW(__NR_fstat, fd, text);
		RAW(__NR_ioctl, fd, TCGETS_, text);
	}
	RAW(__NR_ioctl, 0, TIOCGWINSZ_, text);
}

static void ask_caller(char *text)
{
	RAW(__NR_readlinkat, AT_FDCWD, "/proc/self", text, 16);
	RAW(__NR_uname, text);
	RAW(__NR_geteuid);
	RAW(__NR_getegid);
	RAW(__NR_getpid);
	RAW(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	RAW(__NR_getgroups, 0, 0);
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	RAW(__NR_capget, &header, text);
	RAW(__NR_prctl, PR_CAPBSET_READ, CAPS, 0, 0, 0);
	RAW(__NR_prctl, PR_CAPBSET_READ, CAPS - 1, 0, 0, 0);
	RAW(__NR_getcwd, text, 256);
}

static void ask_kernel(char *text)
{
	RAW(__NR_landlock_create_ruleset, 0, 0, 1);
	RAW(__NR_seccomp, 1, 0, 0);
	RAW(__NR_seccomp, 2, 0, text);
	RAW(__NR_seccomp, 1, 0x28, 0);
	RAW(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	RAW(__NR_prctl, GET_MDWE, 0, 0, 0, 0);
	RAW(__NR_open_tree, -1, "", AT_EMPTY_PATH);
	RAW(__NR_openat2, -1, "", text, 0);
}

static void ask_program(const struct floor *f, char *text)
{
	long fd = RAW(__NR_openat, AT_FDCWD, f->program, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);

	RAW(__NR_fstat, fd, text);
	RAW(__NR_close, fd);
	RAW(__NR_faccessat2, AT_FDCWD, f->program, 1, AT_EACCESS);
	fd = RAW(__NR_openat, AT_FDCWD, f->program, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	RAW(__NR_read, fd, text, HEAD);
	RAW(__NR_close, fd);
}

static void ask_paths(char *text)
{
	for (int i = 0; i < PATHS; i++)
		RAW(__NR_fstat, 0, text);
	RAW(__NR_readlinkat, AT_FDCWD, "/etc/localtime", text, 255);
}

void ask(const struct floor *f)
{
	char text[HEAD] __attribute__((aligned(16), uninitialized));

	ask_policy(text);
	ask_descriptors(text);
	ask_caller(text);
	ask_kernel(text);
	ask_program(f, text);
	ask_paths(text);
}
