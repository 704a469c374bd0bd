/* SPDX-License-Identifier: ISC */
/* A number from outside: nobody can tell. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	return argc > 1 ? (int)syscall(strtol(argv[1], 0, 10)) : 0;
}
