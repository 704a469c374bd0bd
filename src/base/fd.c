/* SPDX-License-Identifier: ISC */
#include "fd.h"

#include <errno.h>
#include <fcntl.h>

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
