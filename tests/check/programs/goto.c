/* SPDX-License-Identifier: ISC */
/* A computed goto: the labels are in data. */
#include <unistd.h>

int main(int argc, char **argv)
{
	static const void *const labels[] = { &&stop, &&next, &&act };

	goto *labels[argc % 3];
act:
	return rmdir(argv[1]);
next:
	return 1;
stop:
	return 0;
}
