/* SPDX-License-Identifier: ISC */
/* A function by its name: a constant, or not. */
#include <dlfcn.h>

int main(int argc, char **argv)
{
	int (*found)(const char *);

#ifdef ARGUMENT
	found = (int (*)(const char *))dlsym(RTLD_DEFAULT, argv[argc - 1]);
#else
	found = (int (*)(const char *))dlsym(RTLD_DEFAULT, "unlink");
#endif
	return found ? found(argv[argc - 1]) : 1;
}
