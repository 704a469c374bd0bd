/* SPDX-License-Identifier: ISC */
/* What a helper is called with once main() has confined itself, and by who is called from there. */
#include <fcntl.h>
#include <unistd.h>

#ifndef REST
#define REST "/etc/two"
#endif
#ifndef FLAGS
#define FLAGS O_RDONLY
#endif

__attribute__((noinline)) static void enter(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) static int look(const char *path, int flags)
{
	return open(path, flags) + 1;
}

__attribute__((noinline)) static int other(void)
{
	return look("/etc/one", O_RDONLY) + 2;
}

int main(int argc, char **argv)
{
	int before = argc > 2 ? look(argv[1], O_RDONLY) : 0;

	enter();
	return before + look(REST, FLAGS) + other();
}
