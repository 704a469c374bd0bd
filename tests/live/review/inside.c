/* SPDX-License-Identifier: ISC */
/*
 * inside.c - what runs inside for review.c: one act, one line "act: answer"
 *
 *	inside chmod PATH MODE | death-signal | read PATH | fd NUMBER | terminal | accept | reopen |
 *	       code
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int answer(const char *act, int r)
{
	printf("%s %s\n", act, r < 0 ? strerrorname_np(errno) : "0");
	return 0;
}

/* Everything that could change attributes behind a descriptor, to what they are. */
static int behind_fd(int fd)
{
	const struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) < 0)
		return answer("fstat", -1);
	(void)answer("fchmod", fchmod(fd, st.st_mode & 0777));
	(void)answer("chmod", chmod(path, st.st_mode & 0777));
	(void)answer("copy", fchmod(dup(fd), st.st_mode & 0777));
	(void)answer("times", utimensat(AT_FDCWD, path, now, 0));
	(void)answer("futimens", futimens(fd, now));
	(void)answer("fchown", fchown(fd, (uid_t)-1, (gid_t)-1));
	return answer("fchownat", fchownat(fd, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH));
}

/* What of a terminal's driver answers on descriptor 0, as far as it does no harm. */
static int terminal(void)
{
	struct winsize size;
	struct termios modes;
	pid_t group = getpgrp();

	(void)answer("size", ioctl(0, TIOCGWINSZ, &size));
	(void)answer("modes", tcgetattr(0, &modes));
	modes.c_lflag &= ~(tcflag_t)ECHO;
	(void)answer("set-modes", tcsetattr(0, TCSANOW, &modes));
	(void)answer("drain", tcdrain(0));
	(void)signal(SIGTTOU, SIG_IGN);
	(void)answer("group", ioctl(0, TIOCSPGRP, &group));
	(void)answer("halt", tcflow(0, TCOON));
	(void)answer("break", ioctl(0, TCSBRK, 0));
	(void)answer("exclusive", ioctl(0, TIOCNXCL));
	return answer("async", fcntl(0, F_SETFL, O_ASYNC | O_NONBLOCK));
}

/* What descriptor 0 was not opened for, by its name. */
static int reopen(void)
{
	static const char name[] = "/proc/self/fd/0";

	(void)answer("wider", open(name, O_RDWR));
	(void)answer("emptied", open(name, O_RDONLY | O_TRUNC));
	return answer("cut", truncate(name, 1));
}

/* May what descriptor 0 leads to run? */
static int code(void)
{
	void *at = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0, 0);

	return answer("code", at == MAP_FAILED ? -1 : 0);
}

int main(int argc, char **argv)
{
	const char *act = argc > 1 ? argv[1] : "";
	int number = -1;
	char text[64] = "";

	if (!strcmp(act, "chmod") && argc == 4)
		return answer(act, chmod(argv[2], (mode_t)strtoul(argv[3], NULL, 8)));
	if (!strcmp(act, "death-signal")) {
		(void)prctl(PR_GET_PDEATHSIG, &number);
		printf("death-signal %d\n", number);
		return 0;
	}
	if (!strcmp(act, "read") && argc == 3) {
		int fd = open(argv[2], O_RDONLY);

		if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
			return answer(act, -1);
		printf("read %s\n", text);
		return 0;
	}
	if (!strcmp(act, "fd") && argc == 3)
		return behind_fd(atoi(argv[2]));
	if (!strcmp(act, "terminal"))
		return terminal();
	if (!strcmp(act, "reopen"))
		return reopen();
	if (!strcmp(act, "code"))
		return code();
	if (!strcmp(act, "accept") && !fcntl(0, F_SETFL, O_NONBLOCK))
		return answer(act, accept4(0, NULL, NULL, SOCK_CLOEXEC));
	return 2;
}
