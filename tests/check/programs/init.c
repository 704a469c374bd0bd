/* SPDX-License-Identifier: ISC */
/* A constructor. */
#include <unistd.h>

__attribute__((constructor)) static void begin(void)
{
	rmdir("/tmp/d");
}

int main(void)
{
	return 0;
}
