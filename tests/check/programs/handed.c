/* SPDX-License-Identifier: ISC */
/* Paths that a function is called with. */
#include <fcntl.h>
#include <unistd.h>

#ifndef OTHER
#define OTHER argv[1]
#endif

__attribute__((noinline)) static int look(const char *path)
{
	return open(path, O_RDONLY) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 2)
		return look("/etc/passwd");
	return look(argc > 1 ? OTHER : "/etc/group");
}
