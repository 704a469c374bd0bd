/* SPDX-License-Identifier: ISC */
/* The flags say that it writes. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	return open("/var/lib/state", O_WRONLY | O_CREAT, 0600) < 0;
}
