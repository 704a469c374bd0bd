/* SPDX-License-Identifier: ISC */
/* A pointer to a function in a variable that each thread has. */
#include <unistd.h>

static int gone(const char *path)
{
	return unlink(path);
}

__thread int (*own)(const char *) = gone;

int main(int argc, char **argv)
{
	return own(argv[argc - 1]);
}
