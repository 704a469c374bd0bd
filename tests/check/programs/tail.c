/* SPDX-License-Identifier: ISC */
/* A call in place of a return is a jump. */
#include <unistd.h>

__attribute__((noinline)) int finish(const char *path)
{
	return unlink(path);
}

int main(int argc, char **argv)
{
	return argc > 1 ? finish(argv[1]) : 0;
}
