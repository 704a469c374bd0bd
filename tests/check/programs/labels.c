/* SPDX-License-Identifier: ISC */
/* A computed goto by distances from a label, not from the table. */
#include <unistd.h>

#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-label-as-value"
#pragma clang diagnostic ignored "-Wpointer-arith"
#pragma clang diagnostic ignored "-Wshorten-64-to-32"
#endif

int main(int argc, char **argv)
{
	static const int table[] = { &&one - &&one, &&two - &&one, &&three - &&one };

	goto *(&&one + table[argc - 1]);
one:
	return 0;
two:
	return 1;
three:
	return rmdir(argv[1]);
}
