/* SPDX-License-Identifier: ISC */
/* Code comes in that nobody read. */
#include <dlfcn.h>

int main(int argc, char **argv)
{
	return dlopen(argv[argc - 1], RTLD_NOW) == 0;
}
