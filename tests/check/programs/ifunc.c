/* SPDX-License-Identifier: ISC */
/* The function is chosen when the program is loaded. */
#include <unistd.h>

static int first(const char *path)
{
	return rmdir(path);
}

static int second(const char *path)
{
	return path[0];
}

static int (*choose(void))(const char *)
{
	return __builtin_cpu_supports("avx2") ? first : second;
}

int act(const char *path) __attribute__((ifunc("choose")));

int main(int argc, char **argv)
{
	return act(argv[argc - 1]);
}
