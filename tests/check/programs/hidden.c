/* SPDX-License-Identifier: ISC */
/* A number that is computed: rmdir is 84. */
#include <unistd.h>

int main(int argc, char **argv)
{
	long result;

	__asm__ volatile("mov $0x55, %%eax\n\tpush $1\n\tpop %%rcx\n\txor %%ecx, %%eax\n\tsyscall"
			 : "=&a"(result)
			 : "D"(argv[argc - 1])
			 : "rcx", "r11", "memory");
	return (int)result;
}
