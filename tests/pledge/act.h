/* SPDX-License-Identifier: ISC */
/* act.h - a directory with a file, and what is tried on it: 0 or an errno */
#ifndef AMBIT_TESTS_PLEDGE_ACT_H
#define AMBIT_TESTS_PLEDGE_ACT_H

#include "../../include/ambit/pledge.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64], file[96], fresh[96];
static int inherited_file = -1, inherited_udp = -1;

static inline void begin(void)
{
	int fd;

	tap_directory(directory, sizeof(directory));
	(void)snprintf(file, sizeof(file), "%s/file", directory);
	(void)snprintf(fresh, sizeof(fresh), "%s/fresh", directory);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "text", 4), 4);
	(void)close(fd);
	inherited_file = open(file, O_RDWR | O_CLOEXEC);
	inherited_udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static inline void end(void)
{
	(void)close(inherited_file);
	(void)close(inherited_udp);
}

static inline int errno_of(int r)
{
	return r < 0 ? errno : 0;
}

static inline int close_of(int fd)
{
	const int e = errno_of(fd);

	if (fd >= 0)
		(void)close(fd);
	return e;
}

static inline int act_read(void)
{
	return close_of(open(file, O_RDONLY | O_CLOEXEC));
}

static inline int act_write(void)
{
	return close_of(open(file, O_WRONLY | O_CLOEXEC));
}

static inline int act_create(void)
{
	return close_of(open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static inline int act_remove(void)
{
	return errno_of(unlink(file));
}

static inline int act_inet(void)
{
	return close_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* A kernel that has no Landlock, as far as this process can tell. */
static inline void without_landlock(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444 /* landlock_create_ruleset */, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	CHECK_INT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

static inline int failure(int r)
{
	return r == 0 ? 0 : r == -1 ? errno : 255;
}

#endif
