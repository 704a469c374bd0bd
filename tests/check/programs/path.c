/* SPDX-License-Identifier: ISC */
/* Constants at the call. */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? "/etc/one.conf" : "/etc/two.conf";

	(void)argv;
	return open(path, O_RDONLY) < 0;
}
