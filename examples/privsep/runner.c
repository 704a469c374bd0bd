/* SPDX-License-Identifier: ISC */
/*
 * runner.c - the process that may start a program: the one script, through the one shell
 *
 * What the script gets is variables made of numbers and of a word that the writer has looked at,
 * and that is looked at here again: never text that a stranger wrote.
 */
#include "privsep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VARIABLE_MAX = 320 };

static void put_address(char out[VARIABLE_MAX], const char *name, int64_t a)
{
	(void)snprintf(out, VARIABLE_MAX, "%s=%d.%d.%d.%d", name, (int)(a >> 24 & 255),
		       (int)(a >> 16 & 255), (int)(a >> 8 & 255), (int)(a & 255));
}

static int run(const char *script, char *const variables[])
{
	char shell[] = "sh", *path = strdup(script);
	char *const argv[] = { shell, path, NULL };
	int status = 0;
	pid_t pid = path ? fork() : -1;

	if (pid == 0) {
		(void)execve("/bin/sh", argv, variables);
		_exit(127);
	}
	free(path);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

/* 0 to 255: the script's status; -1: not one of our fields. */
static int act(struct ambit_channel *c)
{
	char text[5][VARIABLE_MAX];
	char *const variables[] = { text[0], text[1], text[2], text[3], text[4], NULL };
	const int64_t address = ambit_channel_take_integer(c, "address");
	const int64_t prefix = ambit_channel_take_integer(c, "prefix");
	const int64_t router = ambit_channel_take_integer(c, "router");
	const char *domain = ambit_channel_take_text(c, "domain");

	if (ambit_channel_taken(c, NULL) != AMBIT_OK || !is_domain(domain))
		return -1;
	put_address(text[0], "ADDRESS", address);
	(void)snprintf(text[1], VARIABLE_MAX, "PREFIX=%d", (int)prefix);
	put_address(text[2], "ROUTER", router);
	(void)snprintf(text[3], VARIABLE_MAX, "DOMAIN=%s", domain);
	(void)snprintf(text[4], VARIABLE_MAX, "STATE=%s", setting("STATE_DIR"));
	return run(setting("SCRIPT"), variables);
}

int runner(struct ambit_process *self)
{
	struct ambit_channel *writer_end = ambit_process_channel(self, "writer");
	struct ambit_channel *caller = ambit_process_channel(self, AMBIT_CALLER);
	time_t minute = -1;

	take_over(self);
	for (;;) {
		enum ambit_code code;
		int status;

		new_minute(writer_end, &minute);
		code = ambit_channel_receive(writer_end, MINUTE_MS, NULL);
		if (code == AMBIT_E_TIMEOUT)
			continue;
		if (code == AMBIT_E_CLOSED && wait_for_another(writer_end))
			continue;
		if (code != AMBIT_OK)
			return code == AMBIT_E_PROTOCOL ? 2 : 0;
		status = act(writer_end);
		if (status < 0)
			return 3;
		ambit_channel_begin(caller, "done");
		ambit_channel_put_integer(caller, "status", status);
		if (ambit_channel_send(caller, 1000, NULL) != AMBIT_OK)
			return 4;
	}
}
AMBIT_PROCESS(runner)
