/* SPDX-License-Identifier: ISC */
/*
 * ended.c - boxes whose end nobody saw as it should be: what is told of it, and what is left
 *
 * Somebody may kill the process beside the program.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../tap.h"
#include <ambit.h>

enum { LONG_MS = 15000 };

static const char beside[] = "limit wall-time 60s\n";

/* Where this machine has no part that @text needs, the test is skipped. */
static struct ambit_box *start(const char *text, const char *seconds)
{
	struct ambit_policy *p = ambit_policy_new();
	char program[] = "sleep", argument[16];
	char *argv[] = { program, argument, NULL };
	struct ambit_box *box = NULL;
	struct ambit_error err;

	(void)snprintf(argument, sizeof(argument), "%s", seconds);
	CHECK_INT(ambit_policy_parse(p, text, strlen(text), NULL, NULL), AMBIT_OK);
	if (ambit_spawn(p, argv, NULL, &box, &err) != AMBIT_OK) {
		if (err.code == AMBIT_E_UNSUPPORTED)
			SKIP(err.text);
		tap_fail(__FILE__, __LINE__, "%s", err.text);
	}
	ambit_policy_free(p);
	return box;
}

static enum ambit_code wait_for(struct ambit_box *box, struct ambit_status *ret)
{
	*ret = (struct ambit_status){ .size = sizeof(*ret), .exit_code = 77, .signal = 77 };
	return ambit_box_wait(box, LONG_MS, ret, NULL);
}

/* Of the process that the caller sees: the one beside the program, where there is one. */
static pid_t pid_of(const struct ambit_box *box)
{
	char path[64], line[128];
	FILE *file;
	int pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ambit_box_pidfd(box));
	file = fopen(path, "re");
	CHECK(file != NULL);
	while (pid <= 0 && fgets(line, sizeof(line), file))
		(void)sscanf(line, "Pid: %d", &pid);
	(void)fclose(file);
	CHECK(pid > 0);
	return pid;
}

TEST(what_is_lost_stays_lost)
{
	struct ambit_box *box = start(beside, "60");
	struct ambit_status status;
	struct ambit_error err;

	CHECK_INT(kill(pid_of(box), SIGKILL), 0);
	CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(ambit_box_status(box, &status, &err), AMBIT_E_CHILD);
		CHECK(err.code == AMBIT_E_CHILD && err.text[0] && err.hint[0]);
		CHECK_INT(wait_for(box, &status), AMBIT_E_CHILD);
	}
	CHECK_INT(status.signal, 77); /* written only on success */
	CHECK_INT(ambit_box_signal(box, SIGTERM, NULL), AMBIT_E_NOT_FOUND);
	ambit_box_free(box);
}
