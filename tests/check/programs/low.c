/* SPDX-License-Identifier: ISC */
/* A number of one byte, as musl writes it; rmdir is 84. */
#include <unistd.h>

#ifdef PUSH
#define NUMBER "push $84\n\tpop %%rax"
#else
#define NUMBER "xor %%eax, %%eax\n\tmov $84, %%al"
#endif

int main(int argc, char **argv)
{
	long result;

	__asm__ volatile(NUMBER "\n\tsyscall"
			 : "=&a"(result)
			 : "D"(argv[argc - 1])
			 : "rcx", "r11", "memory");
	return (int)result;
}
