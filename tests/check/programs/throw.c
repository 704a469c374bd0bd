/* SPDX-License-Identifier: ISC */
/* Where a cleanup lands when a thread is cancelled or an exception comes through. */
#include <unistd.h>

static void drop(int *fd)
{
	unlink("/tmp/lock");
	(void)fd;
}

__attribute__((noinline)) int guarded(int (*work)(void))
{
	__attribute__((cleanup(drop))) int fd = 3;

	return work() + fd;
}

int main(int argc, char **argv)
{
	return argc > 5 ? guarded((int (*)(void))(void *)argv[1]) : 0;
}
