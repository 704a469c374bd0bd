/* SPDX-License-Identifier: ISC */
/* A process that enters a policy with few descriptors left, as each identity. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* All but @free numbers are taken. */
static void take_descriptors(int free)
{
	const struct rlimit limit = { 64, 64 };
	int fd;

	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	do
		fd = dup(0);
	while (fd >= 0);
	CHECK_INT(errno, EMFILE);
	for (int i = 0; i < free; i++)
		CHECK_INT(close(63 - i), 0);
}

static int enters_with(int free)
{
	static const char text[] =
		"read /usr/share /etc/passwd /var/log /dev/null /usr/bin /var/lib\n";
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_error err;

	CHECK_INT(ambit_policy_parse(p, text, sizeof(text) - 1, "test", &err), AMBIT_OK);
	take_descriptors(free);
	return ambit_enter(p, NULL, &err) == AMBIT_OK ? 0 : err.step ? 2 : 1;
}

/* What is looked at stays open until it is used, as long as there is room for that. */
TEST(few_descriptors)
{
	for (int free = 0; free <= 12; free++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0)
			_exit(enters_with(free));
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		/* Two are needed whatever is done; without one nothing has changed. */
		if (free == 0 || free >= 2)
			CHECK_INT(WEXITSTATUS(status), free ? 0 : 1);
	}
}
