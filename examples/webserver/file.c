/* SPDX-License-Identifier: ISC */
/* file.c - open below the root, and keep open for a moment */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void file_print_date(int64_t at, char ret[FILE_DATE_SIZE])
{
	const time_t seconds = (time_t)at;
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	(void)strftime(ret, FILE_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void close_keeping_errno(int fd)
{
	const int e = errno;

	(void)close(fd);
	errno = e;
}

/*
 * A name at a time, and no symbolic link: no path leads out of the root. Should the checks of the
 * parser and of ours be wrong, Landlock still has the last word: nothing else can be read.
 */
static int open_below(int root_fd, const char *path)
{
	char name[FILE_NAME_SIZE];
	int dir = root_fd;

	for (;;) {
		const size_t n = strcspn(path, "/");
		const int flags = path[n] ? O_PATH | O_DIRECTORY : O_RDONLY | O_NOCTTY | O_NONBLOCK;
		int fd;

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		fd = openat(dir, name, O_NOFOLLOW | O_CLOEXEC | flags);
		if (dir != root_fd)
			close_keeping_errno(dir);
		if (!path[n] || fd < 0)
			return fd;
		dir = fd;
		path += n + 1;
	}
}

static struct file *open_file(int root_fd, const char *name, int64_t now)
{
	const int fd = open_below(root_fd, name);
	struct file *file;
	struct stat st;

	if (fd < 0)
		return NULL;
	file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? malloc(sizeof(*file)) : NULL;
	if (!file) {
		close_keeping_errno(fd);
		return NULL;
	}
	*file = (struct file){ .fd = fd, .size = (uint64_t)st.st_size, .opened = now, .users = 1 };
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	file_print_date(st.st_mtime, file->modified);
	return file;
}

static size_t place_of(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a: whoever makes names collide gets what he wants */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % FILES_OPEN;
}

struct file *file_get(struct files *files, const char *path, int64_t now)
{
	const size_t n = strlen(path);
	char name[FILE_NAME_SIZE];
	struct file **at, *file;

	(void)snprintf(name, sizeof(name), "%s%s", path,
		       n == 0 || path[n - 1] == '/' ? "index.html" : "");
	at = &files->open[place_of(name)];
	if (!*at || (*at)->opened != now || strcmp((*at)->name, name) != 0) {
		file = open_file(files->root_fd, name, now);
		if (!file)
			return NULL;
		file_put(*at);
		*at = file;
	}
	(*at)->users++;
	return *at;
}

void file_put(struct file *file)
{
	if (!file || --file->users > 0)
		return;
	(void)close(file->fd);
	free(file);
}

void files_close(struct files *files)
{
	for (size_t i = 0; i < FILES_OPEN; i++)
		file_put(files->open[i]);
}
