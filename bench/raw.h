/* SPDX-License-Identifier: ISC */
/*
 * raw.h - system calls without a libc, for bench/floor.c
 *
 * x86-64 only: the floor is measured, not shipped. Results are >= 0 or -errno. There is no
 * libc because glibc's start alone costs more than all of shape (a); see NOTES.md.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* Missing arguments are zero; pointers and integers alike. */
#define RAW_L(x)		 ((long)(x))
#define RAW_1(nr)		 raw6(nr, 0, 0, 0, 0, 0, 0)
#define RAW_2(nr, a)		 raw6(nr, RAW_L(a), 0, 0, 0, 0, 0)
#define RAW_3(nr, a, b)		 raw6(nr, RAW_L(a), RAW_L(b), 0, 0, 0, 0)
#define RAW_4(nr, a, b, c)	 raw6(nr, RAW_L(a), RAW_L(b), RAW_L(c), 0, 0, 0)
#define RAW_5(nr, a, b, c, d)	 raw6(nr, RAW_L(a), RAW_L(b), RAW_L(c), RAW_L(d), 0, 0)
#define RAW_6(nr, a, b, c, d, e) raw6(nr, RAW_L(a), RAW_L(b), RAW_L(c), RAW_L(d), RAW_L(e), 0)

#define RAW_PICK(_1, _2, _3, _4, _5, _6, name, ...) name

#define RAW(...) RAW_PICK(__VA_ARGS__, RAW_6, RAW_5, RAW_4, RAW_3, RAW_2, RAW_1, 0)(__VA_ARGS__)

/*
 * A new task that runs @fn(@arg) on the stack that ends at @top and then exits with its result.
 * With or without CLONE_VM: a copied memory has the same stack at the same address.
 */
static inline long raw_clone(unsigned long flags, char *top, int (*fn)(void *), void *arg)
{
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register int (*entry)(void *) __asm__("r12") = fn;
	register void *argument __asm__("r13") = arg;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a"(ret)
			 : "a"((long)__NR_clone), "D"(flags), "S"(top), "d"(0L), "r"(r10), "r"(r8),
			   "r"(entry), "r"(argument), [exit] "i"(__NR_exit)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline size_t raw_length(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0')
		n++;
	return n;
}

static inline size_t raw_append(char *to, size_t at, const char *s)
{
	while (*s != '\0')
		to[at++] = *s++;
	to[at] = '\0';
	return at;
}

static inline size_t raw_append_number(char *to, size_t at, uint64_t n)
{
	char digits[24];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	while (count > 0)
		to[at++] = digits[--count];
	to[at] = '\0';
	return at;
}

/* One file of a program defines RAW_START before it includes this. */
#ifdef RAW_START
/* The kernel's stack at the start: argc, argv, NULL, envp, NULL. */
int raw_main(int argc, char **argv, char **envp);
void raw_start(long *stack) __attribute__((noreturn, used));
void raw_start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);

	RAW(__NR_exit_group, raw_main(argc, argv, argv + argc + 1));
	__builtin_unreachable();
}
__asm__(".globl _start\n"
	"_start:\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call raw_start\n");

/* What the compiler may call on its own. */
void *memset(void *to, int byte, size_t n);
void *memset(void *to, int byte, size_t n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(byte) : "memory");
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}
#endif

#endif
