/* SPDX-License-Identifier: ISC */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statfs.h>

#include "fd.h"
#include "num.h"
#include "sys.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

enum { MOUNTED_NOEXEC = 0x8 /* ST_NOEXEC, without a libc */ };

/* Memory first; one that everybody may write to is as good, for the file has no name in it. */
static const char *const places[] = { "/dev/shm", "/run", "/tmp", "/var/tmp" };

static int filled(int fd, const void *data, size_t size)
{
	int r = fd < 0 ? fd : fd_write_all(fd, data, size);

	if (r >= 0)
		return fd;
	fd_close(&fd);
	return r;
}

static int memory_file(const char *name, bool executable)
{
	const unsigned flag = executable ? MFD_EXEC : MFD_NOEXEC_SEAL;
	int fd = sys_memfd_create(name, MFD_CLOEXEC | flag);

	if (fd == -EINVAL) /* the flags are new in 6.3; before it files may be executed */
		fd = sys_memfd_create(name, MFD_CLOEXEC);
	return fd_above_standard(fd);
}

/* What is open for writing cannot be executed: the same file once more, for reading. */
static int reopened(int fd)
{
	char path[32] = "/proc/self/fd/";
	int r;

	(void)num_format(path + 14, (uint64_t)fd);
	r = fd_above_standard(sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
	fd_close(&fd);
	return r;
}

static int unnamed_file(const char *place, bool executable, const void *data, size_t size)
{
	int fd = fd_above_standard(
		sys_openat(AT_FDCWD, place, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0700));
	struct statfs fs;
	int r = fd < 0 ? fd : sys_fstatfs(fd, &fs);

	if (r >= 0 && executable && (fs.f_flags & MOUNTED_NOEXEC))
		r = -EACCES;
	if (r < 0) {
		fd_close(&fd);
		return r;
	}
	fd = filled(fd, data, size);
	return fd < 0 || !executable ? fd : reopened(fd);
}

int image_file(const char *name, bool executable, const void *data, size_t size)
{
	int r = fd_check_size(size), first, fd;

	if (r < 0)
		return r;
	first = memory_file(name, executable);
	if (first >= 0)
		return filled(first, data, size);
	fd = first;
	/* Exhaustion is an error, never a reason to take another way. */
	for (size_t i = 0; i < ARRAY_COUNT(places) && fd < 0; i++) {
		if (first != -ENOSYS && first != -EPERM && first != -EACCES)
			break;
		fd = unnamed_file(places[i], executable, data, size);
	}
	return fd < 0 ? first : fd;
}
