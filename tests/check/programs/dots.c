/* SPDX-License-Identifier: ISC */
/* A constant path that is not where its beginning says. */
#include <fcntl.h>

#ifndef PATH
#define PATH "/etc/one"
#endif

int main(void)
{
	return open(PATH, O_RDONLY) < 0;
}
