/* SPDX-License-Identifier: ISC */
/*
 * child.h - the few string helpers that commit halves may use
 *
 * Commit and verify halves also run in the freestanding stage image: no libc, no errno, no
 * allocation. What a libc would offer and they need is here, as static inline functions.
 */
#ifndef AMBIT_LAYER_CHILD_H
#define AMBIT_LAYER_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "../base/sys.h"
#include "layer.h"

static inline size_t child_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline bool child_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static inline bool child_starts(const char *text, const char *prefix)
{
	while (*prefix)
		if (*text++ != *prefix++)
			return false;
	return true;
}

/* Decimal @value at @out; returns the end, where a NUL stands. */
static inline char *child_decimal(char *out, uint64_t value)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		*out++ = digits[--n];
	*out = '\0';
	return out;
}

/* Write a short text to a file of /proc or a cgroup; 0 or -errno. */
static inline int child_write_file(int dir, const char *path, const char *text)
{
	int fd = sys_openat(dir, path, O_WRONLY | O_CLOEXEC, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_write(fd, text, child_length(text));
	(void)sys_close(fd); /* these files report errors at write */
	return n < 0 ? (int)n : 0;
}

/* Read a file whole into @out, NUL-terminated; length or -errno. */
static inline int child_read_file(int dir, const char *path, char *out, size_t size)
{
	int fd = sys_openat(dir, path, O_RDONLY | O_CLOEXEC, 0);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (used + 1 < size && (n = sys_read(fd, out + used, size - 1 - used)) > 0)
		used += (size_t)n;
	(void)sys_close(fd);
	out[used] = '\0';
	return n < 0 ? (int)n : (int)used;
}

/*
 * Until *@word, which another task of this memory changes, is no longer @value; what it is then.
 * The futex is the kind that the kernel's own wake-up of sys_clone() reaches. A wake-up may be
 * refused by a filter: looked at again each time the pause is over.
 */
static inline int child_wait_once(const int *word, int value)
{
	const struct timespec pause = { 0, 10000000 };

	if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		(void)sys_call(SYS_futex, (long)word, FUTEX_WAIT, value, (long)&pause, 0, 0);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline int child_wait(const int *word, int value)
{
	int now;

	do
		now = child_wait_once(word, value);
	while (now == value);
	return now;
}

static inline void child_wake(const int *word)
{
	(void)sys_call(SYS_futex, (long)word, FUTEX_WAKE, 1, 0, 0, 0);
}

/*
 * In a pid namespace the kernel ends us with the leader; elsewhere this is the next best. A change
 * of ids undoes it. The leader may have died before the request: look again after it.
 */
static inline int child_die_with_leader(const struct child *child)
{
	int r;

	if (!(child->kit->leader || child->kit->caller_pid) || (child->kit->flags & KIT_PID_NS))
		return 0;
	r = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (r >= 0)
		r = sys_getppid();
	return r < 0 ? r : r == child->leader_pid ? 0 : -ESRCH;
}

/* Say which object failed, for the report; returns @r. */
static inline int child_failed(struct child *child, int r, const char *path)
{
	child->path = path;
	return r;
}

#endif
