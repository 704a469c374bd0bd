/* SPDX-License-Identifier: ISC */
/* Unwind information that ends before the system call does, as that of clone(). */
#include <unistd.h>

long bare(const char *path);

__asm__(".globl bare\n"
	".type bare, @function\n"
	"bare:\n\t"
	".cfi_startproc\n\t"
	"mov $84, %eax\n\t" /* rmdir */
	".cfi_endproc\n\t"
	"syscall\n\t"
	"ret\n");

int main(int argc, char **argv)
{
	return (int)bare(argv[argc - 1]);
}
