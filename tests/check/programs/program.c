/* SPDX-License-Identifier: ISC */
/* A program by its name, which is looked up; and the shell. */
#include <stdlib.h>
#include <unistd.h>

#ifndef NAME
#define NAME "tool"
#endif
#define run(name) execlp(name, name, (char *)NULL)
#ifndef CALL
#define CALL run
#endif

int main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 ? CALL(NAME) : 0;
}
