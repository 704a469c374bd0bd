/* SPDX-License-Identifier: ISC */
/* What runs when the process ends. */
#include <stdlib.h>
#include <unistd.h>

static void clean(void)
{
	unlink("/tmp/lock");
}

__attribute__((noinline)) void work(int status)
{
	exit(status);
}

int main(int argc, char **argv)
{
	(void)argv;
	atexit(clean);
	if (argc > 1)
		work(argc);
	return 0;
}
