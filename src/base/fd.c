/* SPDX-License-Identifier: ISC */
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>

#include "sys.h"

void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)sys_close(*fd); /* the descriptor is gone even when close reports an error */
	*fd = -1;
}

int fd_open_standard(unsigned *ret_closed)
{
	for (int fd = 0; fd <= 2; fd++) {
		int r = sys_fcntl(fd, F_GETFD, 0);

		if (r >= 0)
			continue;
		if (r != -EBADF)
			return r;
		/* The lowest free number is this one, since those below are open. */
		r = sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0);
		if (r < 0)
			return r;
		*ret_closed |= 1u << fd;
	}
	return 0;
}

int fd_duplicate(int fd)
{
	return sys_fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int fd_become(int fd, int number)
{
	int r;

	if (fd == number)
		return sys_fcntl(fd, F_SETFD, 0);
	r = sys_fcntl(fd, F_GETFD, 0); /* nothing is closed for one that is none */
	if (r < 0)
		return r;
	(void)sys_close(number);
	r = sys_fcntl(fd, F_DUPFD, number);
	return r < 0 ? r : r == number ? 0 : -EBUSY;
}

int fd_above_standard(int fd)
{
	int r;

	if (fd < 0 || fd > 2)
		return fd;
	r = fd_duplicate(fd);
	(void)sys_close(fd);
	return r;
}

int fd_read_file(int dir, const char *path, char *out, size_t size)
{
	int fd = sys_openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (used < size) {
		n = sys_read(fd, out + used, size - used);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	(void)sys_close(fd);
	if (n < 0)
		return (int)n;
	if (used == size)
		return -EFBIG;
	out[used] = '\0';
	return (int)used;
}

int fd_write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length) {
		ssize_t n = sys_write(fd, p, length);

		if (n == -EINTR)
			continue;
		if (n < 0)
			return (int)n;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/*
 * Both signals go to the thread that writes: blocked there, and taken back when one came. One that
 * was pending before is the caller's, and a second is not told apart from it.
 */
int fd_write_quiet(int fd, const void *data, size_t length)
{
	const uint64_t pipe = UINT64_C(1) << (SIGPIPE - 1), size = UINT64_C(1) << (SIGXFSZ - 1);
	const uint64_t both = pipe | size;
	const struct timespec now = { 0, 0 };
	uint64_t old = both, before = 0, sent;
	/* Refused, it is no reason to say nothing. */
	const bool blocked = sys_sigmask(SIG_BLOCK, &both, &old) >= 0;
	int r;

	(void)sys_call(SYS_rt_sigpending, (long)&before, sizeof(before), 0, 0, 0, 0);
	r = fd_write_all(fd, data, length);
	sent = (r == -EPIPE ? pipe : r == -EFBIG ? size : 0) & ~before;
	if (blocked && sent)
		IGNORE_RESULT(sys_sigtimedwait(&sent, NULL, &now)); /* EAGAIN: none was sent */
	old = both & ~old;
	if (blocked && sys_sigmask(SIG_UNBLOCK, &old, NULL) < 0) /* an accident */
		IGNORE_RESULT(sys_sigmask(SIG_UNBLOCK, &old, NULL));
	return r;
}

int fd_check_size(uint64_t size)
{
	struct rlimit limit;
	int r = size ? sys_prlimit(0, RLIMIT_FSIZE, NULL, &limit) : 0;

	return r >= 0 && size && size > limit.rlim_cur ? -EFBIG : r;
}

/* The number that is the name of a directory entry; -1 for "." and "..". */
static int number_of(const char *name)
{
	int n = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		n = n * 10 + (*name - '0');
	return *name ? -1 : n;
}

/* The entries of one struct linux_dirent64[]; *@ret_self when @dir is among them. */
static int walk_entries(const struct fd_walk *walk, int dir, const char *entries, size_t size,
			bool *ret_self)
{
	enum { LENGTH_AT = 16, NAME_AT = 19 };
	int r = 0;

	for (size_t at = 0; at < size && r >= 0;) {
		const int fd = number_of(entries + at + NAME_AT);
		unsigned short length;

		__builtin_memcpy(&length, entries + at + LENGTH_AT, sizeof(length));
		at += length;
		if (fd == dir)
			*ret_self = true;
		else if (fd >= 0 && (unsigned)fd >= walk->first && (unsigned)fd <= walk->last)
			r = walk->visit(fd, walk->argument);
	}
	return r;
}

/*
 * By the kernel's list, whose place is a number: what is closed meanwhile moves nothing. True when
 * it was one of this process and came to its end, or to that of a visit, which *@ret tells.
 */
static bool walk_list(const struct fd_walk *walk, int *ret)
{
	int dir =
		sys_openat(AT_FDCWD, "/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	_Alignas(8) char entries[1024];
	bool self = false;
	struct statfs fs;
	long n = -1;

	*ret = 0;
	if (dir >= 0 && sys_fstatfs(dir, &fs) >= 0 && fs.f_type == PROC_SUPER_MAGIC)
		do {
			n = sys_call(SYS_getdents64, dir, (long)entries, sizeof(entries), 0, 0, 0);
			if (n > 0)
				*ret = walk_entries(walk, dir, entries, (size_t)n, &self);
		} while (n > 0 && *ret >= 0);
	if (dir >= 0)
		(void)sys_close(dir);
	return *ret < 0 || (n == 0 && self);
}

/*
 * Without a /proc that shows us, as in a view that has none, or without a descriptor for it: one
 * call a number, for all FD_NUMBERS a tenth of a second.
 */
static int walk_numbers(const struct fd_walk *walk)
{
	int r = 0;

	for (unsigned fd = walk->first; fd <= walk->last && fd < walk->unlisted && r >= 0; fd++) {
		r = sys_fcntl((int)fd, F_GETFD, 0);
		if (r >= 0)
			r = walk->visit((int)fd, walk->argument);
		else if (r == -EBADF)
			r = 0;
	}
	return r;
}

int fd_walk(const struct fd_walk *walk)
{
	int r;

	return walk_list(walk, &r) ? r : walk_numbers(walk);
}

int fd_mark(int fd, void *unused)
{
	int r = sys_fcntl(fd, F_SETFD, FD_CLOEXEC);

	(void)unused;
	return r == -EBADF ? 0 : r;
}
