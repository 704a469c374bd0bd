/* SPDX-License-Identifier: ISC */
/* A static program's workers in the extreme sandbox: they compute, and nothing else is left. */
#include "../../include/ambit.h"
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A letter for each act that is refused. */
static int acts(const void *in, size_t length, struct ambit_reply *reply)
{
	char refused[8] = "";
	size_t n = 0;

	(void)in;
	(void)length;
	if (open("/", O_RDONLY | O_CLOEXEC) < 0)
		refused[n++] = 'o';
	if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		refused[n++] = 's';
	if (fork() < 0)
		refused[n++] = 'f';
	if (dup(1) < 0)
		refused[n++] = 'd';
	if (syscall(SYS_memfd_create, "x", 0) < 0)
		refused[n++] = 'm';
	return ambit_reply_printf(reply, "%s", refused);
}
AMBIT_WORKER(acts)

static void check(uint32_t mode)
{
	struct ambit_worker_options options = AMBIT_WORKER_OPTIONS_INIT;
	struct ambit_untrusted answer = AMBIT_UNTRUSTED_INIT;
	struct ambit_policy *p = ambit_policy_new();
	struct ambit_worker *w = NULL;
	const char *text = "";
	struct ambit_error err;

	options.mode = mode;
	CHECK_INT(ambit_use(p, "compute", &err), AMBIT_OK);
	if (ambit_worker_new(p, acts, &options, &w, &err) != AMBIT_OK)
		tap_fail(__FILE__, __LINE__, "%s: %s", err.text, err.hint);
	for (int i = 0; i < 3; i++) {
		if (ambit_call(w, "", 0, &answer, 10000, &err) != AMBIT_OK)
			tap_fail(__FILE__, __LINE__, "%s", err.text);
		CHECK_INT(ambit_validate_printable(&answer, 8, &text, &err), AMBIT_OK);
		CHECK_STR(text, "osfdm");
	}
	ambit_untrusted_done(&answer);
	ambit_worker_free(w);
	ambit_policy_free(p);
}

TEST(one_process_for_all_calls)
{
	check(AMBIT_PERSISTENT);
}

TEST(a_process_for_each_call)
{
	check(AMBIT_FRESH);
}

TEST(outside_all_of_it_works)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	CHECK(dup(1) >= 0);
	CHECK(syscall(SYS_memfd_create, "x", 0) >= 0);
}
