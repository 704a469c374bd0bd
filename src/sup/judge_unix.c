/* SPDX-License-Identifier: ISC */
/*
 * judge_unix.c - local sockets by path
 *
 * The path is the program's: relative to its working directory, through its links, in a view
 * that the leader shares. What it leads to is opened first and judged then, by the name the kernel
 * gives the open file, and reached through the descriptor: what happens to the path meanwhile
 * does not matter. Abstract addresses are no paths and are never granted.
 */
#include "judge_in.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../layer/child.h"

static const char own_descriptors[] = "/proc/self/fd/";

static char *append(char *to, const char *text)
{
	while ((*to = *text++))
		to++;
	return to;
}

/* "unix PATH" grants that socket, or those below that directory. */
static bool is_granted(const struct kit *kit, const char *path)
{
	const struct judge_rule *rules = kit_data(kit, kit->rules);

	for (uint32_t i = 0; i < kit->rule_count; i++) {
		const char *granted = kit_string(kit, rules[i].path);
		size_t length;

		if (!rules[i].path || !child_starts(path, granted))
			continue;
		length = child_length(granted);
		if (!path[length] || path[length] == '/' || (length && granted[length - 1] == '/'))
			return true;
	}
	return false;
}

/* What who asks is called in /proc, which may be another pid namespace's (pidfd's fdinfo: 5.2). */
static int proc_number(const struct judge_request *q)
{
	const pid_t thread = (pid_t)q->notice.pid;
	char path[48];
	int number;

	child_decimal(append(path, "/proc/self/fdinfo/"), (uint64_t)q->pidfd);
	number = judge_proc_number(path, "\nPid:\t");
	if (!q->is_looked_up)
		return number;
	/* Its process is called so there: so is it. */
	return number > 0 && number == judge_process_of(thread) ? thread : -EACCES;
}

/* Where relative paths begin; AT_FDCWD for absolute ones. */
static int open_directory_of(const struct judge_request *q, const char *path)
{
	char name[48];
	int number, fd;

	if (path[0] == '/')
		return AT_FDCWD;
	number = proc_number(q);
	if (number < 0)
		return number;
	append(child_decimal(append(name, "/proc/"), (uint64_t)number), "/cwd");
	fd = sys_openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd >= 0 && !judge_is_alive(q)) {
		(void)sys_close(fd);
		return -ESRCH;
	}
	return fd;
}

static int open_socket_at(const struct judge_request *q, const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_NO_MAGICLINKS };
	int dir = open_directory_of(q, path);
	int fd = dir < 0 && dir != AT_FDCWD ? -EACCES : sys_openat2(dir, path, &how);

	if (dir >= 0)
		(void)sys_close(dir);
	return fd;
}

static int judge_opened(const struct judge_request *q, int fd, const char *own_name)
{
	char path[4096];
	ssize_t n = sys_readlinkat(AT_FDCWD, own_name, path, sizeof(path) - 1);
	struct stat st;

	if (n <= 0 || n >= (ssize_t)sizeof(path) - 1)
		return -EACCES;
	path[n] = '\0';
	if (!is_granted(q->judge->kit, path))
		return -EACCES;
	if (sys_fstat(fd, &st) < 0)
		return -EACCES;
	return S_ISSOCK(st.st_mode) ? 0 : -ECONNREFUSED;
}

int judge_unix_address(struct judge_request *q)
{
	struct judge_address *a = &q->address;
	char path[sizeof(a->un.sun_path) + 1];
	size_t room = a->length - sizeof(sa_family_t), length = 0;
	int fd, r;

	if (a->length > sizeof(a->un))
		return -EINVAL;
	for (; length < room && a->un.sun_path[length]; length++)
		path[length] = a->un.sun_path[length];
	path[length] = '\0';
	if (!length)
		return -EACCES; /* abstract, or no name at all */
	fd = open_socket_at(q, path);
	if (fd < 0)
		return fd == -ELOOP || fd == -EXDEV ? -EACCES : fd;
	child_decimal(append(a->un.sun_path, own_descriptors), (uint64_t)fd);
	a->length = sizeof(a->un);
	r = judge_opened(q, fd, a->un.sun_path);
	if (r < 0)
		(void)sys_close(fd);
	else
		q->path_fd = fd;
	return r;
}
