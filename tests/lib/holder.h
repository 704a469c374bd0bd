/* SPDX-License-Identifier: ISC */
/* holder.h - the child of a server that forks: it has all descriptors that the server had then */
#ifndef AMBIT_TESTS_LIB_HOLDER_H
#define AMBIT_TESTS_LIB_HOLDER_H

#include "../tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static inline pid_t holder_start(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)pause();
	CHECK(pid > 0);
	return pid;
}

static inline void holder_end(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

#endif
