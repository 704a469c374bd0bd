/* SPDX-License-Identifier: ISC */
/* helper.c - somebody else's file, which includes nothing of ambit */
#include <fcntl.h>
#include <unistd.h>

int helper_first_line(const char *path, char *line, int size);

int helper_first_line(const char *path, char *line, int size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, line, (size_t)size - 1);
	line[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	return n < 0 ? -1 : 0;
}
