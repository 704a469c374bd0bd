/* SPDX-License-Identifier: ISC */
/* missing.c - what `without` takes away is gone, and nothing else: asked from inside */
#include "../tap.h"
#include "outside.h"

#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const single[] = {
	"openat2",	 "clone3",	 "pidfd_open", "pidfd_getfd", "close_range",
	"mount_setattr", "open_tree",	 "move_mount", "fsopen",      "fsconfig",
	"fsmount",	 "memfd_create", "execveat",   "seccomp",
};

static void probe(char *out, size_t size, const char *a, const char *b, const char *c)
{
	const char *argv[7];
	size_t n = 0;
	const char *words[] = { outside_built("tests/compat/without"),	   a, b, c, "--",
				outside_built("tests/compat/compat-probe") };

	for (size_t i = a ? 0 : 5; i < COUNT(words); i++)
		if (words[i])
			argv[n++] = words[i];
	argv[n] = NULL;
	CHECK_INT(outside_run(argv, out, size), 0);
}

/* The control: without the instrument every call is there. */
static void needs_whole_host(void)
{
	char out[4096];

	probe(out, sizeof(out), NULL, NULL, NULL);
	if (strstr(out, " ENOSYS\n") || strstr(out, " EPERM\n"))
		SKIP("an outer filter refuses some of the calls already");
	outside_has(out, "seccomp-listener", "0");
	outside_has(out, "seccomp-wait-kill", "0");
}

TEST(one_call_is_gone_and_no_other)
{
	char out[4096];

	needs_whole_host();
	for (size_t i = 0; i < COUNT(single); i++) {
		probe(out, sizeof(out), single[i], NULL, NULL);
		for (size_t j = 0; j < COUNT(single); j++)
			CHECK_INT(outside_says(out, single[j], "ENOSYS"), i == j);
	}
}

TEST(the_errno_is_the_one_asked_for)
{
	char out[4096];

	needs_whole_host();
	probe(out, sizeof(out), "openat2,fsopen", "--errno", "EPERM");
	outside_has(out, "openat2", "EPERM");
	outside_has(out, "fsopen", "EPERM");
	outside_has(out, "open_tree", "EINVAL");
}

TEST(a_listener_can_be_refused_alone)
{
	char out[4096];

	probe(out, sizeof(out), "seccomp-listener", NULL, NULL);
	outside_has(out, "seccomp-plain", "0");
	outside_has(out, "seccomp-listener", "EINVAL");
	probe(out, sizeof(out), "seccomp-listener", "--errno", "EBUSY");
	outside_has(out, "seccomp-listener", "EBUSY");
	probe(out, sizeof(out), "seccomp-wait-kill", NULL, NULL);
	outside_has(out, "seccomp-listener", "0");
	outside_has(out, "seccomp-wait-kill", "EINVAL");
}

TEST(landlock_is_gone)
{
	char out[4096];

	probe(out, sizeof(out), "landlock", NULL, NULL);
	outside_has(out, "landlock_create_ruleset", "ENOSYS");
	outside_has(out, "landlock_add_rule", "ENOSYS");
	outside_has(out, "landlock_restrict_self", "ENOSYS");
	probe(out, sizeof(out), "landlock", "--errno", "EOPNOTSUPP");
	outside_has(out, "landlock_create_ruleset", "EOPNOTSUPP");
}

