/* SPDX-License-Identifier: ISC */
/*
 * DOC: Theory of operation
 *
 * A run that is killed leaves its control group behind, empty once the last of its processes has
 * ended. The next run removes it. But a directory is empty too between the moment it is made and
 * the moment its first process joins, and a process id says nothing: another pid namespace may
 * share the hierarchy. So whoever makes a directory holds a lock (flock) on it for as long as he
 * needs it, and the kernel lets go of it however he ends.
 *
 * Whoever takes the lock of a directory and then still finds that same directory under its name
 * may remove it, and nobody else can meanwhile. Whoever has made one and cannot have its lock, or
 * no longer finds it, lost it to a sweep in that instant, and makes another. Its mode is 0700, so
 * that no other user can hold the lock.
 */
#include "cgroup_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/fd.h"
#include "../base/sys.h"

enum { NAMES_TRIED = 1000, SWEEP_READS = 64, SWEEP_TRIES = 64 };

static const char prefix[] = "ambit-";

/* Does the directory @fd still have the name @path? 1, 0 or -errno. */
static int is_at(int fd, int dir, const char *path)
{
	struct stat own, there;
	int r = sys_fstatat(fd, ".", &own, 0);

	if (r >= 0)
		r = sys_fstatat(dir, path, &there, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return own.st_ino == there.st_ino && own.st_dev == there.st_dev;
}

/*
 * False when somebody else has it, who then removes it. Where there are no locks nobody sweeps
 * either. One refusal alone may be an accident, and nobody would remove the directory.
 */
static bool lock(int fd)
{
	for (int tries = 0; tries < 2; tries++)
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return true;
	return false;
}

static int open_directory(int dir, const char *path)
{
	return sys_openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

/* A descriptor of the new directory; -EEXIST: the name is taken, or it was swept at once. */
static int make_one(const char *path)
{
	int r = sys_mkdirat(AT_FDCWD, path, 0700);
	int fd;

	if (r < 0)
		return r;
	fd = fd_above_standard(open_directory(AT_FDCWD, path));
	if (fd < 0) {
		if (fd == -ENOENT)
			return -EEXIST;
		IGNORE_RESULT(sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR)); /* the error is @fd */
		return fd;
	}
	r = lock(fd) ? is_at(fd, AT_FDCWD, path) : 0;
	if (r > 0)
		return fd;
	fd_close(&fd);
	if (r < 0)
		IGNORE_RESULT(sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR)); /* the error is @r */
	return r < 0 ? r : -EEXIST;
}

int cgroup_dir_make(const char *parent, char **ret_path)
{
	const int pid = sys_getpid();
	char *path = NULL;
	int r = pid < 0 ? pid : -EEXIST;

	for (unsigned n = 0; n < NAMES_TRIED && r == -EEXIST; n++) {
		free(path);
		if (asprintf(&path, "%s/%s%d-%u", parent, prefix, pid, n) < 0)
			return -ENOMEM;
		r = make_one(path);
	}
	if (r < 0)
		free(path);
	else
		*ret_path = path;
	return r;
}

/* "ambit-PID-N" */
static bool is_ours(const char *name)
{
	const char *p = name + sizeof(prefix) - 1;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || !isdigit((unsigned char)*p))
		return false;
	while (isdigit((unsigned char)*p))
		p++;
	if (*p++ != '-' || !isdigit((unsigned char)*p))
		return false;
	while (isdigit((unsigned char)*p))
		p++;
	return !*p;
}

static void sweep_one(int dir, const char *name)
{
	AUTO_FD int fd = open_directory(dir, name);
	struct stat st;

	if (fd < 0 || sys_fstatat(fd, ".", &st, 0) < 0 || st.st_uid != geteuid())
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_at(fd, dir, name) > 0)
		IGNORE_RESULT(sys_unlinkat(dir, name, AT_REMOVEDIR)); /* EBUSY: it still runs */
}

void cgroup_dir_sweep(const char *parent)
{
	AUTO_FD int fd = open_directory(AT_FDCWD, parent);
	_Alignas(struct dirent64) char data[4096];
	int tries = 0;

	for (int i = 0; i < SWEEP_READS && fd >= 0; i++) {
		long n = sys_call(SYS_getdents64, fd, (long)data, sizeof(data), 0, 0, 0);

		if (n <= 0)
			return;
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const void *)(data + at);

			at += e->d_reclen;
			if (!is_ours(e->d_name))
				continue;
			if (++tries > SWEEP_TRIES)
				return;
			sweep_one(fd, e->d_name);
		}
	}
}

/* Version 2's file, then version 1's; the number stands behind the word. */
bool cgroup_dir_ran_out(const char *path)
{
	static const char *const files[] = { "memory.events", "memory.oom_control" };
	static const char word[] = "oom_kill ";
	char name[4200], text[1024];
	bool is = false;

	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		const char *at;

		(void)snprintf(name, sizeof(name), "%s/%s", path, files[i]);
		if (fd_read_file(AT_FDCWD, name, text, sizeof(text)) < 0)
			continue;
		at = strstr(text, word);
		is |= at && at[sizeof(word) - 1] != '0';
	}
	return is;
}
