/* SPDX-License-Identifier: ISC */
/*
 * once.c - a program that tries to execute itself again with whatever set-up may have left it
 *
 *	once PATH	PATH is this very file, the one that Landlock lets it execute
 *
 * It has no libc, so that what it finds is what execve(2) left. Keys are all registers at its
 * start, what stands in the source, and any eight bytes in a row of its stack, where the kernel
 * puts arguments, environment and 16 random bytes. Each goes where the filter looks for the key, by
 * both calls. Prints how many registers were not zero and how often it was refused. When it
 * succeeds, there is "executed" and status 7.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "../../src/filter/filter.h"

#if defined(__x86_64__)
enum { REGISTERS = 15 };
__asm__(".globl _start\n"
	"_start:\n\t"
	"push %rax\n\tpush %rbx\n\tpush %rcx\n\tpush %rdx\n\tpush %rsi\n\tpush %rdi\n\t"
	"push %rbp\n\tpush %r8\n\tpush %r9\n\tpush %r10\n\tpush %r11\n\tpush %r12\n\tpush %r13\n\t"
	"push %r14\n\tpush %r15\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call once_main\n\t"
	"hlt\n");

static long call6(long number, long a, const void *b, const void *c, const void *d, long e,
		  uint64_t f)
{
	register long r10 __asm__("r10") = (long)d;
	register long r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
enum { REGISTERS = 32 };
__asm__(".globl _start\n"
	"_start:\n\t"
	"stp x30, xzr, [sp, #-16]!\n\tstp x28, x29, [sp, #-16]!\n\tstp x26, x27, [sp, #-16]!\n\t"
	"stp x24, x25, [sp, #-16]!\n\tstp x22, x23, [sp, #-16]!\n\tstp x20, x21, [sp, #-16]!\n\t"
	"stp x18, x19, [sp, #-16]!\n\tstp x16, x17, [sp, #-16]!\n\tstp x14, x15, [sp, #-16]!\n\t"
	"stp x12, x13, [sp, #-16]!\n\tstp x10, x11, [sp, #-16]!\n\tstp x8, x9, [sp, #-16]!\n\t"
	"stp x6, x7, [sp, #-16]!\n\tstp x4, x5, [sp, #-16]!\n\tstp x2, x3, [sp, #-16]!\n\t"
	"stp x0, x1, [sp, #-16]!\n\t"
	"mov x0, sp\n\t"
	"bl once_main\n\t"
	"brk #1\n");

static long call6(long number, long a, const void *b, const void *c, const void *d, long e,
		  uint64_t f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register const void *x1 __asm__("x1") = b;
	register const void *x2 __asm__("x2") = c;
	register const void *x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register uint64_t x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#endif

static void say(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	(void)call6(SYS_write, 1, text, (void *)n, NULL, 0, 0);
}

static void say_number(const char *what, unsigned long value)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	digits[--at] = '\n';
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	say(what);
	say(digits + at);
}

__attribute__((noreturn)) static void end(int status)
{
	for (;;)
		(void)call6(SYS_exit_group, status, NULL, NULL, NULL, 0, 0);
}

static unsigned long refused;

/* Returns when both calls were refused as they should be. */
static void try_key(const char *path, uint64_t key)
{
	static char name[] = "once", word[] = "executed", more[] = "again";
	char *argv[] = { name, word, more, NULL };
	char *envp[] = { NULL };
	long one = call6(SYS_execve, (long)path, argv, envp, NULL, 0, key);
	long other = call6(SYS_execveat, AT_FDCWD, path, argv, envp, 0, key);

	if (one != -EACCES || other != -EACCES) {
		say("another errno\n");
		end(2);
	}
	refused += 2;
}

/* At its top: the strings of arguments and environment. */
static const char *end_of_stack(char **argv)
{
	char **p = argv;
	const char *last = argv[0];

	while (*p)
		last = *p++;
	for (p++; *p; p++)
		last = *p;
	while (*last)
		last++;
	return last;
}

void once_main(uint64_t *registers);

void once_main(uint64_t *registers)
{
	static const uint64_t known[] = { 0, UINT64_MAX, FILTER_KEY, FILTER_KEY >> 32,
					  (uint32_t)FILTER_KEY };
	long argc = (long)registers[REGISTERS];
	char **argv = (char **)&registers[REGISTERS + 1];
	const char *top;
	unsigned long left = 0;

	if (argc > 2) {
		say("executed\n");
		end(7);
	}
	if (argc < 2)
		end(2);
	for (size_t i = 0; i < REGISTERS; i++)
		left += registers[i] != 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		try_key(argv[1], known[i]);
	for (size_t i = 0; i < REGISTERS; i++)
		try_key(argv[1], registers[i]);
	top = end_of_stack(argv);
	for (const char *p = (const char *)registers; p < top; p++) {
		uint64_t word;

		__builtin_memcpy(&word, p, sizeof(word));
		try_key(argv[1], word);
	}
	say_number("registers ", left);
	say_number("refused ", refused);
	end(0);
}
