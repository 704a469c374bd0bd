/* SPDX-License-Identifier: ISC */
/* Code comes in that nobody read. */
#include <dlfcn.h>

int main(int argc, char **argv)
{
	void *library = dlopen(argv[argc - 1], RTLD_NOW);
	int (*plug)(const char *) = library ? (int (*)(const char *))dlsym(library, "plug") : 0;

	return plug ? plug(argv[0]) : 1;
}
