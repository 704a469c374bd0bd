/* SPDX-License-Identifier: ISC */
/* A system call as 32-bit programs make it: 10 is unlink there, and mprotect here. */
int main(int argc, char **argv)
{
	long result = 10;

	__asm__ volatile("int $0x80" : "+a"(result) : "b"(argv[argc - 1]) : "memory");
	return (int)result;
}
