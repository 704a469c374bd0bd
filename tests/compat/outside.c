/* SPDX-License-Identifier: ISC */
#include "outside.h"

#include "../tap.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *outside_built(const char *name)
{
	static char paths[16][512];
	static unsigned turn;
	const char *build = getenv("BUILD");
	char *path = paths[turn++ % 16];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", build ? build : ".", name);
	return path;
}

int outside_run(const char *const *argv, char *out, size_t size)
{
	int ends[2], status;
	size_t have = 0;
	ssize_t got;

	CHECK(!pipe2(ends, O_CLOEXEC));
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (!pid) {
		(void)dup2(ends[1], 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	while (have < size - 1 && (got = read(ends[0], out + have, size - 1 - have)) > 0)
		have += (size_t)got;
	out[have] = 0;
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return status;
}

bool outside_says(const char *out, const char *name, const char *value)
{
	char line[256];
	size_t len = (size_t)snprintf(line, sizeof(line), "%s %s\n", name, value);

	for (const char *at = out; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, line, len))
			return true;
	return false;
}

void outside_has(const char *out, const char *name, const char *value)
{
	if (!outside_says(out, name, value))
		tap_fail(__FILE__, __LINE__, "\"%s %s\" is not among\n%s", name, value, out);
}
