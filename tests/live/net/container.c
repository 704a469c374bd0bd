/* SPDX-License-Identifier: ISC */
/*
 * container.c - where sockets cannot be taken: Docker's filter refuses pidfd_getfd without
 * CAP_SYS_PTRACE. Landlock carries the ports of TCP; everything else is a gap, said with its line.
 */
#include "../../compat/outside.h"
#include "../../tap.h"
#include "box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TEST_TIMEOUT(ports_are_landlocks, 60)
{
	struct server *granted = serve_tcp("127.0.0.1"), *other = serve_tcp("127.0.0.1");
	const char *acts =
		text("tcp 127.0.0.1 %u;tcp 127.0.0.1 %u;tcp-later 127.0.0.1 %u;mptcp 127.0.0.1 %u;"
		     "open-sendto 127.0.0.1 %u;open-sendmsg 127.0.0.1 %u;open-option;bind "
		     "127.0.0.1 0 udp",
		     port_of(granted), port_of(other), port_of(other), port_of(other),
		     port_of(other), port_of(other));
	const char *out;

	serve();
	out = box("container", text("connect tcp * %u", port_of(granted)), acts);
	CHECK_HAS(out, "ok EACCES EACCES ");
	CHECK(!strstr(out + 3, "ok"));
	CHECK_INT(came_to(granted), 1);
	CHECK_INT(came_to(other), 0);
}

/* "ambit run" under the identity with one line of policy: what it says on descriptor 2. */
static const char *refusal(const char *line)
{
	static char out[4096];
	const char *command = text("\"%s\" container -- \"%s\" run -e '%s' -- /bin/true 2>&1",
				   outside_built("tests/as/as"), getenv("AMBIT"), line);
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };
	int status = outside_run(argv, out, sizeof(out));

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("needs root, to be every identity");
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 125);
	return out;
}

TEST_TIMEOUT(the_rest_is_a_gap, 60)
{
	static const char *const lines[] = { "connect udp 127.0.0.1 53", "connect tcp 127.0.0.1 80",
					     "listen tcp 8080", "listen udp 8080" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		NOTE("%s", lines[i]);
		CHECK_HAS(refusal(lines[i]), "-e:1:1: nothing on this host can enforce this line");
		CHECK_HAS(refusal(lines[i]), "pidfd_getfd");
	}
}
