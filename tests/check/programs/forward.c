/* SPDX-License-Identifier: ISC */
/* A number that a function in between hands on without touching it: it jumps on. */
#include <sys/syscall.h>
#include <unistd.h>

#include "own_call.h"

long own(long number, const char *path);
long other(long number, const char *path);

__attribute__((noinline)) long own(long number, const char *path)
{
	return own_call(number, path);
}

__asm__(".globl other\n"
	".type other, @function\n"
	"other:\n\t"
	".cfi_startproc\n\t"
	"jmp own\n\t"
	".cfi_endproc\n");

int main(int argc, char **argv)
{
	if (argc > 2)
		return (int)other(SYS_rmdir, argv[1]) + 1;
	return (int)other(SYS_unlink, argv[1]);
}