/* What the kernel of each ABI answers; "long-but-zero" is the rule for growing structures. */
TEST(landlock_looks_as_old_as_asked)
{
	static const struct {
		const char *abi, *refer, *truncate, *ioctl, *net, *scope, *log, *rule;
	} rows[] = {
		{ "1", "EINVAL", "EINVAL", "EINVAL", "E2BIG", "E2BIG", "EINVAL", "EINVAL" },
		{ "2", "0", "EINVAL", "EINVAL", "E2BIG", "E2BIG", "EINVAL", "EINVAL" },
		{ "3", "0", "0", "EINVAL", "E2BIG", "E2BIG", "EINVAL", "EINVAL" },
		{ "4", "0", "0", "EINVAL", "0", "E2BIG", "EINVAL", "EBADF" },
		{ "5", "0", "0", "0", "0", "E2BIG", "EINVAL", "EBADF" },
		{ "6", "0", "0", "0", "0", "0", "EINVAL", "EBADF" },
		{ "7", "0", "0", "0", "0", "0", "EBADF", "EBADF" },
	};
	char out[4096];

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 7)
		SKIP("this kernel's own Landlock is older than ABI 7");
	for (size_t i = 0; i < COUNT(rows); i++) {
		probe(out, sizeof(out), "--landlock-abi", rows[i].abi, NULL);
		outside_has(out, "landlock_create_ruleset", rows[i].abi);
		outside_has(out, "fs-abi-1", "0");
		outside_has(out, "fs-refer", rows[i].refer);
		outside_has(out, "fs-truncate", rows[i].truncate);
		outside_has(out, "fs-ioctl", rows[i].ioctl);
		outside_has(out, "net", rows[i].net);
		outside_has(out, "scope", rows[i].scope);
		outside_has(out, "long-but-zero", "0");
		outside_has(out, "log-flag", rows[i].log);
		outside_has(out, "net-rule", rows[i].rule);
	}
}

/* A notification in place of the tracer would make this EBUSY. */
TEST(old_landlock_leaves_the_listener_free)
{
	char out[4096];

	probe(out, sizeof(out), "--landlock-abi", "1", NULL);
	outside_has(out, "seccomp-listener", "0");
	probe(out, sizeof(out), "openat2", "--landlock-abi", "1");
	outside_has(out, "openat2", "ENOSYS");
	outside_has(out, "landlock_create_ruleset", "1");
}

TEST(privileged_set_up_keeps_no_new_privs_unset)
{
	char out[4096];

	if (geteuid() || prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 1 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
		SKIP("needs CAP_SYS_ADMIN without no_new_privs");
	probe(out, sizeof(out), "newer", NULL, NULL);
	outside_has(out, "no-new-privs", "0");
	probe(out, sizeof(out), "--landlock-abi", "1", NULL);
	outside_has(out, "no-new-privs", "0");
}

static void check_ends(const char *option, const char *value)
{
	char out[256];
	const char *without = outside_built("tests/compat/without");
	const char *status[] = {
		without, option, value, "--", "/bin/sh", "-c", "sh -c 'exit 3'; exit 41", NULL
	};
	const char *killed[] = {
		without, option, value, "--", "/bin/sh", "-c", "kill -9 $$", NULL
	};
	int ended = outside_run(status, out, sizeof(out));

	CHECK(WIFEXITED(ended));
	CHECK_INT(WEXITSTATUS(ended), 41);
	CHECK_STR(out, "");
	ended = outside_run(killed, out, sizeof(out));
	CHECK(WIFSIGNALED(ended));
	CHECK_INT(WTERMSIG(ended), SIGKILL);
}

TEST(exit_status_and_signal_pass_through)
{
	check_ends("openat2", "clone3");
	check_ends("--landlock-abi", "1");
}

TEST(what_is_not_understood_is_refused)
{
	char out[256];
	const char *without = outside_built("tests/compat/without");
	const char *call[] = { without, "no_such_call", "--", "/bin/true", NULL };
	const char *abi[] = { without, "--landlock-abi", "99", "--", "/bin/true", NULL };
	const char *none[] = { without, "--", "/bin/true", NULL };

	CHECK_INT(WEXITSTATUS(outside_run(call, out, sizeof(out))), 125);
	CHECK_INT(WEXITSTATUS(outside_run(abi, out, sizeof(out))), 125);
	CHECK_INT(WEXITSTATUS(outside_run(none, out, sizeof(out))), 125);
}
