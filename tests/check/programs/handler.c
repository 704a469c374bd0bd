/* SPDX-License-Identifier: ISC */
/* A signal handler in a structure. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void handle(int number)
{
	(void)number;
	unlink("/tmp/lock");
}

int main(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = handle;
	return sigaction(SIGTERM, &act, 0);
}
