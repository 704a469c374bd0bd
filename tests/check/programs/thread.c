/* SPDX-License-Identifier: ISC */
/* A thread's function, and what is left after a call. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) void enter(void)
{
	__asm__ volatile("");
}

static void *work(void *argument)
{
	return rmdir(argument) ? argument : 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1)
		return system(argv[1]);
	enter();
	return pthread_create(&thread, 0, work, argv[0]);
}
