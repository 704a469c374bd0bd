/* SPDX-License-Identifier: ISC */
/* Control comes back to before the call of enter(), by other ways than longjmp(). */
#include <ucontext.h>
#include <unistd.h>

ucontext_t before, other;
volatile int times;
void *buffer[5];

__attribute__((noinline)) static void enter(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) static void gone(void)
{
	unlink("/x");
}

__attribute__((noinline)) static void jump(void)
{
#ifdef LABEL
	__builtin_longjmp(buffer, 1);
#else
	setcontext(&before);
#endif
}

int main(void)
{
#ifdef EARLY /* the control: what comes back is after it */
	gone();
#endif
#ifdef LABEL
	if (__builtin_setjmp(buffer)) {
#else
#ifdef SWAP
	swapcontext(&before, &other);
#else
	getcontext(&before);
#endif
	if (times++) {
#endif
#ifndef EARLY
		gone();
#endif
		return 0;
	}
	enter();
	jump();
	return 0;
}
