/* SPDX-License-Identifier: ISC */
/*
 * cmd_check.c - ambit check: becomes ambit-check, which lies beside this program
 *
 * Reading machine code needs libraries that the launcher does not want: it is a program of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/err.h"
#include "cli.h"

enum { PATH_SIZE = 4096, STATUS_CANNOT_TELL = 2 };

/* Where it can be, from the directory of this program. */
static const char *const places[] = { "ambit-check", "../libexec/ambit/ambit-check" };

int cmd_check(struct cli *c)
{
	char self[PATH_SIZE], path[PATH_SIZE + 64];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *slash;
	int err = ENOENT;

	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < ARRAY_COUNT(places); i++) {
		(void)snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self, places[i]);
		(void)execv(path, c->words);
		if (errno != ENOENT)
			err = errno;
	}
	(void)err_set(&c->err, AMBIT_E_NOT_FOUND, AMBIT_LAYER_NONE, err,
		      "cannot execute ambit-check, which reads machine code");
	(void)err_hint(&c->err, "it is built where these are: apt-get install libzydis-dev "
				"libelf-dev libdw-dev; then ./dev build");
	(void)fail(c);
	return STATUS_CANNOT_TELL;
}
