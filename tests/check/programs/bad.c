/* SPDX-License-Identifier: ISC */
/* A byte that is no instruction of this architecture, where control goes. */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 9)
		__asm__ volatile(".byte 0x06");
	return !argv[0];
}
