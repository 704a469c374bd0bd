/* SPDX-License-Identifier: ISC */
/* What can still run once enter() has come back. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) static void enter(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) static void gone(void)
{
	unlink("/x");
}

#ifdef HANDLER
static void handle(int number)
{
	(void)number;
	gone();
}
int main(void)
{
	signal(SIGTERM, handle);
	enter();
	return pause();
}
#elif defined STRUCTURE
static void handle(int number)
{
	(void)number;
	gone();
}
int main(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = handle;
	sigaction(SIGALRM, &act, 0);
	enter();
	return pause();
}
#elif defined THREAD
static void *work(void *p)
{
	sleep(1);
	gone();
	return p;
}
int main(void)
{
	pthread_t thread;

	pthread_create(&thread, 0, work, 0);
	enter();
	return pause();
}
#elif defined LAST
int main(void)
{
	atexit(gone);
	enter();
	return 0;
}
#elif defined DESTRUCTOR
__attribute__((destructor)) static void last(void)
{
	gone();
}
int main(void)
{
	enter();
	return 0;
}
#elif defined CONSTRUCTOR
__attribute__((constructor)) static void first(void)
{
	enter();
}
int main(void)
{
	gone();
	return 0;
}
#elif defined JUMP
static jmp_buf back;
int main(void)
{
	if (setjmp(back)) {
		gone();
		return 0;
	}
	enter();
	longjmp(back, 1);
}
#elif defined COMMAND
static int one(int n)
{
	enter();
	return n;
}
static int two(int n)
{
	return n + 1;
}
static int (*const commands[])(int) = { one, two };
int main(int argc, char **argv)
{
	int r = commands[argc & 1](argc);

	(void)argv;
	gone();
	return r;
}
#elif defined ORDER
static int order(const void *a, const void *b)
{
	enter();
	return a < b;
}
int main(int argc, char **argv)
{
	qsort(argv, (size_t)argc, sizeof(*argv), order);
	gone();
	return 0;
}
#elif defined BEFORE /* the controls: of these nothing remains */
static int order(const void *a, const void *b)
{
	gone();
	return a < b;
}
int main(int argc, char **argv)
{
	qsort(argv, (size_t)argc, sizeof(*argv), order);
	enter();
	return 0;
}
#elif defined NEVER
__attribute__((destructor)) static void last(void)
{
	gone();
}
int main(void)
{
	enter();
	_exit(0);
}
#else
int main(int argc, char **argv)
{
	if (argc > 1) {
		enter();
		return 0;
	}
	gone();
	return argv[0] != 0;
}
#endif
