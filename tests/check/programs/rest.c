/* SPDX-License-Identifier: ISC */
/* A system call of its own, and one by number, after a call in the middle of main(). */
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) static void enter(void)
{
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	long result = SYS_rmdir;

	if (argc > 2)
		return (int)syscall(SYS_mkdir, argv[1], 0700);
	enter();
	__asm__ volatile("syscall" : "+a"(result) : "D"(argv[1]) : "rcx", "r11", "memory");
	result += syscall(SYS_unlink, argv[1]);
	if (argc > 1)
		__asm__ volatile("syscall" : "+a"(argc) : : "rcx", "r11", "memory");
	return (int)result;
}
