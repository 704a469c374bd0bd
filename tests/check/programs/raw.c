/* SPDX-License-Identifier: ISC */
/* System calls of its own: a number, syscall(3), and arithmetic that hides one. */
#include <sys/syscall.h>
#include <unistd.h>

#include "own_call.h"

__attribute__((noinline)) static long own(long number, const char *path)
{
	return own_call(number, path);
}

int main(int argc, char **argv)
{
	long number = 168;

	__asm__("" : "+r"(number));
	if (argc > 2)
		return (int)own(SYS_unlink, argv[1]);
	if (argc > 1)
		return (int)syscall(SYS_mkdir, argv[1], 0700);
	return 0;
}
